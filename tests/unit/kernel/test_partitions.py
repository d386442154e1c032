"""The law of partitions: what is computed by partitions, from nothing or from what changed, is equal
to what is computed as a whole: rows, rejects, tallies and warnings."""

from __future__ import annotations

import csv
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import medallion as md
from medallion.errors import MedallionError
from medallion.kernel import compute_table, partition_groups, partition_rejects
from medallion.records import Tally
from tests.example_counts import examples

COLUMNS = ("id", "amount", "day", "name")
Line: TypeAlias = tuple[str, ...]
Contents: TypeAlias = dict[str, list[Line]]
Change: TypeAlias = tuple[str, str, list[Line]]
Layout: TypeAlias = tuple[int, int]

# Bytes of files that share a partition, and records of a file that are one partition: a partition
# for each file, for several ones, and for a part of a file.
LAYOUTS: list[Layout] = [(1, 1000), (100, 1000), (1, 2)]

cell = st.sampled_from(["", "1", "2", "3", " 4 ", "-5", "x", "1.25", "2024-01-31", "é", "'\""])
lines = st.lists(st.tuples(cell, cell, cell, cell), max_size=8)
names = st.sampled_from(["a", "b", "c", "d"])
files = st.dictionaries(names, lines, min_size=1)
change = st.one_of(
    st.tuples(st.just("write"), names, lines),
    st.tuples(st.just("remove"), names, st.just([])),
    st.tuples(st.just("rename"), names, st.just([])),
)
step = st.sampled_from(
    [
        "trim",
        {"cast": {"amount": "decimal(12,2)"}},
        {"cast": {"day": {"date": ["%Y-%m-%d"]}}},
        {"deduplicate": {"key": "id"}},
        {"deduplicate": {"key": ["id", "name"], "keep": "first"}},
        {"deduplicate": {"key": "name", "order_by": ["-amount"]}},
        {"filter": "name is not null"},
        {"derive": {"twice": "name || name", "half": "1 / try_cast(amount as integer)"}},
        {"fill": {"name": "nobody"}},
        {"rename": {"name": "title"}},
        {"join": {"with": "other", "on": "name", "how": "inner"}},
        {"window": {"by": "name", "order_by": "id", "columns": {"place": "row_number()"}}},
        {"aggregate": {"by": "name", "metrics": {"n": "count()"}}},
    ]
)
rule = st.sampled_from(
    [
        {"not_null": "id", "on_fail": "quarantine"},
        {"not_null": "amount", "on_fail": "warn"},
        {"unique": "id", "on_fail": "quarantine"},
        {"unique": "id", "on_fail": "warn"},
        {"unique": "id", "on_fail": "fail"},
        {"references": {"id": "bronze.other.id"}, "on_fail": "quarantine"},
        {"one_of": {"id": ["1", "x", "2"]}, "on_fail": "drop"},
        {"expression": "id <> '3'", "on_fail": "warn"},
        {"quarantined": {"at_most": "40%"}, "on_fail": "warn"},
        {"row_count": {"at_least": 2}, "on_fail": "fail"},
    ]
)


def lay_out(patch: pytest.MonkeyPatch, layout: Layout) -> None:
    patch.setattr(partition_groups, "SMALL", layout[0])
    patch.setattr(partition_groups, "RECORDS", layout[1])
    patch.setattr(partition_rejects, "SIZE", layout[0])


def write(folder: Path, contents: Contents) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, content in contents.items():
        with (folder / f"{name}.csv").open("w", newline="") as file:
            csv.writer(file, quoting=csv.QUOTE_ALL).writerows([COLUMNS, *content])


def changed(contents: Contents, change: Change | None) -> Contents:
    if change is None:
        return contents
    action, name, content = change
    if action == "write":
        return {**contents, name: content}
    if name not in contents or len(contents) == 1:
        return contents
    rest = {other: lines for other, lines in contents.items() if other != name}
    return rest if action == "remove" else {**rest, f"e{name}": contents[name]}


def project(folder: Path, steps: list[Any], rules: list[Any]) -> md.Pipeline:
    folder.mkdir(exist_ok=True)
    with (folder / "other.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("id", "name", "note"), ("1", "x", "n"), ("2", "é", "m")])
    joins = any("join" in step for step in steps if isinstance(step, dict))
    main: Any = {"t": "bronze.t", "other": "bronze.other"} if joins else {"t": "bronze.t"}
    other = md.Source(source="other.csv")
    return md.Pipeline(
        md.Declaration(
            name="parts",
            tables={
                "bronze": {"t": md.Source(source="in/*.csv"), "other": other},
                "silver": {"t": md.Table(from_=main, steps=steps, expect=rules)},
            },
            sinks={},
        ),
        base=folder,
    )


@contextmanager
def as_a_whole() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compute_table, "partitioned_work", lambda *_: None)
        yield


