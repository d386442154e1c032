"""`medallion.lineage.origins`: the source records behind rows of a table."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

import medallion as md
from medallion.errors import CallError

YAML = """\
name: traced
sinks: {}
tables:
  bronze:
    sales: {source: "sales/*.csv"}
  silver:
    sales:
      from: bronze.sales
      steps:
        - cast: {id: integer, amount: "decimal(12,2)"}
        - deduplicate: id
  gold:
    countries:
      from: silver.sales
      steps:
        - aggregate: {by: country, metrics: {sales: count(), revenue: sum(amount)}}
        - derive: {average: revenue / sales}
"""
FIRST = "id,country,amount\n1,France,10.50\n2,Spain,4\n3,France,7.25\n"
SECOND = "id,country,amount\n4,,99.00\n3,France,8.25\n5,France,x\n"


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> md.Pipeline:
    folder = tmp_path_factory.mktemp("traced")
    (folder / "medallion.yaml").write_text(YAML)
    (folder / "sales").mkdir()
    (folder / "sales" / "1.csv").write_text(FIRST)
    (folder / "sales" / "2.csv").write_text(SECOND)
    pipeline = md.Pipeline.load(folder / "medallion.yaml")
    pipeline.run()
    return pipeline


def records(
    pipeline: md.Pipeline, table: str, where: str | None = None
) -> Counter[tuple[str, int]]:
    rows = pipeline.why(table, where).records().fetchall()
    return Counter((Path(file).name, record) for _, file, record, _ in rows)


def test_a_group_leads_to_the_records_that_it_counts(pipeline: md.Pipeline) -> None:
    origins = pipeline.why("gold.countries", "country = 'France'")

    assert origins.exact
    assert origins.rows == 1
    assert records(pipeline, "gold.countries", "country = 'France'") == {
        ("1.csv", 1): 1,
        ("2.csv", 2): 1,
    }
    assert [(Path(each.file).name, each.records) for each in origins.files] == [
        ("1.csv", 1),
        ("2.csv", 1),
    ]
    assert origins.tables == ("bronze.sales", "silver.sales", "gold.countries")


def test_a_group_of_null_is_a_group(pipeline: md.Pipeline) -> None:
    assert records(pipeline, "gold.countries", "country is null") == {("2.csv", 1): 1}


def test_rows_are_chosen_by_values_too(pipeline: md.Pipeline) -> None:
    chosen = pipeline.why("gold.countries", {"country": "Spain", "sales": 1})

    assert (chosen.rows, len(chosen)) == (1, 1)
    assert pipeline.why("gold.countries", {"country": None}).rows == 1
    assert pipeline.why("gold.countries", {"country": "o'"}).rows == 0
    with pytest.raises(CallError, match=r"no column 'land'"):
        pipeline.why("gold.countries", {"land": "France"})


def test_all_rows_lead_to_all_kept_records(pipeline: md.Pipeline) -> None:
    kept = records(pipeline, "silver.sales")

    assert sum(kept.values()) == 4
    assert records(pipeline, "gold.countries") == kept


def test_the_rows_in_between_are_those_that_were_summed(pipeline: md.Pipeline) -> None:
    origins = pipeline.why("gold.countries", "country = 'France'")
    (revenue,) = origins.rows_of("gold.countries").project("revenue").fetchall()[0]
    (total,) = origins.rows_of("silver.sales").aggregate("sum(amount)").fetchall()[0]

    assert revenue == total

    with pytest.raises(CallError, match=r"no rows of 'silver.clients' were traced"):
        origins.rows_of("silver.clients")


def test_a_record_is_shown_as_it_is_in_its_file(pipeline: md.Pipeline) -> None:
    (row,) = pipeline.why("gold.countries", "country = 'Spain'").records().fetchall()

    assert (row[0], row[2]) == ("bronze.sales", 2)
    assert row[3] == '{"id":"2","country":"Spain","amount":"4"}'


def test_wrong_names_and_conditions_are_reported(pipeline: md.Pipeline) -> None:
    with pytest.raises(CallError, match=r"there is no table 'gold.country'"):
        pipeline.why("gold.country")
    with pytest.raises(CallError, match="contry"):
        pipeline.why("gold.countries", "contry = 'France'")


TWICE = """\
name: twice
sinks: {}
tables:
  bronze:
    one: {source: "sales/*.csv"}
    other: {source: "sales/*.csv"}
  silver:
    one: &rules
      from: bronze.one
      expect:
        - {one_of: {country: [France]}, on_fail: quarantine}
        - {one_of: {amount: ["1"]}, on_fail: quarantine}
    other: {<<: *rules, from: bronze.other}
  gold:
    both:
      from: silver.one
      steps:
        - union: silver.other
"""


def test_a_correction_belongs_to_its_table(tmp_path: Path) -> None:
    (tmp_path / "medallion.yaml").write_text(TWICE)
    (tmp_path / "sales").mkdir()
    (tmp_path / "sales/1.csv").write_text("id,country,amount\n1,France,1\n2,x,1\n3,x,2\n")
    pipeline = md.Pipeline.load(tmp_path / "medallion.yaml")
    pipeline.run()
    rows = pipeline.corrections.rejects("silver.one").rows()
    pipeline.corrections.correct("silver.one", [{**row, "country": "France"} for row in rows])
    pipeline.run()
    for table, kept in (("silver.one", {2}), ("silver.other", set())):
        origins = pipeline.why(table)
        shown = origins.as_dicts(origins.records())
        assert {row["record"] for row in shown if "correction" in row} == kept
        removed = origins.as_dicts(origins.removed())
        assert [row["record"] for row in removed] == sorted({2, 3} - kept)
        assert ["correction" in row for row in removed] == [table == "silver.one"] * len(removed)
