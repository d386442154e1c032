"""Connections that a run shares, and what is pulled as a storage of files."""

from __future__ import annotations

import pytest

from medallion.contracts import SourceItem
from medallion.errors import MissingError, StorageError
from medallion.run.source_connections import PulledFiles, SourceConnections
from tests.unit.run.counters import Counter


def test_sources_of_one_database_share_a_connection() -> None:
    log: list[str] = []
    one, same, other = Counter("a", log), Counter("a", log, size=5), Counter("b", log)
    with SourceConnections() as connections:
        assert connections.of(one) is connections.of(same)
        assert connections.of(other) is not connections.of(one)
        assert log == ["open a", "open b"]
    assert log == ["open a", "open b", "close b", "close a"]
    with connections:
        connections.of(one)
    assert log[4:] == ["open a", "close a"]


def test_a_file_is_pulled_when_it_is_opened() -> None:
    log: list[str] = []
    files = PulledFiles(Counter("a", log, size=3), None, [SourceItem("a 3", "t")])
    (entry,) = files.list("")
    assert (entry.path, entry.token, files.url) == ("0.json", "t", "counter a")
    assert log == []
    with files.open(entry.path) as stream:
        assert stream.read(9) == b'{"n": 0}\n'
        assert stream.read() == b'{"n": 1}\n{"n": 2}\n'
    assert log == ["pull a 3"]
    assert files.local(entry.path).read_bytes() == b'{"n": 0}\n{"n": 1}\n{"n": 2}\n'
    assert files.read(entry.path)[0].count(b"\n") == 3


def test_a_stream_that_is_closed_stops_the_pull() -> None:
    log: list[str] = []
    files = PulledFiles(Counter("a", log, size=10**6), None, [SourceItem("a", "t")])
    with files.open("0.json") as stream:
        stream.read(1)
    assert log == ["pull a", "stopped"]


def test_a_file_without_a_token_is_always_another() -> None:
    files = PulledFiles(Counter("a", []), None, [SourceItem("a")])
    assert files.known("0.json").token != files.known("0.json").token
    with pytest.raises(MissingError):
        files.known("1.json")


def test_it_is_only_read_from() -> None:
    with pytest.raises(StorageError, match="counter a is only read from"):
        PulledFiles(Counter("a", []), None, []).put("x", b"")
