"""`pipeline.corrections`: rejects are edited, previewed and corrected from Python."""

from __future__ import annotations

from pathlib import Path

import pytest

from medallion.errors import DataError
from tests.corrected import edited, published

TABLE = "silver.orders"


def test_what_was_previewed_is_what_a_run_makes_of_the_correction(tmp_path: Path) -> None:
    pipeline = published(tmp_path)
    rows = edited(pipeline, {1: {"amount": "3.50"}, 2: {"amount": "6"}})
    result = pipeline.corrections.preview(TABLE, rows)
    assert repr(result) == "<PreviewedCorrections: 1 of 2 kept>"
    assert repr(pipeline.corrections) == "<Corrections: 0>"
    pipeline.corrections.correct(TABLE, rows)
    pipeline.run()
    kept, rejected = result.records
    assert kept.rows[0] in pipeline.lake.table(TABLE).to_arrow().to_pylist()
    reject = next(
        row
        for row in pipeline.lake.quarantine(TABLE).to_arrow().to_pylist()
        if row["record"] == rejected.correction.record
    )
    assert rejected.reasons == (f"{reject['rule']} {reject['column']}: {reject['value']}",)


def test_faults_of_rows_are_raised_as_by_correct(tmp_path: Path) -> None:
    pipeline = published(tmp_path)
    rows = edited(pipeline, {1: {"amount": "3.50"}})
    pipeline.corrections.correct(TABLE, rows)
    rows = edited(pipeline, {1: {"amount": "4"}})
    for call in (pipeline.corrections.preview, pipeline.corrections.correct):
        with pytest.raises(DataError, match="has the correction"):
            call(TABLE, rows)