def state(pipeline: md.Pipeline, *, full: bool = False) -> dict[str, Any]:
    """The table after a run: rows, rejects, tallies and warnings; or why the run failed."""
    try:
        pipeline.run(full=full)
    except MedallionError as error:
        steps = error.run.steps if error.run else ()
        failed = [step.tallies for step in steps if step.table == "silver.t"]
        return {"error": error.message, "tallies": [counts(tallies) for tallies in failed]}
    table = pipeline.lake.table("silver.t")
    kept = table.to_arrow().to_pylist()
    rejects = pipeline.lake.quarantine("silver.t").to_arrow().to_pylist()
    return {
        "rows": kept if table.snapshot.identified else sorted(kept, key=repr),
        "columns": table.columns,
        "rejects": [{**reject, "run": ""} for reject in rejects],
        "tallies": counts(table.snapshot.tallies),
        "warnings": table.snapshot.warnings,
    }


def counts(tallies: tuple[Tally, ...]) -> list[dict[str, Any]]:
    return [
        {**tally.model_dump(), "reasons": dict(sorted(tally.reasons.items()))} for tally in tallies
    ]


@settings(max_examples=int(os.environ.get("MEDALLION_TEST_PARTITIONS", examples(5, 15))))
@given(
    contents=files,
    changes=st.lists(change, max_size=3),
    steps=st.lists(step, max_size=4),
    rules=st.lists(rule, max_size=3),
    layout=st.sampled_from(LAYOUTS),
)
def test_partitions_make_the_same_table(
    contents: Contents, changes: list[Change], steps: list[Any], rules: list[Any], layout: Layout
) -> None:
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        lay_out(patch, layout)
        folders = [Path(name) / label for label in ("incremental", "full", "whole")]
        pipelines = [project(folder, steps, rules) for folder in folders]
        for action in [None, *changes]:
            contents = changed(contents, action)
            for folder in folders:
                write(folder / "in", contents)
            incremental, full = state(pipelines[0]), state(pipelines[1], full=True)
            with as_a_whole():
                expected = state(pipelines[2], full=True)
            assert incremental == expected
            assert full == expected


LINES: Contents = {
    "a": [("1", "5", "", "x"), ("2", "y", "", "x")],
    "b": [("3", "6", "", "x"), ("1", "7", "", "z")],
    "c": [("4", "", "", "x"), ("9", "1", "", "x")],
}
STEPS: list[Any] = [
    "trim",
    {"cast": {"amount": "integer"}},
    {"deduplicate": {"key": "id", "keep": "last"}},
    {"derive": {"twice": "amount * 2"}},
]
RULES = [
    {"not_null": "amount", "on_fail": "quarantine"},
    {"one_of": {"id": ["1", "2", "3", "4"]}, "on_fail": "quarantine"},
]


@pytest.fixture
def parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> md.Pipeline:
    """A published table of one partition for each of three files."""
    monkeypatch.setattr(partition_groups, "SMALL", 1)
    pipeline = project(tmp_path, STEPS, RULES)
    write(tmp_path / "in", LINES)
    pipeline.run()
    return pipeline


def computed(pipeline: md.Pipeline, contents: Contents) -> list[int]:
    """The places of the partitions that a run with these files computes."""
    write(Path(pipeline.base) / "in", contents)
    before = pipeline.lake.table("silver.t").snapshot
    pipeline.run()
    known = {part.files for part in before.partitions}
    after = pipeline.lake.table("silver.t").snapshot
    return [place for place, part in enumerate(after.partitions) if part.files not in known]


def rows(pipeline: md.Pipeline) -> list[tuple[str, int, int]]:
    table = pipeline.lake.table("silver.t").to_arrow().to_pylist()
    return [(row["id"], row["amount"], row["twice"]) for row in table]


def test_rows_removed_within_and_across_partitions(parts: md.Pipeline) -> None:
    # "2" cannot be cast, the first "1" is a duplicate, "4" has no amount, "9" is not listed.
    assert rows(parts) == [("3", 6, 12), ("1", 7, 14)]
    snapshot = parts.lake.table("silver.t").snapshot
    assert [sum(file.rows for file in part.files) for part in snapshot.partitions] == [1, 2, 0]
    assert snapshot.removed is not None
    assert snapshot.removed.rows == 1
    rejects = parts.lake.quarantine("silver.t").to_arrow().to_pylist()
    assert [(reject["file"], reject["record"], reject["rule"]) for reject in rejects] == [
        ("in/a.csv", 2, "cast"),
        ("in/c.csv", 1, "not_null"),
        ("in/c.csv", 2, "one_of"),
    ]


