"""What gathering stages judge again when some partitions changed: what a whole pass would find."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import medallion as md
from medallion.contracts import ROW
from medallion.kernel import former_gathering, partition_groups, partition_rejects
from medallion.kernel.former_gathering import FormerGathering
from tests.example_counts import examples
from tests.unit.kernel.test_partitions import Change, Contents, changed, project, state, write

STEPS: list[Any] = [{"deduplicate": {"key": "id", "keep": "last"}}]
UNIQUE = {"unique": "name", "on_fail": "quarantine"}
REFERENCES = {"references": {"amount": "bronze.other.id"}, "on_fail": "quarantine"}
LINES: Contents = {
    "a": [("1", "1", "", "p"), ("2", "7", "", "q")],
    "b": [("1", "1", "", "p"), ("3", "2", "", "r")],
    "c": [("4", "1", "", "s")],
    "d": [("5", "9", "", "t")],
}

key = st.sampled_from(["", "1", "2", "3"])
lines = st.lists(st.tuples(key, key, st.just(""), key), max_size=5)
names = st.sampled_from(["a", "b", "c", "d"])
change = st.one_of(
    st.tuples(st.just("write"), names, lines),
    st.tuples(st.just("remove"), names, st.just([])),
    st.tuples(st.just("rename"), names, st.just([])),
)
step = st.sampled_from(
    [
        {"deduplicate": {"key": "id"}},
        {"deduplicate": {"key": ["id", "name"], "keep": "first"}},
        {"deduplicate": {"key": "name", "order_by": ["-amount"]}},
    ]
)
rule = st.sampled_from(
    [
        {"unique": "id", "on_fail": "warn"},
        {"unique": ["name", "amount"], "on_fail": "drop"},
        {"one_of": {"amount": ["1", "2"]}, "on_fail": "quarantine"},
        UNIQUE,
        REFERENCES,
    ]
)


@pytest.fixture
def judged() -> Iterator[list[int | None]]:
    """The numbers of rows that stages judge again, in their order; None for all."""
    numbers: list[int | None] = []
    original = FormerGathering.judged_again

    def judged_again(self: FormerGathering, stage: Any, gathered: str) -> Any:
        rows = original(self, stage, gathered)
        numbers.append(None if rows is None else len(rows.project(ROW).fetchall()))
        return rows

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(partition_groups, "SMALL", 1)
        patch.setattr(FormerGathering, "judged_again", judged_again)
        yield numbers


def published(folder: Path, steps: list[Any], rules: list[Any]) -> md.Pipeline:
    pipeline = project(folder, steps, rules)
    write(folder / "in", LINES)
    pipeline.run()
    return pipeline


def run_with(pipeline: md.Pipeline, contents: Contents) -> None:
    """Run with these files, and compare with a run that uses nothing again."""
    write(Path(pipeline.base) / "in", contents)
    incremental = state(pipeline)
    assert "rows" in incremental
    assert state(pipeline, full=True) == incremental


@pytest.mark.parametrize(
    ("contents", "numbers"),
    [
        # The new row "2", and the former "2"; row "4" is as it was.
        ({**LINES, "c": [*LINES["c"], ("2", "7", "", "u")]}, [2]),
        # No other row has the key of the lost row "2".
        ({**LINES, "a": LINES["a"][:1]}, [0]),
        ({**LINES, "a": [("1", "1", "", "changed"), LINES["a"][1]]}, [2]),
        # Both duplicates of "1", and the retracted row.
        ({name: LINES[name] for name in "acd"}, [1]),
        ({"0": LINES["a"], **{name: LINES[name] for name in "bcd"}}, [0]),
        ({**LINES, "d": LINES["c"]}, [2]),
    ],
    ids=["new duplicate", "shorter", "changed", "retracted", "renamed", "same bytes"],
)
def test_only_rows_of_keys_in_changed_partitions_are_judged_again(
    tmp_path: Path, judged: list[int | None], contents: Contents, numbers: list[int | None]
) -> None:
    pipeline = published(tmp_path, STEPS, [])
    run_with(pipeline, contents)
    assert judged == numbers


def test_a_row_that_an_earlier_stage_keeps_now_is_judged_again(
    tmp_path: Path, judged: list[int | None]
) -> None:
    rules = [UNIQUE, REFERENCES]
    contents: Contents = {**LINES, "d": [("6", "1", "", "p")]}
    pipeline = published(tmp_path, STEPS, rules)
    run_with(pipeline, {**contents, "b": [("3", "2", "", "r")]})
    # "1" of the first file is no duplicate any more: its name, which is also that of "6", counts.
    rows = pipeline.lake.table("silver.t").to_arrow().to_pylist()
    assert [row["id"] for row in rows] == ["1", "3", "4"]
    # Both ids that changed; names p and r, of then and of now; "3", "6" and the row that moved.
    assert judged == [3, 3, 3]


def test_another_table_that_changed_makes_its_rule_judge_all_rows(
    tmp_path: Path, judged: list[int | None]
) -> None:
    pipeline = published(tmp_path, STEPS, [REFERENCES])
    (tmp_path / "other.csv").write_text("id,name,note\n7,x,n\n")
    run_with(pipeline, LINES)
    assert judged == [0, None]


def test_a_lost_file_of_former_marks_makes_all_rows_be_judged(
    tmp_path: Path, judged: list[int | None]
) -> None:
    pipeline = published(tmp_path, STEPS, [UNIQUE])
    gathered = pipeline.lake.table("silver.t").snapshot.gathered
    assert gathered is not None
    (tmp_path / "lake/silver" / gathered.file.path).unlink()
    run_with(pipeline, {**LINES, "d": LINES["a"]})
    assert judged == []


@settings(max_examples=examples(4, 10))
@given(
    contents=st.dictionaries(names, lines, min_size=2),
    changes=st.lists(change, min_size=1, max_size=3),
    steps=st.lists(step, min_size=1, max_size=3),
    rules=st.lists(rule, min_size=1, max_size=3),
    few=st.sampled_from([0, former_gathering.FEW]),
)
def test_what_is_judged_again_equals_a_whole_pass(
    contents: Contents, changes: list[Change], steps: list[Any], rules: list[Any], few: int
) -> None:
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        patch.setattr(partition_groups, "SMALL", 1)
        patch.setattr(partition_rejects, "SIZE", 1)
        patch.setattr(former_gathering, "FEW", few)
        pipelines = [project(Path(name) / label, steps, rules) for label in ("parts", "full")]
        for action in [None, *changes]:
            contents = changed(contents, action)
            for pipeline in pipelines:
                write(Path(pipeline.base) / "in", contents)
            assert state(pipelines[0]) == state(pipelines[1], full=True)
