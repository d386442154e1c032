"""The corpus of hostile inputs, each through a whole run."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import medallion as md
from medallion.errors import MedallionError
from tests.data.hostile import (
    Case,
    csv_shapes,
    csv_text,
    json_shapes,
    names,
    parquet_files,
    typed_values,
)

CASES: list[Case] = [
    *csv_text.CASES,
    *csv_shapes.CASES,
    *json_shapes.CASES,
    *names.CASES,
    *typed_values.CASES,
    *parquet_files.CASES,
]


def _plain(value: object) -> object:
    """A time as Python's own, in UTC when it has a zone."""
    moment = value.to_pydatetime() if hasattr(value, "to_pydatetime") else value
    return moment.astimezone(UTC) if isinstance(moment, datetime) and moment.tzinfo else moment


def test_the_corpus_is_wide_and_every_case_has_a_name_of_its_own() -> None:
    assert len(CASES) >= 150
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_hostile_input(case: Case, tmp_path: Path) -> None:
    (tmp_path / case.file).write_bytes(case.content)
    declaration = md.Declaration(
        name="hostile",
        tables={
            "bronze": {"t": md.Source(source=case.file, format=case.format)},
            "silver": {"t": md.Table(from_={"t": "bronze.t"}, steps=tuple(case.steps))},
        },
        sinks={},
    )
    pipeline = md.Pipeline(declaration, base=tmp_path)
    if case.error:
        with pytest.raises(MedallionError) as caught:
            pipeline.run()
        message = str(caught.value)
        assert case.file in message or "silver.t" in message, message
        assert case.error in message, message
        assert "→" in message, message
        assert pipeline.lake.current() is None
        return
    run = pipeline.run()
    table = pipeline.lake.table("silver.t").to_arrow()
    rows = [tuple(map(_plain, row.values())) for row in table.to_pylist()]
    assert repr(rows) == repr(list(case.rows))
    if case.columns:
        assert tuple(table.column_names) == case.columns
    rejects = [
        (row["record"], f"{row['rule']} {row['column']} {row['value']}")
        for step in run.steps
        for file in step.rejects
        for row in pq.read_table(pipeline.lake.storage.local(file.path)).to_pylist()
    ]
    assert [record for record, _ in rejects] == [record for record, _ in case.rejects], rejects
    for (_, reason), (_, wanted) in zip(rejects, case.rejects, strict=True):
        assert wanted in reason
    warnings = "\n".join(warning for step in run.steps for warning in step.warnings)
    assert case.warning in warnings
    if not case.warning and not case.rejects:
        assert warnings == ""
