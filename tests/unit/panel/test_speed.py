"""What the speed block measures, and the table of its results."""

from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path

import pytest

from medallion.errors import SinkError
from medallion_panel.block_settings import Speed
from medallion_panel.blocks.block_context import BlockContext
from medallion_panel.blocks.speed import SpeedView, requests_of
from medallion_panel.data.cached_store import CachedStore
from medallion_panel.section import Dashboard
from medallion_panel.ui.formats import Formats
from tests.coroutines import run_coroutine
from tests.unit.panel.conftest import OpenStore
from tests.unit.panel.tables import SAY, SmallTable, html_in, sink_in


@pytest.fixture(autouse=True)
def no_api(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MEDALLION_API_URL", raising=False)


@pytest.fixture
def store(open_store: OpenStore) -> CachedStore:
    return open_store(
        {
            "clients": SmallTable(
                {"id": "int64", "tags": "list<text>", "spent": "float64"},
                [(1, ["a"], 2.0), (2, None, 3.0)],
                key=("id",),
                indexes=(("-spent", "id"),),
            ),
            "totals": SmallTable({"n": "int64"}, []),
        }
    )


def test_every_table_has_a_page_a_count_and_what_its_key_and_index_allow(
    store: CachedStore,
) -> None:
    requests = dict(requests_of(store.uncached, SAY))
    assert sorted(requests) == [
        "clients: count",
        "clients: first page",
        "clients: one row",
        "clients: sorted by spent",
        "totals: count",
        "totals: first page",
    ]
    assert requests["clients: count"]() == 2
    assert requests["clients: one row"]() == {"id": 1, "tags": ["a"], "spent": 2.0}
    assert [row["spent"] for row in requests["clients: sorted by spent"]().rows] == [3, 2]
    assert requests["totals: first page"]().rows == []


def test_a_keyed_table_without_rows_has_no_row_to_get(open_store: OpenStore) -> None:
    store = open_store({"empty": SmallTable({"id": "int64"}, [], key=("id",))})
    assert list(dict(requests_of(store.uncached, SAY))) == ["empty: first page", "empty: count"]


def test_an_api_that_cannot_be_reached_is_an_error(
    store: CachedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEDALLION_API_URL", "http://127.0.0.1:1/")
    with pytest.raises(SinkError, match="GET /: "):
        list(requests_of(store.uncached, SAY))


def test_nothing_is_published_yet(tmp_path: Path) -> None:
    sink_store = sink_in(tmp_path).store()
    with pytest.raises(SinkError):
        list(requests_of(sink_store, SAY))
    sink_store.close()


def test_the_block_says_what_it_will_send_and_to_where(monkeypatch: pytest.MonkeyPatch) -> None:
    explanation = html_in(SpeedView(Speed(requests=7), SAY).view[2])
    assert "Sends 7 requests of each kind to the store itself" in explanation
    monkeypatch.setenv("MEDALLION_API_URL", "http://api.example")
    explanation = html_in(SpeedView(Speed(), SAY).view[2])
    assert "to http://api.example, one after the other" in explanation


def test_the_waits_of_visitors_are_shown(store: CachedStore) -> None:
    view = SpeedView(Speed(), SAY)
    context = BlockContext(store, Formats.of(Dashboard()))
    view.show(context)
    assert "Nobody has waited yet." in html_in(view._waits.view)
    store.waits.start(first=True)()
    for _ in range(2):
        store.waits.start(first=False)()
    view.show(context)
    shown = html_in(view._waits.view)
    assert "A page, opened first (1)" in shown
    assert "by a filter, a period or a new release (2)" in shown
    assert "p95" in shown
    assert "until the figures of all blocks are sent" in html_in(view.view[0])


def test_measuring_leaves_the_event_loop_to_other_visitors(
    store: CachedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = 0
    find = store.uncached.find

    def slow(*arguments: object) -> object:
        threads.add(threading.current_thread())
        before = turns
        while turns == before:  # ends when the loop has had a turn meanwhile
            time.sleep(0.001)
        return find(*arguments)  # type: ignore[arg-type]

    async def count_turns() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async def main() -> None:
        loop_thread.append(threading.current_thread())
        other = asyncio.create_task(count_turns())
        await view._measure()
        other.cancel()

    threads = set[threading.Thread]()
    loop_thread: list[threading.Thread] = []
    monkeypatch.setattr(store.uncached, "find", slow)
    view = SpeedView(Speed(requests=5), SAY)
    view.show(BlockContext(store, Formats.of(Dashboard())))
    run_coroutine(main())
    assert threads
    assert loop_thread[0] not in threads
    table = html_in(view._table.view)
    assert "clients: first page" in table
    assert "p99" in table
    assert not view._button.disabled
    assert not view._progress.visible


def test_a_store_that_fails_is_reported(tmp_path: Path) -> None:
    store = CachedStore(sink_in(tmp_path).store())
    view = SpeedView(Speed(), SAY)
    view.show(BlockContext(store, Formats.of(Dashboard())))
    run_coroutine(view._measure())
    assert "The measurement failed." in html_in(view._table.view)
    assert not view._button.disabled
    store.uncached.close()
    store.pool.shutdown()
