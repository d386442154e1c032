"""Which format reads a source file, and what identifies it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from medallion.declaration.models import Source
from medallion.errors import SourceError
from medallion.run.source_formats import SourceFormats, format_of
from medallion.storage import Entry, open_storage

ENTRY = Entry("a.csv", 1, "t", 0.0, 0.0)


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("a.csv", "csv"),
        ("A.TSV.GZ", "csv"),
        ("a.csv.json", "json"),
        ("data/a.ndjson.zst", "json"),
        ("a.parquet", "parquet"),
    ],
)
def test_the_suffix_chooses_the_format(name: str, form: str) -> None:
    assert format_of(name).name == form


@pytest.mark.parametrize("name", ["a", "a.txt", "csv", "a.7z", "a.parquet.gz"])
def test_another_suffix_needs_a_declared_format(name: str) -> None:
    with pytest.raises(SourceError, match=f"^{name}: no format reads files") as error:
        format_of(name)
    assert "declare `format: csv`" in (error.value.hint or "")


@pytest.mark.parametrize(
    ("name", "files"),
    [("a.csv.zip", "`zip://*.csv::PATH`"), ("https://host/a.TGZ?day=1", "`tar://*.csv::PATH`")],
)
def test_the_files_in_an_archive_are_declared(name: str, files: str) -> None:
    with pytest.raises(SourceError, match="no format reads files") as error:
        format_of(name)
    assert files in (error.value.hint or "")


def keys(*names: str, **declared: Any) -> list[str]:
    formats = SourceFormats(Source(source="*", **declared))
    return [formats.of(name, ENTRY)[1] for name in names]


def test_files_that_are_read_alike_have_the_same_key() -> None:
    assert len(set(keys("a.csv", "b.csv"))) == 1
    assert len(set(keys("a.csv", "a.tsv"))) == 2
    assert len(set(keys("a.csv", "b.json"))) == 2
    assert keys("a.csv") == keys("b.csv", format="csv")
    assert keys("a.csv") != keys("a.csv", format={"csv": {"delimiter": ";"}})


def test_files_with_facts_of_their_own_have_other_keys() -> None:
    assert len(set(keys("a.csv", "b.csv", aliases={"id": "number"}))) == 1
    assert len(set(keys("a.csv", "b.csv", add={"file": "name"}))) == 2


def test_a_suffix_without_a_format_is_refused() -> None:
    with pytest.raises(SourceError):
        keys("a.csv", "b.txt")


@pytest.mark.parametrize("ending", ["-wal", "-journal"])
def test_a_file_with_changes_that_are_not_yet_in_it_is_refused(tmp_path: Path, ending: str) -> None:
    storage = open_storage(str(tmp_path))
    (tmp_path / "a.sqlite").write_bytes(b"x")
    companion = tmp_path / f"a.sqlite{ending}"
    companion.write_bytes(b"")
    formats = SourceFormats(Source(source="data/*", unreadable="quarantine"))
    entry = replace(ENTRY, path="a.sqlite")
    formats.check_complete("data/a.sqlite", entry, storage)
    companion.write_bytes(b"x")
    with pytest.raises(SourceError, match=f"^data/a.sqlite: has changes in a.sqlite{ending} that"):
        formats.check_complete("data/a.sqlite", entry, storage)
