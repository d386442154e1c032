"""A PostgreSQL database, for tests of what only a server evaluates."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from medallion.sinks.postgres.database import connect, prepare
from medallion.sinks.postgres.sink import Postgres

if TYPE_CHECKING:
    from psycopg import Connection


@pytest.fixture
def sink(postgres_url: str) -> Postgres:
    return Postgres(url=postgres_url)


@pytest.fixture
def connection(postgres_url: str) -> Iterator[Connection]:
    """A connection to an empty database, which has the internal tables."""
    with closing(connect(postgres_url)) as connection:
        prepare(connection, "public", "here")
        yield connection


@pytest.fixture(scope="module")
def empty(postgres_server: str) -> Iterator[Connection]:
    """A connection for expressions that read no table."""
    with closing(connect(f"{postgres_server}/postgres")) as connection:
        yield connection
