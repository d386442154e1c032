"""The column cache answers as every store does: the suites of queries and groups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from medallion.contracts import Page, Query, Store
from medallion.query.column_types import kind_of
from medallion.query.validation import served_table
from medallion.records import Release, Served
from medallion.sinks.mongodb.sink import MongoDB
from medallion.sinks.sqlite.sink import Sqlite
from medallion.testing.groups import GroupContract
from medallion.testing.queries import QueryContract
from medallion_panel.data.column_cache import ColumnCache
from tests.shared_release import SharedRelease


class ColumnCacheStore(Store):
    """A store whose counts and groups come from a cache of all its columns."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._caches: dict[tuple[str, str], ColumnCache] = {}

    def release(self) -> Release:
        return self._store.release()

    def tables(self) -> Mapping[str, Served]:
        return self._store.tables()

    def find(self, table: str, query: Query) -> Page:
        return self._store.find(table, query)

    def get(self, table: str, key: object) -> dict[str, Any] | None:
        return self._store.get(table, key)

    def scan(self, table: str, query: Query) -> Iterator[list[dict[str, Any]]]:
        return self._store.scan(table, query)

    def count(self, table: str, query: Query) -> int:
        number = self._cache(table).count(query)
        assert number is not None
        return number

    def group(
        self, table: str, by: Sequence[str], metrics: Mapping[str, str], query: Query
    ) -> list[dict[str, Any]]:
        groups = self._cache(table).group(by, metrics, query)
        assert groups is not None
        return groups

    def close(self) -> None:
        self._caches.clear()
        self._store.close()

    def _cache(self, table: str) -> ColumnCache:
        release = self.release()
        key = (release.id, table)
        if key not in self._caches:
            store = self._store.at(release)
            served = served_table(store.tables(), table)
            names = tuple(column.name for column in served.columns if kind_of(column.type).ordered)
            cache = ColumnCache(served, names)
            for batch in store.scan(table, Query(fields=names)):
                cache.append(batch)
            self._caches[key] = cache
        return self._caches[key]


class ColumnCacheSqlite(Sqlite):
    def store(self) -> Store:
        return ColumnCacheStore(super().store())


class ColumnCacheMongoDB(MongoDB):
    def store(self) -> Store:
        return ColumnCacheStore(super().store())


class TestColumnCacheOfSqlite(SharedRelease, QueryContract, GroupContract):
    @pytest.fixture(scope="class")
    @classmethod
    def shared_sink(cls, tmp_path_factory: pytest.TempPathFactory) -> Sqlite:
        return ColumnCacheSqlite(url=f"sqlite:{tmp_path_factory.mktemp('shared') / 'serving.db'}")

    @pytest.fixture
    def sink(self, tmp_path: Path) -> Sqlite:
        return ColumnCacheSqlite(url=f"sqlite:{tmp_path / 'serving.db'}")


class TestColumnCacheOfMongoDB(SharedRelease, QueryContract, GroupContract):
    @pytest.fixture(scope="class")
    @classmethod
    def shared_sink(cls, shared_mongodb_url: str) -> MongoDB:
        return ColumnCacheMongoDB(url=shared_mongodb_url)

    @pytest.fixture
    def sink(self, mongodb_url: str) -> MongoDB:
        return ColumnCacheMongoDB(url=mongodb_url)
