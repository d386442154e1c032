"""The law of partial results: a table that is combined from them is equal to one that is computed as
a whole: rows, types, tallies, rejects and warnings."""

from __future__ import annotations

import csv
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import medallion as md
from medallion.errors import MedallionError
from medallion.kernel import compute_table, partial_build, partial_plan, partition_groups
from medallion.kernel.partial_build import PartialBuild
from medallion.records import PartialResult, Snapshot
from medallion.transforms.aggregate import Aggregate
from tests.example_counts import examples
from tests.unit.kernel.test_partitions import Change, Contents, changed, counts, write

number = st.sampled_from(["", "0", "1", "-1", "2", "3", "x", "9223372036854775807"])
amount = st.sampled_from(
    ["", "0.10", "0.20", "-5.25", "1234567.89", "9" * 35 + ".99", "-" + "8" * 35 + ".00", "x"]
)
day = st.sampled_from(["", "2024-01-31", "2024-02-29", "1999-12-31"])
name = st.sampled_from(["", "a", "b", "é", "'\"", "B"])
lines = st.lists(st.tuples(number, amount, day, name), max_size=8)
file_names = st.sampled_from(["a", "b", "c", "d"])
files = st.dictionaries(file_names, lines, min_size=1)
change = st.one_of(
    st.tuples(st.just("write"), file_names, lines),
    st.tuples(st.just("remove"), file_names, st.just([])),
    st.tuples(st.just("rename"), file_names, st.just([])),
)
AMOUNTS = ["decimal(38,2)", "decimal(22,2)", "decimal(12,2)", "float"]
early = st.sampled_from(
    [
        {"filter": "id > 1"},
        {"filter": "name is not null"},
        {"filter": "false"},
        {"derive": {"amount": "amount * 2", "flag": "id > 1"}},
        {"derive": {"part": "1 / id"}},
        {"derive": {"name": "name collate nocase"}},
        {"fill": {"name": "nobody"}},
        {"cast": {"name": "integer"}},
        {"rename": {"name": "title"}},
        {"join": {"with": "other", "on": "name", "how": "inner"}},
        {"deduplicate": {"key": "name"}},
    ]
)
metrics = st.sets(
    st.sampled_from(
        [
            "count()",
            *("count(name)", "count(amount)", "count_distinct(name)", "count_distinct(id)"),
            *("sum(id)", "sum(amount)", "mean(id)", "mean(amount)", "stddev(id)", "median(id)"),
            *("min(name)", "max(name)", "min(day)", "max(day)", "min(amount)", "max(id)"),
            *("first(name)", "last(name)", "first(amount)", "last(day)", "sum(flag)", "sum(name)"),
        ]
    ),
    min_size=1,
    max_size=4,
)
by = st.sampled_from([[], ["name"], ["day"], ["day", "name"], ["id"], ["amount"]])
options = st.sampled_from(
    [
        {},
        {"having": "m0 is not null"},
        {"having": "m0 > 1"},
        {"sort": "-m0"},
        {"sort": "m0", "limit": 2},
        {"limit": 1},
    ]
)
later = st.sampled_from(
    [
        {"cast": {"m0": "integer"}},
        {"filter": "m0 is not null"},
        {"derive": {"more": "m0 || '!'"}},
        {"aggregate": {"metrics": {"n": "count()"}}},
    ]
)
rule = st.sampled_from(
    [
        {"not_null": "m0", "on_fail": "quarantine"},
        {"unique": "m0", "on_fail": "warn"},
        {"row_count": {"at_least": 2}, "on_fail": "warn"},
        {"row_count": {"at_most": 3}, "on_fail": "fail"},
        {"quarantined": {"at_most": "40%"}, "on_fail": "warn"},
    ]
)
silver_steps = st.tuples(
    st.sampled_from(AMOUNTS), st.sampled_from([[], [{"deduplicate": {"key": ["id", "name"]}}]])
)


def project(folder: Path, silver: list[Any], gold: list[Any], rules: list[Any]) -> md.Pipeline:
    folder.mkdir(exist_ok=True)
    with (folder / "other.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("name", "note"), ("a", "n"), ("é", "m")])
    joins = any("join" in step for step in gold)
    main: Any = {"t": "silver.t", "other": "bronze.other"} if joins else {"t": "silver.t"}
    return md.Pipeline(
        md.Declaration(
            name="parts",
            tables={
                "bronze": {
                    "t": md.Source(source="in/*.csv"),
                    "other": md.Source(source="other.csv"),
                },
                "silver": {"t": md.Table(from_={"t": "bronze.t"}, steps=silver)},
                "gold": {"t": md.Table(from_=main, steps=gold, expect=rules, deterministic=False)},
            },
            sinks={},
        ),
        base=folder,
    )


def silver(amounts: str = "decimal(12,2)") -> list[Any]:
    return ["trim", {"cast": {"id": "integer", "amount": amounts, "day": {"date": ["%Y-%m-%d"]}}}]


@contextmanager
def as_a_whole() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compute_table, "combining_step", lambda *_: None)
        yield


