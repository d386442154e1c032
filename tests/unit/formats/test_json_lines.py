"""NDJSON line by line: which lines are objects, and why others are rejected."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from medallion.errors import SourceError
from medallion.formats import json_lines
from medallion.formats.json_lines import keep_objects
from medallion.formats.unreadable_records import UnreadableRecords

Kept = tuple[list[str], tuple[tuple[int, str, str], ...]]


def kept(folder: Path, connection: duckdb.DuckDBPyConnection, content: bytes) -> Kept:
    """The lines that are copied, and the rejects."""
    text, target = folder / "text", folder / "target"
    text.write_bytes(content)
    rejects = UnreadableRecords("a.ndjson")
    count = keep_objects(text, target, "a.ndjson", rejects, connection)
    lines = target.read_text(encoding="utf-8").splitlines()
    assert count == len(lines)
    return lines, rejects.all()


def test_objects_are_copied_in_order_and_blank_lines_are_not_counted(
    tmp_path: Path, connection: duckdb.DuckDBPyConnection
) -> None:
    content = '{"a":1}\r\n\n  \n  {"é": {"a": 1}, "n": 18446744073709551616}\nbad\n{}'
    lines, rejects = kept(tmp_path, connection, content.encode())
    assert lines == ['{"a":1}', '{"é": {"a": 1}, "n": 18446744073709551616}', "{}"]
    assert [(number, raw) for number, _, raw in rejects] == [(3, "bad")]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("[1]", "array where an object is expected"),
        ('"x"', "text where an object is expected"),
        ("5", "number where an object is expected"),
        ("-0.5", "number where an object is expected"),
        ("true", "true or false where an object is expected"),
        ("null", "null where an object is expected"),
        ('{"a":1,"b":2,"a":3}', "duplicate key 'a'"),
        ('{"a":{"b":1,"b":2}}', "duplicate key 'b'"),
        ('{"a":NaN}', "invalid JSON: NaN is not a valid number"),
        ('{"a":-Infinity}', "invalid JSON: -Infinity is not a valid number"),
        ('{"a":1,}', "invalid JSON: "),
        ('{"a":1}}', "invalid JSON: Extra data"),
        ('{"a":' + "[" * 126 + "1" + "]" * 126 + "}", "nested more than 126 levels deep"),
    ],
)
def test_a_line_that_is_not_an_object_says_why(
    tmp_path: Path, connection: duckdb.DuckDBPyConnection, line: str, reason: str
) -> None:
    lines, rejects = kept(tmp_path, connection, f'{{"a":0}}\n{line}\n'.encode())
    assert lines == ['{"a":0}']
    ((number, actual, raw),) = rejects
    assert (number, raw) == (2, line)
    assert actual.startswith(reason)


def test_record_numbers_continue_in_the_next_batch(
    tmp_path: Path, connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_lines, "_BATCH", 10)
    lines, rejects = kept(tmp_path, connection, b'{"a":1}\n{"a":2}\nx\n{"a":3}\n{"a":4}\ny')
    assert lines == [f'{{"a":{number}}}' for number in (1, 2, 3, 4)]
    assert [(number, raw) for number, _, raw in rejects] == [(3, "x"), (6, "y")]


def test_a_line_that_is_too_long_is_rejected(
    tmp_path: Path, connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_lines, "MAX_RECORD", 12)
    lines, rejects = kept(tmp_path, connection, b'{"a":"12345"}\n{"a":"1234"}')
    assert lines == ['{"a":"1234"}']
    assert rejects == ((1, json_lines.TOO_LONG, '{"a":"12345"}'),)


def test_bytes_that_cannot_be_decoded_are_reported_with_their_line(
    tmp_path: Path, connection: duckdb.DuckDBPyConnection
) -> None:
    with pytest.raises(SourceError, match=r"a\.ndjson: line 2: byte 0xeb is not utf-8"):
        kept(tmp_path, connection, b'{"a":1}\n{"a":"\xeb"}')
