"""Records of tables: what they say, what a store gets of them, and what is written as JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from medallion.records import (
    REJECT_COLUMNS,
    Column,
    File,
    Origin,
    Partition,
    Reject,
    RejectFile,
    Snapshot,
    SourceFile,
    Tally,
)
from medallion.testing.served import snapshot

JANUARY, FEBRUARY = (datetime(2026, month, 1, tzinfo=UTC) for month in (1, 2))
FILE = File(path="a.parquet", bytes=10, rows=2, sha256="0" * 64)


def source(name: str, arrived: datetime) -> SourceFile:
    texts = {"sha256": "0", "token": "t", "form": "f", "object": "o", "records": "r"}
    values = {"bytes": 1, "columns": (), **texts}
    return SourceFile.model_validate({**values, "name": name, "arrived": arrived, "rows": 2})


def full(**fields: Any) -> Snapshot:
    """A snapshot with a value in every field."""
    values = {
        "files": (FILE,),
        "partitions": (Partition(fingerprint="f", numbers=(0,), rows_in=2, files=(FILE,)),),
        "removed": FILE,
        "sources": (source("a", FEBRUARY), source("b", JANUARY)),
        "inputs": {"silver.t": "s"},
        "origins": (Origin(number=0, table="bronze.t", snapshot="s"),),
        "tallies": (
            Tally(label="", rows_in=3, kept=2, dropped=1, rows_out=2, reasons={"filter": 1}),
        ),
        "identified": True,
        "rejects": (RejectFile(**dict(FILE), fingerprint="f"),),
        "warnings": ("a warning",),
        "layer_state": {"version": 3},
    }
    return snapshot("s", 2).model_copy(update={**values, **fields})


def test_a_record_comes_back_from_json() -> None:
    assert Snapshot.model_validate_json(full().model_dump_json()) == full()


def test_a_summary_counts_what_it_leaves_out() -> None:
    summary = full().summary()
    assert (summary.source_files, summary.arrived) == (2, FEBRUARY)
    assert (summary.tallies, summary.columns, summary.rows, summary.identified) == (
        full().tallies,
        full().columns,
        2,
        True,
    )
    empty = ("files", "partitions", "sources", "origins", "warnings", "inputs", "rejects")
    assert not any(getattr(summary, name) for name in empty)
    assert (summary.removed, summary.layer_state) == (None, None)
    assert summary.summary() == summary


def test_the_size_of_a_summary_does_not_depend_on_the_number_of_files() -> None:
    few, many = (
        full(files=(FILE,) * count, sources=(source("a", JANUARY),) * count) for count in (1, 9)
    )
    assert len(few.summary().model_dump_json()) == len(many.summary().model_dump_json())


def test_a_snapshot_without_sources_arrived_at_no_time() -> None:
    summary = full(sources=()).summary()
    assert (summary.source_files, summary.arrived) == (0, None)


def test_a_snapshot_shows_its_table_and_rows() -> None:
    assert repr(full()) == "<Snapshot s of gold.items: 2 rows>"
    assert repr(full(rows=1)) == "<Snapshot s of gold.items: 1 row>"


def test_a_type_is_always_written_the_same_way() -> None:
    assert Column(name="a", type="decimal(12, 2)").type == "decimal(12,2)"
    with pytest.raises(ValidationError, match="'varchar' is not a type"):
        Column(name="a", type="varchar")


def test_fields_that_only_some_records_need_are_left_out_of_json() -> None:
    column = Column(name="a", type="text")
    assert json.loads(column.model_dump_json()) == {"name": "a", "type": "text"}
    read_as_text = Column(name="a", type="text", source_type="duration[us]")
    assert json.loads(read_as_text.model_dump_json())["source_type"] == "duration[us]"
    assert "layer_state" not in json.loads(full(layer_state=None).model_dump_json())
    assert json.loads(full(layer_state={}).model_dump_json())["layer_state"] == {}


def test_a_time_is_in_utc() -> None:
    arrived = source("a", datetime.fromisoformat("2026-01-01T02:00:00+02:00")).arrived
    assert (arrived, arrived.tzinfo) == (JANUARY, UTC)


def test_a_record_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        full().rows = 3  # type: ignore[misc]


def test_the_columns_of_a_quarantine_file_are_those_of_a_reject() -> None:
    names = ("table", "file", "record", "rule", "column", "value", "run", "row")
    assert REJECT_COLUMNS == names == tuple(Reject.model_fields)