def state(pipeline: md.Pipeline, *, full: bool = False) -> dict[str, Any]:
    """The table after a run: rows, rejects, tallies and warnings; or why the run failed."""
    try:
        pipeline.run(full=full)
    except MedallionError as error:
        steps = error.run.steps if error.run else ()
        failed = [step.tallies for step in steps if step.table == "gold.t"]
        return {"error": error.message, "tallies": [counts(tallies) for tallies in failed]}
    table = pipeline.lake.table("gold.t")
    rejects = pipeline.lake.quarantine("gold.t").to_arrow().to_pylist()
    return {
        "rows": repr(table.to_arrow().to_pylist()),
        "columns": table.columns,
        "rejects": [{**reject, "run": ""} for reject in rejects],
        "tallies": counts(table.snapshot.tallies),
        "warnings": table.snapshot.warnings,
    }


@settings(max_examples=int(os.environ.get("MEDALLION_TEST_PARTITIONS", examples(5, 15))))
@given(
    contents=files,
    changes=st.lists(change, max_size=3),
    source=silver_steps,
    before=st.lists(early, max_size=2),
    by=by,
    metrics=metrics,
    options=options,
    after=st.lists(later, max_size=2),
    rules=st.lists(rule, max_size=2),
    unit=st.sampled_from([1, 2000]),
    small=st.lists(st.sampled_from([False, False, True]), min_size=4, max_size=4),
)
def test_partial_results_combine_to_the_same_table(
    contents: Contents,
    changes: list[Change],
    source: tuple[str, list[Any]],
    before: list[Any],
    by: list[str],
    metrics: set[str],
    options: dict[str, Any],
    after: list[Any],
    rules: list[Any],
    unit: int,
    small: list[bool],
) -> None:
    """Also when runs in between compute the table as a whole, as they do with small ones."""
    calls = {f"m{place}": call for place, call in enumerate(sorted(metrics))}
    aggregate = {"aggregate": {"by": by, "metrics": calls, **options}}
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(partition_groups, "SMALL", 1)
        patch.setattr(partial_plan, "LEAST", 0)
        patch.setattr(partial_plan, "UNIT", unit)
        pipelines = [
            project(
                Path(folder) / label,
                [*silver(source[0]), *source[1]],
                [*before, aggregate, *after],
                rules,
            )
            for label in ("incremental", "full", "whole")
        ]
        for action, is_small in zip([None, *changes], small, strict=False):
            contents = changed(contents, action)
            for pipeline in pipelines:
                write(Path(pipeline.base) / "in", contents)
            full = state(pipelines[1], full=True)
            with as_a_whole():
                expected = state(pipelines[2], full=True)
            with as_a_whole() if is_small else nullcontext():
                incremental = state(pipelines[0])
            assert incremental == expected
            assert full == expected


LINES: Contents = {
    "a": [("1", "5", "", "x"), ("2", "1", "", "x")],
    "b": [("3", "6", "", "x"), ("1", "7", "", "z")],
    "c": [("4", "", "", "x"), ("9", "1", "", "y")],
}
AGGREGATE = {
    "aggregate": {
        "by": "name",
        "metrics": {"n": "count()", "total": "sum(amount)", "mean": "mean(amount)"},
    }
}


@pytest.fixture
def parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> md.Pipeline:
    """A published table that is combined from the partial results of three partitions."""
    monkeypatch.setattr(partition_groups, "SMALL", 1)
    monkeypatch.setattr(partial_plan, "LEAST", 0)
    monkeypatch.setattr(partial_plan, "UNIT", 1)
    steps = [*silver(), {"deduplicate": {"key": "id"}}]
    pipeline = project(tmp_path, steps, [{"filter": "id <> 2"}, AGGREGATE], [])
    write(tmp_path / "in", LINES)
    pipeline.run()
    return pipeline


def snapshot(pipeline: md.Pipeline) -> Snapshot:
    return pipeline.lake.table("gold.t").snapshot


