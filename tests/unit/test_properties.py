"""Properties of any pipeline: rows add up, fingerprints show changes, YAML equals Python."""

from __future__ import annotations

import csv
import tempfile
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import medallion as md
from medallion.errors import GateError, StepError
from medallion.records import Snapshot
from medallion.run.planner import fingerprint
from tests.example_counts import examples

COLUMNS = ("id", "amount", "day", "name")
cell = st.sampled_from(
    [
        "",
        " ",
        "1",
        "2",
        "3",
        " 4 ",
        "-5",
        "x",
        "1.25",
        "12,5",
        "2024-01-31",
        "30/02/2024",
        "é",
        "'\"",
        "1e3",
    ]
)
rows = st.lists(st.tuples(cell, cell, cell, cell), max_size=25)
step = st.sampled_from(
    [
        "trim",
        {"cast": {"amount": "decimal(12,2)"}},
        {"cast": {"day": {"date": ["%Y-%m-%d", "%d/%m/%Y"]}}},
        {"deduplicate": {"key": "id"}},
        {"deduplicate": {"key": ["id", "name"], "keep": "first"}},
        {"filter": "name is not null"},
        {"derive": {"twice": "name || name"}},
        {"fill": {"name": "nobody"}},
        {"join": {"with": "other", "on": "name", "how": "inner"}},
        {"window": {"by": "name", "order_by": "id", "columns": {"place": "row_number()"}}},
    ]
)
reshape = st.sampled_from(
    [
        {"aggregate": {"by": "name", "metrics": {"amount": "count()", "id": "min(id)"}}},
        {"union": {"with": "other"}},
        {"sql": "select name, amount, id, day from rows where id is not null"},
        {"python": "tests.unit.python_steps:every_second"},
    ]
)
expectation = st.sampled_from(
    [
        {"not_null": "name", "on_fail": "quarantine"},
        {"unique": "id", "on_fail": "drop"},
        {"one_of": {"name": ["é", "x", "1"]}, "on_fail": "quarantine"},
        {"expression": "id <> '3'", "on_fail": "warn"},
        {"quarantined": {"at_most": "60%"}, "on_fail": "fail"},
    ]
)


def project(
    folder: Path, lines: list[tuple[str, ...]], steps: list[Any], expect: list[Any]
) -> md.Pipeline:
    for name, content in (("t", lines), ("other", [("1", "x", "", "é"), ("2", "y", "", "1")])):
        with (folder / f"{name}.csv").open("w", newline="") as file:
            writer = csv.writer(file, quoting=csv.QUOTE_ALL)
            writer.writerow(
                COLUMNS if name == "t" else ("id2", "other_amount", "other_day", "name")
            )
            writer.writerows(content)
    return md.Pipeline(
        md.Declaration(
            name="any",
            tables={
                "bronze": {"t": md.Source(source="t.csv"), "other": md.Source(source="other.csv")},
                "silver": {
                    "t": md.Table(
                        from_={"t": "bronze.t", "other": "bronze.other"}, steps=steps, expect=expect
                    ),
                },
            },
            sinks={},
        ),
        base=folder,
    )


