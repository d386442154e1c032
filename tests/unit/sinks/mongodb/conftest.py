"""A MongoDB database, for tests of what only a server evaluates."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from medallion.sinks.mongodb.database import connect

if TYPE_CHECKING:
    from medallion.sinks.mongodb.database import Documents


@pytest.fixture
def database(mongodb_url: str) -> Iterator[Documents]:
    """An empty database, which is dropped afterwards."""
    with connect(mongodb_url) as client:
        yield client.get_default_database()
