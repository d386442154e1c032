"""The built-in sinks fulfil the contract of sinks."""

from __future__ import annotations

from pathlib import Path

import pytest

from medallion.sinks.mongodb.sink import MongoDB
from medallion.sinks.sqlite.sink import Sqlite
from medallion.testing.stores import SinkContract


class TestSqlite(SinkContract):
    @pytest.fixture
    def sink(self, tmp_path: Path) -> Sqlite:
        return Sqlite(url=f"sqlite:{tmp_path / 'serving.db'}")


class TestMongoDB(SinkContract):
    @pytest.fixture
    def sink(self, mongodb_url: str) -> MongoDB:
        return MongoDB(url=mongodb_url)
