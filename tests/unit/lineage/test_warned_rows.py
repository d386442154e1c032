"""`medallion.lineage.warned_rows`: rows that were kept although they break a rule."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

import medallion as md
from medallion import plugins
from medallion.contracts import ROW, Inputs, RowExpectation
from medallion.errors import CallError
from tests.copies import published_copy

if TYPE_CHECKING:
    from medallion.contracts import Relation

DECLARATION = """\
name: shops
sinks: {}
tables:
  bronze:
    sales: {source: "sales*.csv"}
  silver:
    sales:
      from: bronze.sales
      steps:
        - cast: {amount: integer}
      expect:
        - {unique: id, on_fail: warn}
        - {not_null: amount, on_fail: warn}
        - {expression: "shop <> 'x'", on_fail: quarantine}
  gold:
    shops:
      from: silver.sales
      steps:
        - aggregate: {by: shop, metrics: {revenue: sum(amount)}}
      expect:
        - {between: {revenue: [10, null]}, on_fail: warn}
"""
JANUARY = "id,shop,amount\n1,x,5\n1,a,20\n1,a,\n2,b,9\n"
FEBRUARY = "id,shop,amount\n2,b,\n3,a,\n"


def write(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "sales1.csv").write_text(JANUARY)
    (folder / "sales2.csv").write_text(FEBRUARY)
    file = folder / "medallion.yaml"
    file.write_text(DECLARATION)
    return file


@pytest.fixture
def pipeline(tmp_path: Path) -> md.Pipeline:
    published_copy(write, tmp_path)
    return md.Pipeline.load(tmp_path / "medallion.yaml")


def listed(pipeline: md.Pipeline, *tables: str, **choice: Any) -> list[tuple[object, ...]]:
    names = ("file", "record", "rule", "column", "value")
    rows = pipeline.quarantine(*tables, warned=True, **choice).to_arrow().to_pylist()
    return [tuple(row[name] for name in names) for row in rows]


def test_kept_rows_are_listed_with_their_source_records(pipeline: md.Pipeline) -> None:
    # Record 1 of sales1.csv is in quarantine, so that record 2 is the first with its id.
    assert listed(pipeline, "silver.sales") == [
        ("sales1.csv", 3, "not_null", "amount", None),
        ("sales1.csv", 3, "unique", "id", "1"),
        ("sales2.csv", 1, "not_null", "amount", None),
        ("sales2.csv", 1, "unique", "id", "2"),
        ("sales2.csv", 2, "not_null", "amount", None),
    ]
    rows = pipeline.quarantine("silver.sales", warned=True).to_arrow().to_pylist()
    release = pipeline.lake.current()
    assert release is not None
    assert {row["table"] for row in rows} == {"silver.sales"}
    assert {row["run"] for row in rows} == {release.run}
    assert json.loads(rows[0]["row"]) == {"id": "1", "shop": "a", "amount": None}


def test_figures_count_rows_once_and_rules_as_listed(pipeline: md.Pipeline) -> None:
    release = pipeline.lake.current()
    assert release is not None
    (tally,) = release.tables["silver.sales"].tallies
    assert (tally.rows_in, tally.kept, tally.quarantined, tally.warned) == (6, 5, 1, 3)
    assert tally.warned_reasons == {"not_null amount": 3, "unique id": 2}


def test_a_row_that_was_computed_is_shown_as_it_is(pipeline: md.Pipeline) -> None:
    (row,) = pipeline.quarantine("gold.shops", warned=True).to_arrow().to_pylist()
    assert (row["file"], row["record"], row["value"]) == (None, None, "9")
    assert json.loads(row["row"]) == {"shop": "b", "revenue": 9}
    assert len(pipeline.quarantine(warned=True)) == 6
    assert repr(pipeline.quarantine("gold.shops", warned=True)) == (
        "<WarnedRows: 1 row of gold.shops>"
    )


def test_rows_are_chosen_by_rule_file_and_column(pipeline: md.Pipeline) -> None:
    assert len(listed(pipeline, rule="unique")) == 2
    assert len(listed(pipeline, file="sales2.csv")) == 3
    assert len(listed(pipeline, rule="not_null", file="sales2.csv")) == 2
    assert len(listed(pipeline, column=["id", "revenue"])) == 3
    assert listed(pipeline, "gold.shops", rule="expression") == []
    with pytest.raises(CallError, match="no rule 'uniqe'; did you mean 'unique'"):
        listed(pipeline, rule="uniqe")
    with pytest.raises(CallError, match="no column 'amuont'; did you mean 'amount'"):
        listed(pipeline, column="amuont")
    with pytest.raises(CallError, match=r"no table 'silver.sale' .*did you mean 'silver.sales'"):
        listed(pipeline, "silver.sale")


def test_an_earlier_release_or_run_lists_its_own_rows(pipeline: md.Pipeline) -> None:
    release = pipeline.lake.current()
    assert release is not None
    (pipeline.base / "sales2.csv").unlink()
    pipeline.run()
    assert len(listed(pipeline, "silver.sales")) == 2
    assert len(listed(pipeline, "silver.sales", release=release.id)) == 5
    assert len(listed(pipeline, "silver.sales", run=release.run)) == 5
    (pipeline.base / "sales1.csv").unlink()
    (pipeline.base / "sales2.csv").write_text(FEBRUARY)
    run = pipeline.run(candidate="smaller")
    assert len(listed(pipeline, "silver.sales", run=run.id)) == 2
    assert len(listed(pipeline, "silver.sales", release="smaller")) == 2


class SomeRows(RowExpectation):
    """Finds the rows whose number is below a limit, which is not among its fields."""

    name = "some_rows"
    limit: ClassVar[int] = 2

    def violations(self, rows: Relation, inputs: Inputs) -> Relation:
        return rows.order(ROW).limit(self.limit).project(f"{ROW}, 'id' as column, id as value")


def test_rules_that_say_something_else_than_in_the_run_are_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "rows.csv").write_text("id\n1\n2\n3\n")
    table = md.Table(from_={"rows": "bronze.rows"}, expect=[SomeRows(on_fail="warn")])
    tables = {"bronze": {"rows": md.Source(source="rows.csv")}, "silver": {"rows": table}}
    pipeline = md.Pipeline(md.Declaration(name="rows", tables=tables, sinks={}), base=tmp_path)
    pipeline.run()
    assert pipeline.quarantine(warned=True).inexact == ()
    monkeypatch.setattr(SomeRows, "limit", 1)
    rows = pipeline.quarantine(warned=True)
    assert len(rows) == 1
    assert rows.inexact == (
        "silver.rows: rules that warn were broken 2 times in the run, and 1 times now",
    )


def test_a_rule_of_another_version_is_not_applied(
    tmp_path: Path, pipeline: md.Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "medallion.yaml").write_text(
        DECLARATION.replace("not_null: amount", "not_null: id")
    )
    changed = md.Pipeline.load(tmp_path / "medallion.yaml")
    assert listed(changed, "silver.sales") == listed(pipeline, "silver.sales")
    monkeypatch.setattr(plugins.find(plugins.EXPECTATIONS, "not_null"), "version", 99)
    with pytest.raises(CallError, match="its rule 'not_null' cannot be applied again"):
        listed(changed, "silver.sales")
    assert len(listed(changed, "gold.shops")) == 1


def test_a_run_that_left_no_release_has_none(tmp_path: Path, pipeline: md.Pipeline) -> None:
    (tmp_path / "sales3.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(md.MedallionError):
        pipeline.run()
    run = pipeline.lake.latest_run()
    assert run is not None
    with pytest.raises(CallError, match="left no release"):
        listed(pipeline, run=run.id)


INTERVAL = """\
name: ages
sinks: {}
tables:
  bronze:
    sales: {source: "sales*.csv"}
  silver:
    sales:
      from: bronze.sales
      steps: [{derive: {age: "id::integer * interval 1 hour"}}]
      expect: [{expression: "age < interval 2 hours", on_fail: warn}]
"""


def test_a_rule_on_a_column_that_is_stored_as_text_is_named(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "medallion.yaml").write_text(INTERVAL)
    pipeline = md.Pipeline.load(tmp_path / "medallion.yaml")
    pipeline.run()
    rows = pipeline.quarantine(warned=True)
    assert len(rows) == 0
    (note,) = rows.inexact
    assert note.startswith("silver.sales: its rules cannot be applied to the stored rows: ")
