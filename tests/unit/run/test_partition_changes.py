"""Which partitions a run computes, in words."""

from __future__ import annotations

import pytest

from medallion.declaration.models import Table
from medallion.kernel.partition_groups import RECORDS, SMALL
from medallion.records import File, Snapshot, SourceFile, Tally
from medallion.records.snapshots import PartialResult
from medallion.run.partition_changes import computed_change, planned_change
from tests.unit.run.conftest import partition, snapshot, source_file


def large(name: str, content: str = "") -> SourceFile:
    """A file that is a partition by itself."""
    return source_file(name, content, bytes=SMALL)


def state(*files: SourceFile) -> tuple[Snapshot, Snapshot]:
    """The published snapshots of source files, and of a table with a partition for each."""
    bronze = snapshot("bronze.a", "b1", sources=files)
    parts = tuple(
        partition(str(number), number).model_copy(
            update={"files": (File(path=file.sha256, bytes=1, rows=1),)}
        )
        for number, file in enumerate(files)
    )
    silver = snapshot(
        "silver.a",
        inputs={"bronze.a": "b1"},
        partitions=parts,
        origins=({"number": 0, "table": "bronze.a", "snapshot": "b1"},),
    )
    return bronze, silver


A, B, C = large("a"), large("b"), large("c")


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ([A, B, C], "0 of 3 partitions"),
        ([A, B], "0 of 2 partitions"),
        ([A, large("b", "new"), C], "1 of 3 partitions: b changed"),
        ([A, B, C, large("d")], "1 of 4 partitions: d changed"),
        (
            [large("a", "1"), large("b", "2"), large("c", "3")],
            "3 of 3 partitions: a, b and 1 file more changed",
        ),
        (
            [large(name, "new") for name in "abcd"],
            "4 of 4 partitions: a, b and 2 files more changed",
        ),
    ],
)
def test_a_plan_names_the_files_whose_partitions_are_not_known(
    files: list[SourceFile], sentence: str
) -> None:
    bronze, silver = state(A, B, C)
    assert planned_change(files, bronze, silver) == sentence


def test_a_plan_estimates_the_partitions_of_a_huge_file_that_is_not_parsed() -> None:
    files = [large("a"), source_file("b", "", bytes=3 * SMALL)]
    bronze, silver = state(*files)
    bronze = bronze.model_copy(update={"bytes": 4 * SMALL, "rows": 4 * RECORDS})
    first, second = silver.partitions
    split = [second.model_copy(update={"first": place * RECORDS}) for place in range(3)]
    silver = silver.model_copy(update={"partitions": (first, *split)})
    assert planned_change(files, bronze, silver) == "0 of 4 partitions"
    twice = source_file("b", "new", bytes=6 * SMALL)
    sentence = "about 6 of 7 partitions: b changed"
    assert planned_change([files[0], twice], bronze, silver) == sentence
    assert planned_change([large("a", "new"), files[1]], bronze, silver) == (
        "1 of 4 partitions: a changed"
    )


def test_a_file_that_is_read_in_another_way_is_changed() -> None:
    bronze, silver = state(A, B)
    other = A.model_copy(update={"form": "other"})
    assert planned_change([other, B], bronze, silver) == "1 of 2 partitions: a changed"


def test_nothing_is_said_of_a_former_snapshot_that_has_no_partitions_or_other_inputs() -> None:
    bronze, silver = state(A, B)
    assert planned_change([A, B], None, silver) is None
    assert planned_change([A, B], snapshot("bronze.a", "b2"), silver) is None
    whole = silver.model_copy(update={"partitions": ()})
    assert planned_change([A, B], bronze, whole) is None


def test_a_record_says_which_partitions_were_computed_if_not_all_were() -> None:
    before_bronze, before = state(A, B, C)
    bronze, now = state(A, large("b", "new"), C)
    table = Table(from_="bronze.a")
    published = {"bronze.a": before_bronze, "silver.a": before}
    present = {"bronze.a": bronze, "silver.a": now}
    assert computed_change(now, table, present, published) == (1, "1 of 3 partitions: b changed")
    assert computed_change(now, table, present, {}) == (3, None)
    assert computed_change(before, table, published, published) == (0, "0 of 3 partitions")
    whole = now.model_copy(update={"partitions": ()})
    assert computed_change(whole, table, present, published) == (0, None)


def partial(*parts: str) -> PartialResult:
    """The partial result of as many partitions of the main input."""
    files = (File(path="".join(parts), bytes=1, rows=1),)
    tally = Tally(label="", rows_in=1, kept=1, rows_out=1)
    return PartialResult(
        fingerprint="", partitions=len(parts), tally=tally, columns=(), files=files
    )


def test_of_partial_results_the_partitions_of_the_main_input_count() -> None:
    before_bronze, before_silver = state(A, B, C)
    bronze, silver = state(A, large("b", "new"), C)
    before = snapshot("gold.a", partials=(partial("a", "b"), partial("c")))
    now = snapshot("gold.a", partials=(partial("a", "new"), partial("c")))
    table = Table(from_="silver.a")
    published = {"bronze.a": before_bronze, "silver.a": before_silver, "gold.a": before}
    present = {"bronze.a": bronze, "silver.a": silver, "gold.a": now}
    assert computed_change(now, table, present, published) == (2, "2 of 3 partitions: b changed")
    assert computed_change(now, table, present, {}) == (3, None)
    assert computed_change(before, table, published, published) == (0, "0 of 3 partitions")
