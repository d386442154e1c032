"""ORC files are converted in a process of their own."""

from __future__ import annotations

import resource
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import orc

from medallion.errors import SourceError, StorageError
from medallion.formats.orc_conversion import converted

ROWS = pa.table({"a": list(range(3000)), "b": [f"text {number}" for number in range(3000)]})


@pytest.fixture
def source(tmp_path: Path) -> Path:
    orc.write_table(ROWS, tmp_path / "a.orc")
    return tmp_path / "a.orc"


def test_rows_or_the_schema_alone(source: Path, tmp_path: Path) -> None:
    with converted(source, "a.orc", tmp_path / "out" / "target") as copy:
        assert pq.read_table(copy).equals(ROWS)
    with converted(source, "a.orc", tmp_path / "out" / "target", rows=False) as copy:
        assert pq.read_table(copy).equals(ROWS.slice(0, 0))
    assert not list((tmp_path / "out").iterdir())


def test_damaged_bytes_are_an_error_whatever_they_do_to_the_reader(
    source: Path, tmp_path: Path
) -> None:
    good = source.read_bytes()
    outcomes = set()
    for damaged in (good[:-20], good[:-1] + b"\xff"):
        source.write_bytes(damaged)
        try:
            with converted(source, "a.orc", tmp_path / "out" / "target"):
                outcomes.add("read")
        except SourceError as error:
            outcomes.add(error.message.partition(": ")[2].partition(":")[0])
    assert outcomes == {"is cut short or corrupt"}
    assert not list((tmp_path / "out").iterdir())


def test_a_full_disk(source: Path, tmp_path: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with (
            pytest.raises(StorageError, match="cannot be written"),
            converted(source, "a.orc", tmp_path / "target"),
        ):
            pass
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