@given(
    rows,
    st.lists(step, max_size=4),
    st.lists(reshape, max_size=1),
    st.lists(step, max_size=1),
    st.lists(expectation, max_size=3),
)
@settings(max_examples=examples(25, 60))
def test_every_row_is_kept_deduplicated_dropped_or_quarantined(
    lines: list[tuple[str, ...]],
    before: list[Any],
    reshaping: list[Any],
    after: list[Any],
    expect: list[Any],
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pipeline = project(folder, lines, [*before, *reshaping, *after], expect)
        try:
            run = pipeline.run()
        except GateError as error:
            run = error.run
        except StepError as error:
            # A step that does not fit the columns is refused with its place; nothing is published.
            if "silver.t." not in error.message:
                raise
            assert pipeline.lake.current() is None
            return
        found = {taken.table: taken for taken in run.steps}["silver.t"]
        assert found.tallies[0].rows_in == len(lines)
        for former, tally in zip((None, *found.tallies), found.tallies, strict=False):
            assert (
                tally.rows_in == tally.kept + tally.deduplicated + tally.dropped + tally.quarantined
            )
            assert sum(tally.reasons.values()) == tally.rows_in - tally.kept
            assert former is None or former.rows_out == tally.rows_in
        kept = sum(pq.read_table(folder / "lake" / file.path).num_rows for file in found.rejects)
        assert kept == sum(tally.quarantined for tally in found.tallies)
        if found.action == "computed":
            assert (
                len(pipeline.lake.table("silver.t").to_arrow())
                == found.tallies[-1].rows_out
                == found.rows
            )


def snapshot(table: str, key: str) -> Snapshot:
    moment = "2024-01-01T00:00:00Z"
    return Snapshot.model_validate(
        {
            "table": table,
            "id": key,
            "fingerprint": key,
            "run": "r",
            "created": moment,
            "columns": (),
            "rows": 0,
            "bytes": 0,
        }
    )


def mark(tables: dict[str, Any], *, inputs: str = "one", **rest: Any) -> str:
    declaration = md.Declaration.model_validate({"name": "any", "tables": tables, **rest})
    reads = {
        name: snapshot(name, inputs) for name in declaration.table("silver.t").reads().values()
    }
    return fingerprint(declaration, "silver.t", reads)


def tables(steps: list[Any], expect: list[Any] = (), **rest: Any) -> dict[str, Any]:
    return {
        "bronze": {"t": {"source": "t.csv"}, "other": {"source": "other.csv"}},
        "silver": {
            "t": {
                "from": {"t": "bronze.t", "other": "bronze.other"},
                "steps": steps,
                "expect": list(expect),
                **rest,
            }
        },
    }


@given(st.lists(step, max_size=4), st.lists(step, max_size=4), st.lists(expectation, max_size=2))
@settings(max_examples=examples(30, 80))
def test_a_fingerprint_changes_if_and_only_if_the_steps_do(
    one: list[Any], two: list[Any], expect: list[Any]
) -> None:
    assert (mark(tables(one, expect)) == mark(tables(two, expect))) == (one == two)
    assert (mark(tables(one, expect)) == mark(tables(one))) == (not expect)


def test_a_fingerprint_sees_all_that_matters_and_nothing_else() -> None:
    steps = ["trim", {"deduplicate": {"key": "id"}}]
    rule = {"not_null": "id", "on_fail": "drop"}
    plain = mark(tables(steps, [rule]))
    layers = {"bronze": "raw", "silver": "parquet", "gold": "parquet"}
    same = [
        mark(tables(steps, [rule], description="said otherwise")),
        mark(tables([{"trim": None}, {"deduplicate": {"key": ["id"], "keep": "last"}}], [rule])),
        mark(tables(steps, [rule]), lake="elsewhere", engine={"type": "duckdb", "threads": 3}),
        mark(tables(steps, [rule]), layers={**layers, "silver": {"type": "parquet", "retain": 3}}),
        mark({**tables(steps, [rule]), "gold": {"g": {"from": "silver.t"}}}),
    ]
    assert set(same) == {plain}
    other = [
        mark(tables(steps[::-1], [rule])),
        mark(tables(steps, [{**rule, "on_fail": "quarantine"}])),
        mark(tables(["trim", {"deduplicate": {"key": "id", "keep": "first"}}], [rule])),
        mark(tables(steps, [rule]), inputs="two"),
        mark(
            tables(steps, [rule]),
            layers={**layers, "silver": {"type": "parquet", "compression": "zstd"}},
        ),
    ]
    assert len({plain, *other}) == len(other) + 1


def test_a_plugin_of_another_version_has_another_fingerprint(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from medallion.transforms.trim import Trim

    plain = mark(tables(["trim"]))
    monkeypatch.setattr(Trim, "version", Trim.version + 1)
    assert mark(tables(["trim"])) != plain


@given(st.lists(step, max_size=4), st.lists(expectation, max_size=3), st.booleans())
@settings(max_examples=examples(25, 60))
def test_the_same_pipeline_in_yaml_and_in_python_is_equal(
    steps: list[Any], expect: list[Any], full: bool
) -> None:
    written = {
        "name": "any",
        "layers": {"bronze": "raw", "silver": {"type": "parquet", "retain": 4}},
        "tables": tables(steps, expect),
        "sinks": {
            "serving": {
                "url": "sqlite:a.db",
                "tables": {"t": {"key": "id", "indexes": ["-amount", ["name", "day"]]}},
            }
        },
    }
    if full:
        written["engine"] = {"type": "duckdb", "memory_limit": "1GB"}
    with tempfile.TemporaryDirectory() as name:
        file = Path(name, "medallion.yaml")
        file.write_text(yaml.safe_dump(written, sort_keys=False, allow_unicode=True))
        assert md.Pipeline.load(file).declaration == md.Declaration.model_validate(written)
