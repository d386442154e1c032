"""Tokens of source files: a file is read again unless it certainly has the same bytes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from medallion.records import SourceFile
from medallion.run.source_tokens import (
    SourceToken,
    is_unchanged,
    last_pulled,
    read_tokens,
    token_of,
    write_tokens,
)
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
    tokens = {
        "a.csv": token_of(entry("t1", 10), "abc", READ),
        "orders": token_of(entry("whole", 10), "def", READ, {"whole": "2026-05-01"}),
    }
    write_tokens(lake, "bronze.orders", tokens)
    assert read_tokens(lake, "bronze.orders") == tokens
    (file,) = (tmp_path / "touched").iterdir()
    file.write_bytes(file.read_bytes().replace(b"t1", b"t2"))
    assert read_tokens(lake, "bronze.orders") == {}


TOKENS = {1: "of the snapshot", 2: "of a later pull"}


def pulled(name: str, sha256: str, cursor: int | None = 1) -> SourceFile:
    return SourceFile(
        name=name,
        bytes=1,
        sha256=sha256,
        token=TOKENS[1],
        arrived=READ,
        form="typed_csv",
        object="",
        records="",
        columns=(),
        rows=1,
        cursor=cursor,
    )


def noted(sha256: str, cursor: int | None = 2) -> SourceToken:
    return SourceToken(token=TOKENS[2], sha256=sha256, read=READ, cursor=cursor)


@pytest.mark.parametrize(
    ("touched", "cursors"),
    [
        ({"a": noted("1"), "b": noted("2")}, [2, 2]),
        ({"a": noted("1")}, [1, 1]),  # the other file had other bytes
        ({"a": noted("1"), "b": noted("3")}, [1, 1]),
        ({"a": noted("1"), "b": noted("2"), "c": noted("3")}, [1, 1]),
        ({"a": noted("1"), "b": noted("2", None)}, [1, 1]),  # of an earlier version
        ({}, [1, 1]),
    ],
)
def test_cursors_of_a_later_pull_are_those_of_exactly_these_files(
    touched: dict[str, SourceToken], cursors: list[int]
) -> None:
    files = last_pulled({"a": pulled("a", "1"), "b": pulled("b", "2")}, touched)
    assert [file.cursor for file in files] == cursors
    assert [file.token for file in files] == [TOKENS[cursor] for cursor in cursors]
    assert [file.name for file in files] == ["a", "b"]
