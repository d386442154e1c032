"""Tokens of source files: a file is read again unless it certainly has the same bytes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from medallion.run.source_tokens import is_unchanged, read_tokens, token_of, write_tokens
from medallion.storage import Entry
from medallion.storage.local import LocalStorage

READ = datetime(2026, 5, 1, 12, tzinfo=UTC)


def entry(token: str, age: float) -> Entry:
    """A file that was written `age` seconds before it was read."""
    modified = (READ - timedelta(seconds=age)).timestamp()
    return Entry("a.csv", 3, token, modified, modified)


@pytest.mark.parametrize(
    ("token", "age", "unchanged"),
    [("t1", 10, True), ("t2", 10, False), ("t1", 1, False), ("t1", -10, False)],
)
def test_a_file_written_just_before_it_was_read_may_have_changed(
    token: str, age: float, unchanged: bool
) -> None:
    assert is_unchanged(token_of(entry("t1", 10), "abc", READ), entry(token, age)) is unchanged


def test_tokens_come_back_and_a_damaged_cache_is_empty(tmp_path: Path) -> None:
    lake = LocalStorage(tmp_path)
    assert read_tokens(lake, "bronze.orders") == {}
    tokens = {"a.csv": token_of(entry("t1", 10), "abc", READ)}
    write_tokens(lake, "bronze.orders", tokens)
    assert read_tokens(lake, "bronze.orders") == tokens
    (file,) = (tmp_path / "touched").iterdir()
    file.write_bytes(file.read_bytes().replace(b"t1", b"t2"))
    assert read_tokens(lake, "bronze.orders") == {}
