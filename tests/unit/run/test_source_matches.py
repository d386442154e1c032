"""Which source files a table has: those that match its patterns."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path

import pytest

from medallion.errors import SourceError
from medallion.run.ingest import digest_of_source
from medallion.run.source_matches import SourceTable, matches
from tests.unit.run.conftest import FILES, with_source


def test_matching_files_are_sorted_and_named_from_the_declaration(
    orders: SourceTable, tmp_path: Path
) -> None:
    (tmp_path / "orders/deep").mkdir()
    (tmp_path / "orders/deep/é.csv").write_text("id\n")
    (tmp_path / "orders/.hidden.csv").write_text("id\n")

    def names(source: str) -> list[str]:
        return [file.name for file in matches(with_source(orders, source))]

    assert names("orders/*.csv") == ["orders/a.csv", "orders/b.csv"]
    assert names("orders/**/*.csv") == ["orders/a.csv", "orders/b.csv", "orders/deep/é.csv"]
    assert names("clients.csv") == ["clients.csv"]
    assert names("*.csv") == ["clients.csv"]
    (file,) = matches(with_source(orders, "clients.csv"))
    assert (
        digest_of_source(file.storage, file.entry)
        == sha256(FILES["clients.csv"].encode()).hexdigest()
    )


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("gone/*.csv", "bronze.orders: no file matches gone/*.csv"),
        ("gone.csv", "bronze.orders: no file matches gone.csv"),
        ("orders", "bronze.orders: orders is a folder, FIFO or device"),
    ],
)
def test_a_source_without_files_is_refused(orders: SourceTable, source: str, says: str) -> None:
    with pytest.raises(SourceError) as error:
        matches(with_source(orders, source))
    assert error.value.message == says
    assert error.value.hint


def test_a_name_that_is_not_utf_8_is_refused(orders: SourceTable, tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"orders/\xe9.csv")).write_text("id\n")
    with pytest.raises(SourceError, match=r"b'\\xe9.csv' is not UTF-8"):
        matches(orders)