@pytest.mark.parametrize(
    ("contents", "places"),
    [
        ({**LINES, "b": [*LINES["b"], ("5", "1", "", "x")]}, [1]),
        ({"0": [("2", "1", "", "x")], **LINES}, [0]),
        ({"a": LINES["a"], "c": LINES["c"]}, []),
        ({"a": LINES["a"], "b2": LINES["b"], "c": LINES["c"]}, []),
        ({**LINES, "d": LINES["b"]}, []),
        ({"a": LINES["c"], "b": LINES["b"], "c": LINES["a"]}, []),
    ],
    ids=["changed", "sorts first", "retracted", "renamed", "same bytes", "names exchanged"],
)
def test_only_what_changed_is_computed(
    parts: md.Pipeline, contents: Contents, places: list[int]
) -> None:
    assert computed(parts, contents) == places
    incremental = state(parts)
    assert state(parts, full=True) == incremental


HUGE = """id,amount,day,name
1,5,,x
2,y,,x
torn
3,6,,x
1,7,,z
torn,too
8,,,x
9,1,,x
4,2,,x
"""


def test_a_huge_file_is_several_partitions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay_out(monkeypatch, (1, 3))
    pipeline = project(tmp_path, STEPS, RULES)
    write(tmp_path / "in", {"b": [("5", "1", "", "x")]})
    (tmp_path / "in/a.csv").write_text(HUGE)
    pipeline.run()
    snapshot = pipeline.lake.table("silver.t").snapshot
    parts = [(part.numbers, part.first, part.rows_in) for part in snapshot.partitions]
    assert parts == [((0,), 0, 3), ((0,), 3, 3), ((0,), 6, 1), ((1,), 0, 1)]
    assert rows(pipeline) == [("3", 6, 12), ("1", 7, 14), ("4", 2, 4)]
    for table, expected in [
        ("bronze.t", [(3, "format"), (6, "format")]),
        ("silver.t", [(2, "cast"), (7, "not_null"), (8, "one_of"), (1, "one_of")]),
    ]:
        rejects = pipeline.lake.quarantine(table).to_arrow().to_pylist()
        assert [(reject["record"], reject["rule"]) for reject in rejects] == expected
    origins = pipeline.why("silver.t", {"id": "4"})
    (record,) = origins.as_dicts(origins.records())
    assert (record["file"], record["record"], record["row"]["amount"]) == ("in/a.csv", 9, "2")


def test_a_file_before_a_huge_one_leaves_its_partitions_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay_out(monkeypatch, (1, 2))
    pipeline = project(tmp_path, STEPS, RULES)
    lines = [line for content in LINES.values() for line in content]
    write(tmp_path / "in", {"b": lines})
    pipeline.run()
    assert computed(pipeline, {"a": [("1", "8", "", "x")], "b": lines}) == [0]
    assert rows(pipeline) == [("3", 6, 12), ("1", 7, 14)]
    assert computed(pipeline, {"a": [("3", "8", "", "x")], "b2": lines}) == [0]
    assert computed(pipeline, {"b": [*lines, ("5", "1", "", "x")]}) == [0, 1, 2, 3]


def test_keys_that_a_collation_makes_equal_are_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partition_groups, "SMALL", 1)
    steps = [{"derive": {"name": "name collate nocase"}}, {"deduplicate": {"key": "name"}}]
    pipeline = project(tmp_path, steps, [])
    write(tmp_path / "in", {"a": [("1", "5", "", "x")], "b": [("2", "6", "", "X")]})
    pipeline.run()
    assert pipeline.lake.table("silver.t").snapshot.rows == 1


def test_a_column_of_another_type_computes_everything(parts: md.Pipeline) -> None:
    with (Path(parts.base) / "in" / "d.csv").open("w", newline="") as file:
        csv.writer(file).writerows([(*COLUMNS, "more"), ("5", "1", "", "x", "new")])
    before = {part.fingerprint for part in parts.lake.table("silver.t").snapshot.partitions}
    parts.run()
    after = parts.lake.table("silver.t").snapshot
    assert before.isdisjoint(part.fingerprint for part in after.partitions)
    assert [column.name for column in after.columns] == [*COLUMNS, "more", "twice"]


def test_a_lost_partition_is_computed_again(parts: md.Pipeline) -> None:
    before = rows(parts)
    snapshot = parts.lake.table("silver.t").snapshot
    (Path(parts.base) / "lake/silver" / snapshot.partitions[1].files[0].path).unlink()
    parts.run()
    after = parts.lake.table("silver.t").snapshot
    assert [
        one.files == two.files
        for one, two in zip(after.partitions, snapshot.partitions, strict=True)
    ] == [True, False, True]
    assert rows(parts) == before
