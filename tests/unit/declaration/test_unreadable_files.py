"""A file that its format cannot read is one rejected record; everything else is as it was."""

from __future__ import annotations

import random
from pathlib import Path

import duckdb
import pytest

from medallion import plugins
from medallion.contracts import Format, LocalFile, Parsed
from medallion.declaration.unreadable_files import SetAsideFormat
from medallion.errors import StorageError

FORMATS = {
    "avro": {},
    "csv": {},
    "excel": {},
    "fixed_width": {"columns": {"a": "1-2"}},
    "json": {},
    "orc": {},
    "parquet": {},
    "xml": {"records": "a/b"},
}


def set_aside(kind: str) -> SetAsideFormat:
    form = plugins.build(plugins.FORMATS, {kind: FORMATS[kind]})
    assert isinstance(form, Format)
    return SetAsideFormat(form=form)


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("data", [b"", random.Random(1).randbytes(400)], ids=["empty", "noise"])
def test_a_file_that_cannot_be_read_is_one_record(tmp_path: Path, kind: str, data: bytes) -> None:
    file, target = tmp_path / "file", tmp_path / "records.parquet"
    file.write_bytes(data)
    with duckdb.connect() as connection:
        parsed = set_aside(kind).parse(file, "data/file", target, connection)
        ((rows,),) = connection.sql(f"select count(*) from '{target}'").fetchall()
        assert set_aside(kind).columns_of(file, "data/file", tmp_path / "scratch", connection) in (
            (),
            None,
        )
    ((number, reason, text),) = parsed.rejects
    assert (parsed.columns, parsed.rows, rows, number, text) == ((), 0, 0, 1, "")
    assert parsed.unreadable
    assert reason.startswith("the file cannot be read: ")
    assert "data/file" not in reason


def test_other_files_are_read_as_they_would_be(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("id,x\n1,a\n2\n")
    with duckdb.connect() as connection:
        own = set_aside("csv")
        results = [
            form.parse(file, "a.csv", tmp_path / f"{number}.parquet", connection)
            for number, form in enumerate((own, own.form))
        ]
        assert results[0] == results[1]
        assert not results[0].unreadable
        assert [
            each.files
            for each in own.parse_together([LocalFile(file, "a.csv")] * 2, tmp_path, connection)
        ] == [
            each.files
            for each in own.form.parse_together(
                [LocalFile(file, "a.csv")] * 2, tmp_path, connection
            )
        ]


class _Lost(Format):
    name = "lost"

    def parse(
        self, source: Path, name: str, target: Path, connection: duckdb.DuckDBPyConnection
    ) -> Parsed:
        raise StorageError(f"{target}: no space is left")


def test_a_fault_of_the_machine_is_none_of_the_file(tmp_path: Path) -> None:
    with duckdb.connect() as connection, pytest.raises(StorageError):
        SetAsideFormat(form=_Lost()).parse(tmp_path, "a", tmp_path / "t", connection)
