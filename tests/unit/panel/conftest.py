"""Stores with small tables, as the blocks and pages of a dashboard read them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

import medallion as md
from medallion_panel.blocks.block_context import BlockContext
from medallion_panel.data.cached_store import CachedStore
from tests.unit.panel import lake_project
from tests.unit.panel.tables import FORMATS, SmallTable, publish, sink_in

OpenStore = Callable[[Mapping[str, SmallTable]], CachedStore]
OpenContext = Callable[[SmallTable], BlockContext]


@pytest.fixture(scope="session")
def till(tmp_path_factory: pytest.TempPathFactory) -> md.Pipeline:
    """A lake with rejects and descriptions, of whose runs a gate has stopped the last."""
    return lake_project.write(tmp_path_factory.mktemp("till") / "project")


@pytest.fixture
def till_context(till: md.Pipeline) -> Iterator[BlockContext]:
    """The context of a block on its published release."""
    store = till.store()
    cached = CachedStore(store)
    cached.release()
    yield BlockContext(cached, FORMATS)
    store.close()
    cached.pool.shutdown()


@pytest.fixture
def open_store(tmp_path: Path) -> Iterator[OpenStore]:
    """Publishes tables and opens the store of a dashboard on them."""
    with ExitStack() as stack:

        def open_store(tables: Mapping[str, SmallTable]) -> CachedStore:
            sink = sink_in(tmp_path)
            publish(sink, "one", tables)
            store = sink.store()
            cached = CachedStore(store)
            stack.callback(store.close)
            stack.callback(cached.pool.shutdown)
            return cached

        yield open_store


@pytest.fixture
def open_context(open_store: OpenStore) -> OpenContext:
    """The context of a block on a page without filters, of a table named `t`."""
    return lambda table: BlockContext(open_store({"t": table}), FORMATS)
