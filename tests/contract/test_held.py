"""Held columns answer as every store does: the suites of queries and figures, with all that can be held."""

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
from medallion_panel.data.column_cache import Held


class HeldStore(Store):
    """A store of which everything is held before it is asked for figures."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._held: dict[tuple[str, str], Held] = {}

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
        found = self._of(table).count(query)
        assert found is not None
        return found

    def group(
        self, table: str, by: Sequence[str], metrics: Mapping[str, str], query: Query
    ) -> list[dict[str, Any]]:
        found = self._of(table).group(by, metrics, query)
        assert found is not None
        return found

    def close(self) -> None:
        self._held.clear()
        self._store.close()

    def _of(self, table: str) -> Held:
        release = self.release()
        key = (release.id, table)
        if key not in self._held:
            store = self._store.at(release)
            served = served_table(store.tables(), table)
            names = tuple(column.name for column in served.columns if kind_of(column.type).ordered)
            held = Held(served, names)
            for batch in store.scan(table, Query(fields=names)):
                held.append(batch)
            self._held[key] = held
        return self._held[key]


class HeldSqlite(Sqlite):
    def store(self) -> Store:
        return HeldStore(super().store())


class HeldMongoDB(MongoDB):
    def store(self) -> Store:
        return HeldStore(super().store())


class TestHeldOfSqlite(QueryContract, GroupContract):
    @pytest.fixture
    def sink(self, tmp_path: Path) -> Sqlite:
        return HeldSqlite(url=f"sqlite:{tmp_path / 'serving.db'}")


class TestHeldOfMongoDB(QueryContract, GroupContract):
    @pytest.fixture
    def sink(self, mongodb_url: str) -> MongoDB:
        return HeldMongoDB(url=mongodb_url)
