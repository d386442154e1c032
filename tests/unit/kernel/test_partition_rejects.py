"""Files of rejects: those of partitions that are as they were are used again."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

import medallion as md
from medallion.errors import ConservationError
from medallion.kernel import partition_groups, partition_rejects
from medallion.kernel.partition_rejects import PartitionRejects
from tests.unit.kernel.test_partitions import RULES, Contents, project, state, write

STEPS = ["trim", {"cast": {"amount": "integer"}}]
UNIQUE = {"unique": "id", "on_fail": "quarantine"}
LINES: Contents = {
    "a": [("1", "5", "", "x"), ("2", "y", "", "x")],
    "b": [("3", "6", "", "x"), ("9", "7", "", "z")],
    "c": [("4", "", "", "x"), ("1", "1", "", "x")],
    "d": [("4", "1", "", "x")],
}


@pytest.fixture(params=[[*RULES], [*RULES, UNIQUE]], ids=["mapped only", "unique"])
def parts(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> md.Pipeline:
    """A published table of one partition, and one file of rejects, for each of four files."""
    monkeypatch.setattr(partition_groups, "SMALL", 1)
    monkeypatch.setattr(partition_rejects, "SIZE", 1)
    pipeline = project(tmp_path, STEPS, request.param)
    write(tmp_path / "in", LINES)
    pipeline.run()
    return pipeline


def files(pipeline: md.Pipeline) -> list[str]:
    return [file.path for file in pipeline.lake.table("silver.t").snapshot.rejects]


def kept(pipeline: md.Pipeline, contents: Contents) -> list[bool]:
    """Which files of rejects a run with these source files uses again, of those it leaves."""
    before = files(pipeline)
    write(Path(pipeline.base) / "in", contents)
    incremental = state(pipeline)
    after = files(pipeline)
    assert state(pipeline, full=True) == incremental
    return [path in before for path in after]


def test_each_file_has_the_rejects_of_its_partitions(parts: md.Pipeline) -> None:
    found = [
        {row["file"] for row in pq.read_table(Path(parts.base) / "lake" / path).to_pylist()}
        for path in files(parts)
    ]
    assert found == [{"in/a.csv"}, {"in/b.csv"}, {"in/c.csv"}]
    (tally,) = parts.lake.table("silver.t").snapshot.tallies
    assert len(parts.lake.quarantine("silver.t")) == tally.quarantined


@pytest.mark.parametrize(
    ("contents", "expected"),
    [
        ({**LINES, "b": [*LINES["b"], ("8", "1", "", "x")]}, [True, False, True]),
        ({"0": [("9", "1", "", "x")], **LINES}, [False, True, True, True]),
        ({"a": LINES["a"], "c": LINES["c"], "d": LINES["d"]}, [True, True]),
        ({"a": LINES["a"], "b2": LINES["b"], "c": LINES["c"]}, [True, False, True]),
    ],
    ids=["changed", "sorts first", "retracted", "renamed"],
)
def test_only_rejects_of_changed_partitions_are_written(
    parts: md.Pipeline, contents: Contents, expected: list[bool]
) -> None:
    assert kept(parts, contents) == expected


def test_rejects_of_rows_that_another_partition_makes_duplicates_are_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partition_groups, "SMALL", 1)
    monkeypatch.setattr(partition_rejects, "SIZE", 1)
    pipeline = project(tmp_path, STEPS, [*RULES, UNIQUE])
    write(tmp_path / "in", LINES)
    pipeline.run()
    assert kept(pipeline, {"0": [("3", "1", "", "x")], **LINES}) == [True, False, True]  # also in b
    other = {"0": [("4", "1", "", "x")], **LINES}  # now also in d, and b has the only one
    assert kept(pipeline, other) == [True, False, True, False]


def test_rejects_of_rows_that_another_table_makes_invalid_are_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partition_groups, "SMALL", 1)
    monkeypatch.setattr(partition_rejects, "SIZE", 1)
    references = {"references": {"id": "bronze.other.id"}, "on_fail": "quarantine"}
    pipeline = project(tmp_path, STEPS, [*RULES, references])
    lines: Contents = {**LINES, "d": [("2", "", "", "x")]}
    write(tmp_path / "in", lines)
    pipeline.run()
    (tmp_path / "other.csv").write_text("id,name,note\n2,x,n\n3,x,n\n4,x,n\n")
    # "1" is in a and c, and "3", which is in b, was not among these ids before.
    assert kept(pipeline, lines) == [False, False, False, True]


def test_a_damaged_file_of_rejects_is_written_again(parts: md.Pipeline) -> None:
    first, second, third = files(parts)
    (Path(parts.base) / "lake" / second).unlink()
    before = state(parts)["tallies"]
    assert files(parts)[0] == first
    assert files(parts)[1] != second
    assert files(parts)[2] == third
    assert len(parts.lake.quarantine("silver.t")) == before[0]["quarantined"]


def test_rejects_that_do_not_add_up_fail(
    parts: md.Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = PartitionRejects.write
    monkeypatch.setattr(PartitionRejects, "write", lambda self, *given: every(self, *given)[1:])
    write(Path(parts.base) / "in", {"a": LINES["a"]})
    with pytest.raises(ConservationError, match=r"silver\.t: \d rows? to be quarantined, but 0"):
        parts.run()
