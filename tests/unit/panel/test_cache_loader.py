"""Column caches: what is worth caching, of which release, and what happens when reading fails."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from medallion.contracts import Query, grouping
from medallion.records import Release
from medallion.sinks.sqlite.sink import Sqlite
from medallion_panel.data import cache_loader
from medallion_panel.data.cache_loader import ColumnCacheLoader
from medallion_panel.data.column_cache import ColumnCache
from tests.panel.page_content import eventually
from tests.unit.panel.tables import SmallTable, publish, sink_in

NUMBERS = SmallTable({"n": "int64", "m": "int64"}, [(number, -number) for number in range(10)])
FEW = SmallTable({"n": "int64"}, [(1,)])


@pytest.fixture(autouse=True)
def small_limits(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(cache_loader, "MIN_ROWS", 2)
    caplog.set_level(logging.INFO, "medallion_panel")


@pytest.fixture
def sink(tmp_path: Path) -> Sqlite:
    return sink_in(tmp_path)


@pytest.fixture
def loader(sink: Sqlite) -> Iterator[ColumnCacheLoader]:
    store = sink.store()
    yield ColumnCacheLoader(store)
    store.close()


def wait_for(caplog: pytest.LogCaptureFixture, text: str) -> None:
    """Until a text is logged by the thread that loads."""
    eventually(lambda: text in caplog.text, lambda: f"not logged: {text}\n{caplog.text}")


def total(cache: ColumnCache, release: Release) -> object:
    (tables,) = release.served.values()
    return cache.groups(grouping(tables["t"], (), {"n": "sum(n)"}, Query()))


def test_requested_columns_are_loaded_and_belong_to_their_release(
    sink: Sqlite, loader: ColumnCacheLoader, caplog: pytest.LogCaptureFixture
) -> None:
    release = publish(sink, "one", {"t": NUMBERS})
    loader.set_release("one")
    assert loader.get("one", "t") is None
    loader.request(release, {"t": ["n"]})
    wait_for(caplog, "cached 1 columns of t")
    cache = loader.get("one", "t")
    assert cache is not None
    assert total(cache, release) == [{"n": 45}]
    assert loader.get("two", "t") is None
    assert loader.get("one", "other") is None
    loader.set_release("one")
    assert loader.get("one", "t") is cache
    loader.set_release("two")
    assert loader.get("two", "t") is None
    assert loader.get("one", "t") is None


def test_small_tables_and_too_large_ones_are_left_to_the_store(
    sink: Sqlite,
    loader: ColumnCacheLoader,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cache_loader, "MAX_VALUES", 20)
    release = publish(sink, "one", {"t": NUMBERS, "few": FEW, "more": NUMBERS})
    loader.set_release("one")
    loader.request(release, {"few": ["n"], "t": ["n", "m"], "more": ["n"]})
    wait_for(caplog, "more is too large to cache; the store answers")  # t has 20 values already
    assert "few is small; the store answers" in caplog.text
    assert "cached 2 columns of t" in caplog.text
    assert [loader.get("one", table) is not None for table in ("few", "t", "more")] == [
        False,
        True,
        False,
    ]


def test_a_request_for_another_release_is_ignored(
    sink: Sqlite, loader: ColumnCacheLoader, caplog: pytest.LogCaptureFixture
) -> None:
    first = publish(sink, "one", {"t": NUMBERS})
    second = publish(sink, "two", {"t": NUMBERS, "few": FEW})
    loader.set_release("two")
    loader.request(first, {"t": ["n"]})
    loader.request(second, {"few": ["n"]})
    wait_for(caplog, "few is small")
    assert "of t" not in caplog.text


def test_a_failure_is_logged_once_and_retried(
    sink: Sqlite,
    loader: ColumnCacheLoader,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(cache_loader, "_RETRY_AFTER", 0.0)
    release = publish(sink, "one", {"t": NUMBERS})
    loader.set_release("one")
    database, hidden = tmp_path / "serving.db", tmp_path / "hidden.db"
    database.rename(hidden)
    for _ in range(2):
        loader.request(release, {"t": ["n"]})
        wait_for(caplog, "t is not cached; the store answers: ")
    hidden.rename(database)

    def is_cached() -> bool:
        loader.request(release, {"t": ["n"]})
        return loader.get("one", "t") is not None

    eventually(is_cached, lambda: caplog.text)
    assert caplog.text.count("t is not cached") == 1


def test_rows_are_counted_and_a_table_that_is_not_whole_is_not_cached(
    sink: Sqlite, loader: ColumnCacheLoader, caplog: pytest.LogCaptureFixture
) -> None:
    release = publish(sink, "one", {"t": NUMBERS})
    (label,) = release.served
    served = release.served[label]["t"].model_copy(update={"rows": 11})
    loader.set_release("one")
    loader.request(release.model_copy(update={"served": {label: {"t": served}}}), {"t": ["n"]})
    wait_for(caplog, "t is not cached; the store answers: read 10 rows of 11")
    assert loader.get("one", "t") is None
