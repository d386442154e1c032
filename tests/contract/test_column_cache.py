"""The column cache answers as every store does: the suites of queries and groups."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from medallion.contracts import Grouping, Page, Query, Store, ValidatedQuery, validate_query
from medallion.query.column_types import kind_of
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
        self._caches: dict[str, ColumnCache] = {}

    def active(self) -> Release:
        return self._store.active()

    def kept(self, ident: str) -> Release:
        return self._store.kept(ident)

    def read_page(self, release: Release, query: ValidatedQuery) -> Page:
        return self._store.read_page(release, query)

    def read_batches(
        self, release: Release, query: ValidatedQuery
    ) -> Iterator[list[dict[str, Any]]]:
        return self._store.read_batches(release, query)

    def read_count(self, release: Release, query: ValidatedQuery) -> int:
        cache = self._cache(release, query.served)
        if cache is None:
            return self._store.read_count(release, query)
        number = cache.count(query)
        assert number is not None
        return number

    def read_groups(self, release: Release, query: Grouping) -> list[dict[str, Any]]:
        cache = self._cache(release, query.served)
        if cache is None:
            return self._store.read_groups(release, query)
        groups = cache.groups(query)
        assert groups is not None
        return groups

    def close(self) -> None:
        self._caches.clear()
        self._store.close()

    def _cache(self, release: Release, served: Served) -> ColumnCache | None:
        """The cached columns; None with a number beyond 64 bits, which the store answers."""
        if served.name not in self._caches:
            names = tuple(column.name for column in served.columns if kind_of(column.type).ordered)
            cache = ColumnCache(served, names)
            rows = validate_query(served, Query(fields=names))
            try:
                for batch in self._store.read_batches(release, rows):
                    cache.append(batch)
            except (pa.ArrowInvalid, OverflowError):
                return None
            self._caches[served.name] = cache
        return self._caches[served.name]


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
