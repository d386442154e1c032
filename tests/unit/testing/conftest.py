"""A sink and its store, as the suites get them, to be given faults that a suite must find."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from medallion.contracts import Store
from medallion.errors import MedallionError
from medallion.sinks.sqlite.sink import Sqlite
from medallion.sinks.sqlite.store import SqliteStore
from medallion.testing.served import items, publish

Fault = Callable[[str, Callable[[Any], Any]], None]


@pytest.fixture
def sink(tmp_path: Path) -> Sqlite:
    return Sqlite(url=f"sqlite:{tmp_path}/serving.db")


@pytest.fixture
def store(sink: Sqlite) -> Iterator[Store]:
    publish(sink, "release-1", items())
    with closing(sink.store()) as store:
        yield store


@pytest.fixture
def fault(monkeypatch: pytest.MonkeyPatch) -> Fault:
    """Change the answers of a method of every SQLite store by a function."""

    def change(method: str, changed: Callable[[Any], Any]) -> None:
        original = getattr(SqliteStore, method)
        monkeypatch.setattr(SqliteStore, method, lambda self, *args: changed(original(self, *args)))

    return change


@pytest.fixture
def found() -> Callable[..., bool]:
    """Whether at least one test of a suite fails."""

    def is_found(*tests: Callable[[], None]) -> bool:
        for test in tests:
            try:
                test()
            except (AssertionError, MedallionError, pytest.fail.Exception):
                return True
        return False

    return is_found
