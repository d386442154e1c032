"""Quarantine files: records that could not be split, and warnings about files with many rejects."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from medallion.contracts import Parsed
from medallion.lake.quarantine import most_quarantined, quarantined_files, write_rejects
from medallion.records import REJECT_COLUMNS, SourceFile


def source(name: str, rows: int, quarantined: int = 0) -> SourceFile:
    texts = {"sha256": "0", "token": "t", "form": "f", "object": "o", "records": "r"}
    values = {"bytes": 1, "columns": (), **texts}
    arrived = datetime(2026, 1, 1, tzinfo=UTC)
    return SourceFile.model_validate(
        {**values, "name": name, "arrived": arrived, "rows": rows, "quarantined": quarantined}
    )


def test_a_warning_names_the_share_and_the_rule() -> None:
    expected = "a.csv: 1,200 of its 2,000 rows are in quarantine, most by cast amount; check what changed in it"
    assert most_quarantined("a.csv", 1200, 2000, "cast amount") == expected
    assert "1 of its 1 row is in quarantine" in most_quarantined("a.csv", 1, 1, "x")


def rejects(path: Path, *rows: tuple[str | None, int, str, str | None]) -> Path:
    columns = zip(*rows, strict=True)
    names = ("file", "record", "rule", "column")
    types = (pa.string(), pa.int64(), pa.string(), pa.string())
    arrays = [pa.array(values, kind) for values, kind in zip(columns, types, strict=True)]
    pq.write_table(pa.table(arrays, names=list(names)), path / "rejects.parquet")
    return path / "rejects.parquet"


def test_a_file_of_which_most_rows_were_quarantined(tmp_path: Path) -> None:
    file = rejects(
        tmp_path,
        ("it's.csv", 1, "cast", "amount"),
        ("it's.csv", 2, "cast", "amount"),
        ("it's.csv", 3, "not_null", None),
        ("half.csv", 1, "cast", "amount"),
        (None, 1, "cast", "amount"),
    )
    warnings = quarantined_files(
        [file], [source("it's.csv", 5), source("half.csv", 2), source("none.csv", 0)]
    )
    assert warnings == (most_quarantined("it's.csv", 3, 5, "cast amount"),)


def test_a_record_that_counts_twice_for_a_rule_is_one(tmp_path: Path) -> None:
    file = rejects(tmp_path, *[("a.csv", 1, "cast", "amount")] * 5)
    assert quarantined_files([file], [source("a.csv", 3)]) == ()
    assert len(quarantined_files([file], [source("a.csv", 1)])) == 1


def test_records_that_the_format_rejected_are_not_counted(tmp_path: Path) -> None:
    file = rejects(tmp_path, ("a.csv", 1, "cast", "amount"), ("a.csv", 2, "cast", "amount"))
    assert quarantined_files([file], [source("a.csv", 5)]) == ()
    assert len(quarantined_files([file], [source("a.csv", 5, quarantined=2)])) == 1


@pytest.mark.parametrize(
    "text", ["a;b", 'a "quoted" \\ text', "tab\t and \N{SNOWMAN}", "line\nbreak \u2028", ""]
)
def test_a_record_that_could_not_be_split_keeps_its_text(tmp_path: Path, text: str) -> None:
    parsed = Parsed(columns=(), rows=3, rejects=((2, "1 field instead of 2", text), (3, "no", "x")))
    files = [(source("a.csv", 3), parsed), (source("b.csv", 0), Parsed(columns=(), rows=0))]
    path = write_rejects("bronze.t", "run", files, tmp_path)
    table = pq.read_table(path)
    assert tuple(table.column_names) == REJECT_COLUMNS
    first, second = table.to_pylist()
    assert json.loads(first.pop("row")) == {"text": text}
    assert first == {
        "table": "bronze.t", "file": "a.csv", "record": 2, "rule": "format",
        "column": None, "value": "1 field instead of 2", "run": "run",
    }  # fmt: skip
    assert second["record"] == 3
