"""One published release for all questions of a contract suite, which write nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from medallion.contracts import Sink, Store
from medallion.testing.served import publish


class SharedRelease:
    """Publishes the table `items` of a suite once, and opens a store of its own for each test.

    A class provides the fixture `shared_sink`: a sink on an empty database, for the whole class.
    Tests that publish themselves have the empty database of the fixture `sink`.
    """

    rows: list[dict[str, Any]]

    @pytest.fixture(scope="class")
    @classmethod
    def published_sink(cls, shared_sink: Sink) -> Sink:
        publish(shared_sink, "release-1", cls.rows)
        return shared_sink

    @pytest.fixture
    def store(self, published_sink: Sink) -> Iterator[Store]:
        store = published_sink.store()
        yield store
        store.close()

    @pytest.fixture
    def groups(self, store: Store) -> Store:
        return store
