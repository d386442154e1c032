"""The built-in sinks fulfil the contract of sinks."""

from __future__ import annotations

from pathlib import Path

import pytest

from medallion.sinks.mongodb.sink import MongoDB
from medallion.sinks.postgres.sink import Postgres
from medallion.sinks.sqlite.sink import Sqlite
from medallion.testing.stores import SinkContract
from tests.shared_release import SharedRelease


class TestSqlite(SharedRelease, SinkContract):
    @pytest.fixture(scope="class")
    @classmethod
    def shared_sink(cls, tmp_path_factory: pytest.TempPathFactory) -> Sqlite:
        return Sqlite(url=f"sqlite:{tmp_path_factory.mktemp('shared') / 'serving.db'}")

    @pytest.fixture
    def sink(self, tmp_path: Path) -> Sqlite:
        return Sqlite(url=f"sqlite:{tmp_path / 'serving.db'}")


class TestMongoDB(SharedRelease, SinkContract):
    @pytest.fixture(scope="class")
    @classmethod
    def shared_sink(cls, shared_mongodb_url: str) -> MongoDB:
        return MongoDB(url=shared_mongodb_url)

    @pytest.fixture
    def sink(self, mongodb_url: str) -> MongoDB:
        return MongoDB(url=mongodb_url)


class TestPostgres(SharedRelease, SinkContract):
    @pytest.fixture(scope="class")
    @classmethod
    def shared_sink(cls, shared_postgres_url: str) -> Postgres:
        return Postgres(url=shared_postgres_url)

    @pytest.fixture
    def sink(self, postgres_url: str) -> Postgres:
        return Postgres(url=postgres_url)
