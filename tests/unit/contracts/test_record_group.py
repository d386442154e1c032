"""The paths of a group's records, and its objects."""

from __future__ import annotations

from medallion.contracts import (
    GroupedFile,
    Parsed,
    RecordGroup,
    Stored,
    StoredRecords,
    description_path,
    place_in_group,
    records_path,
)


def test_a_path_of_records_says_its_group_and_its_number() -> None:
    path = records_path("t/records/ab-cd", 12)
    assert path == "t/records/ab-cd-12.parquet"
    assert description_path(path) == "t/records/ab-cd.json"
    assert place_in_group(path) == 12


def test_a_path_of_records_of_a_worker_has_its_attempt() -> None:
    path = records_path("t/records/ab-cd", 12, "0e1f")
    assert path == "t/records/ab-cd-12.0e1f.parquet"
    assert description_path(path) == "t/records/ab-cd.json"
    assert place_in_group(path) == 12
    group = RecordGroup((), (StoredRecords(3, "x"),), "0e1f")
    assert group.objects("t/ab") == [Stored("t/ab-0.0e1f.parquet", 3, "x")]


def test_the_objects_of_a_group_are_its_parquet_files() -> None:
    files = (GroupedFile(Parsed((), 0), 0, 0), GroupedFile(Parsed((), 0), 0, 1))
    group = RecordGroup(files, (StoredRecords(3, "x"), StoredRecords(5, "y")))
    assert group.objects("t/ab") == [
        Stored("t/ab-0.parquet", 3, "x"),
        Stored("t/ab-1.parquet", 5, "y"),
    ]