def rows(pipeline: md.Pipeline) -> list[tuple[Any, ...]]:
    table = pipeline.lake.table("gold.t").to_arrow().to_pylist()
    return [tuple(map(str, row.values())) for row in table]


def computed(pipeline: md.Pipeline, contents: Contents) -> list[int]:
    """The places of the partial results that a run with these files computes."""
    write(Path(pipeline.base) / "in", contents)
    known = {partial.files for partial in snapshot(pipeline).partials}
    pipeline.run()
    after = snapshot(pipeline).partials
    return [place for place, partial in enumerate(after) if partial.files not in known]


def test_partial_results_of_each_partition_are_combined(parts: md.Pipeline) -> None:
    assert rows(parts) == [
        ("x", "2", "6.00", "6.0"),
        ("y", "1", "1.00", "1.0"),
        ("z", "1", "7.00", "7.0"),
    ]
    tallies = [partial.tally for partial in snapshot(parts).partials]
    assert [(tally.rows_in, tally.dropped) for tally in tallies] == [(1, 1), (2, 0), (2, 0)]


def test_a_small_table_is_computed_as_a_whole(
    parts: md.Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    combined = rows(parts)
    size = sum(file.bytes for file in parts.lake.table("silver.t").snapshot.files)
    for least, number in ((size, 3), (size + 1, 0)):
        monkeypatch.setattr(partial_plan, "LEAST", least)
        parts.run(full=True)
        assert len(snapshot(parts).partials) == number
        assert rows(parts) == combined


@pytest.mark.parametrize(
    ("contents", "places"),
    [
        ({**LINES, "b": [*LINES["b"], ("5", "1", "", "x")]}, [1]),
        ({"0": [("7", "1", "", "x")], **LINES}, [0]),
        # The first "1" was a duplicate of a row that is gone.
        ({"a": LINES["a"], "c": LINES["c"]}, [0]),
        ({"a": LINES["a"], "b": LINES["b"]}, []),
        ({"a": LINES["a"], "b2": LINES["b"], "c": LINES["c"]}, []),
        ({**LINES, "d": [("4", "3", "", "x")]}, [2, 3]),
    ],
    ids=["changed", "sorts first", "retracted", "last retracted", "renamed", "duplicate elsewhere"],
)
def test_only_what_changed_is_computed(
    parts: md.Pipeline, contents: Contents, places: list[int]
) -> None:
    assert computed(parts, contents) == places
    incremental = state(parts)
    assert state(parts, full=True) == incremental
    with as_a_whole():
        assert state(parts, full=True) == incremental


def test_a_lost_partial_result_is_computed_again(parts: md.Pipeline) -> None:
    before, known = rows(parts), snapshot(parts)
    (Path(parts.base) / "lake/gold" / known.partials[1].files[0].path).unlink()
    parts.run()
    after = snapshot(parts)
    assert [
        one.files == two.files for one, two in zip(after.partials, known.partials, strict=True)
    ] == [True, False, True]
    assert rows(parts) == before


def test_a_plan_names_the_partitions_of_the_main_input(parts: md.Pipeline) -> None:
    write(Path(parts.base) / "in", {**LINES, "b": [*LINES["b"], ("5", "1", "", "x")]})
    planned = {step.table: step.why for step in parts.plan().steps}
    assert planned["gold.t"] == "1 of 3 partitions: in/b.csv changed"
    steps = {step.table: step for step in parts.run().steps}
    assert steps["gold.t"].why == planned["gold.t"]
    assert (steps["gold.t"].partitions, steps["gold.t"].partitions_computed) == (3, 1)


def test_partial_results_are_kept_while_a_release_has_them(parts: md.Pipeline) -> None:
    gold = Path(parts.base) / "lake/gold"
    layers = {
        name: layer.model_copy(update={"retain": 1})
        for name, layer in parts.declaration.layers.items()
    }
    declaration = parts.declaration.model_copy(update={"layers": layers})
    pipeline = md.Pipeline(declaration, base=Path(parts.base))
    for number in range(3):
        computed(pipeline, {**LINES, "b": [*LINES["b"], (f"1{number}", "1", "", "x")]})
    files = {file.path for partial in snapshot(pipeline).partials for file in partial.files}
    stored = {str(path.relative_to(gold)) for path in gold.glob("t/*/_partial/**/*.parquet")}
    assert stored == files
    assert len(files) == 3


SECONDS = {"derive": {"moment": "cast(strftime(day, '%Y-%m-%d') as timestamp_s)"}}
BY_MOMENT = {"aggregate": {"by": "moment", "metrics": {"n": "count()"}}}


def test_columns_have_the_types_of_the_whole_table(parts: md.Pipeline) -> None:
    pipeline = project(Path(parts.base), silver(), [SECONDS, BY_MOMENT], [])
    combined = state(pipeline)
    assert [column.type for column in combined["columns"]] == ["timestamp(s)", "int64"]
    assert len(snapshot(pipeline).partials) == 3
    with as_a_whole():
        assert state(pipeline, full=True) == combined


@pytest.mark.parametrize("condition", ["day < current_date", "day < today()", "random() < 2"])
def test_steps_that_ask_the_time_or_chance_are_not_combined(
    parts: md.Pipeline, condition: str
) -> None:
    pipeline = project(Path(parts.base), silver(), [{"filter": condition}, AGGREGATE], [])
    pipeline.run()
    assert snapshot(pipeline).partials == ()


@pytest.mark.parametrize(
    "gold",
    [
        [{"derive": {"name": "name collate nocase"}}, AGGREGATE],
        [{"sql": "select min(name) as name, count(*) as n from t group by name collate nocase"}],
        [{"sql": "select unnest(range(count(distinct name collate nocase))) as n from t"}],
    ],
)
def test_texts_that_a_collation_makes_equal_are_one(parts: md.Pipeline, gold: list[Any]) -> None:
    write(Path(parts.base) / "in", {**LINES, "d": [("8", "1", "", "X"), ("7", "1", "", "Z")]})
    pipeline = project(Path(parts.base), silver(), gold, [])
    pipeline.run()
    assert snapshot(pipeline).rows == 3
    assert snapshot(pipeline).partials == ()


def test_what_was_written_before_a_table_is_computed_whole_is_removed(parts: md.Pipeline) -> None:
    gold = [{"derive": {"part": "1 / (id - 9)"}}, AGGREGATE]
    pipeline = project(Path(parts.base), silver(), gold, [])
    pipeline.run()
    assert snapshot(pipeline).partials == ()
    pipeline.run(full=True)
    pipeline.collect()
    folder = Path(parts.base) / "lake/gold/t" / Path(snapshot(pipeline).files[0].path).parts[1]
    assert not list(folder.glob("_partial/**/*.parquet"))
    assert not list((Path(parts.base) / "lake/writes").glob("*"))


QUERY = {
    "sql": "select name, count(*) as n, sum(amount) as total, avg(amount) as mean, "
    "count(distinct id) as ids from t group by name order by name"
}


def test_a_query_is_combined_from_partial_results(parts: md.Pipeline) -> None:
    pipeline = project(Path(parts.base), silver(), [{"filter": "id <> 2"}, QUERY], [])
    pipeline.run()
    assert len(snapshot(pipeline).partials) == 3
    assert computed(pipeline, {**LINES, "b": [*LINES["b"], ("5", "1", "", "x")]}) == [1]
    incremental = state(pipeline)
    assert state(pipeline, full=True) == incremental
    with as_a_whole():
        assert state(pipeline, full=True) == incremental
    assert rows(pipeline)[0] == ("x", "4", "12.00", "4.0", "4")


@pytest.mark.parametrize(
    "figure",
    ["count(distinct t)", "count(distinct t::varchar)", "max(t)", "count(distinct to_json(t))"],
)
def test_a_row_as_a_value_is_without_its_part(parts: md.Pipeline, figure: str) -> None:
    """Equal rows of several partitions are one value."""
    steps = [*silver(), {"derive": {"id": "1", "name": "'x'", "amount": "1"}}]
    pipeline = project(Path(parts.base), steps, [{"sql": f"select {figure} as n from t"}], [])
    combined = state(pipeline)
    with as_a_whole():
        assert state(pipeline, full=True) == combined


@pytest.mark.parametrize("separates", [True, False])
def test_parts_are_computed_together_or_alone(
    parts: md.Pipeline, separates: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    run = PartialBuild.run

    def counted(self: PartialBuild) -> list[PartialResult]:
        sizes.append(len(self.partial.parts))
        return run(self)

    monkeypatch.setattr(PartialBuild, "run", counted)
    monkeypatch.setattr(Aggregate, "separates_parts", separates)
    before = state(parts)
    assert state(parts, full=True) == before
    assert sizes == ([3] if separates else [1, 1, 1])


def test_as_many_groups_as_rows_are_not_kept(
    parts: md.Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partial_build, "FEW", 1)
    before = state(parts)
    assert state(parts, full=True) == before
    assert snapshot(parts).partials == ()
