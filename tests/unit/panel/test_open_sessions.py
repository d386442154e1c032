"""One timer for all sessions: one look for all, each with its document, until the last is closed."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from pathlib import Path

import panel as pn
import pytest
from bokeh.document import Document
from panel.io.state import set_curdoc

import medallion as md
from medallion_panel.data import cached_store
from medallion_panel.data.cached_store import CachedStore
from medallion_panel.data.run_watch import RunWatch
from medallion_panel.pages import open_sessions
from medallion_panel.pages.open_sessions import OpenSessions
from tests.coroutines import other_tasks_end, run_coroutine
from tests.unit.panel.tables import SmallTable, publish, sink_in

YAML = "name: small\ntables:\n  bronze:\n    t: {source: t.csv}\n"


class CalledSession:
    """A session that remembers which document it was called with, and for aged texts or not."""

    def __init__(self, store: CachedStore) -> None:
        self.store = store
        self.looks: list[tuple[Document | None, bool]] = []
        self.beats = 0

    def look(self, *, aged: bool) -> None:
        self.looks.append((pn.state.curdoc, aged))

    def beat(self) -> None:
        self.beats += 1


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[OpenSessions, CachedStore]:
    monkeypatch.setattr(open_sessions, "_LOOK_MS", 1)
    monkeypatch.setattr(open_sessions, "BEAT_MS", 1)
    monkeypatch.setattr(cached_store, "_LOOK_SECONDS", 1000)
    (tmp_path / "medallion.yaml").write_text(YAML)
    sink = sink_in(tmp_path)
    publish(sink, "one", {"t": SmallTable({"a": "int64"}, [(1,)])})
    store = CachedStore(sink.store())
    pipeline = md.Pipeline.load(tmp_path / "medallion.yaml")
    return OpenSessions(RunWatch(pipeline, store.uncached)), store


async def until_looked(session: CalledSession, times: int) -> None:
    wanted = len(session.looks) + times
    while len(session.looks) < wanted:
        await asyncio.sleep(0.001)


def close(document: Document) -> None:
    for callback in document.session_destroyed_callbacks:
        callback(None)
    document.session_destroyed_callbacks.clear()


def test_one_look_serves_all_sessions_and_ends_with_the_last(
    opened: tuple[OpenSessions, CachedStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    (sessions, store), documents = opened, [Document(), Document()]
    both, asked = [CalledSession(store), CalledSession(store)], list[int]()
    ask = store.uncached.release
    monkeypatch.setattr(
        store.uncached, "release", lambda: (asked.append(threading.get_ident()), ask())[1]
    )

    async def main() -> None:
        loop_thread = threading.get_ident()
        for session, document in zip(both, documents, strict=True):
            with set_curdoc(document):
                sessions.add(session)
        await until_looked(both[1], 3)
        assert len(asked) == 1
        assert asked[0] != loop_thread
        for session, document in zip(both, documents, strict=True):
            assert {seen for seen, _ in session.looks} == {document}
            assert [aged for _, aged in session.looks][:1] == [True]
            assert [aged for _, aged in session.looks].count(True) <= 2
            assert session.beats > 0
        close(documents[0])
        closed = len(both[0].looks), both[0].beats
        await until_looked(both[1], 2)
        assert (len(both[0].looks), both[0].beats) == closed
        close(documents[1])
        await other_tasks_end()  # also a look that had begun
        ended = len(both[1].looks), both[1].beats
        await asyncio.sleep(0.02)
        assert (len(both[1].looks), both[1].beats) == ended
        with set_curdoc(documents[1]):
            sessions.add(both[1])
        await until_looked(both[1], 1)  # after a pause, too
        close(documents[1])

    run_coroutine(main())


def test_a_closed_session_is_freed_while_another_is_open(
    opened: tuple[OpenSessions, CachedStore],
) -> None:
    sessions, store = opened
    other, second = Document(), CalledSession(store)

    async def first_document() -> weakref.ref[Document]:
        document, session = Document(), CalledSession(store)
        with set_curdoc(document):
            sessions.add(session)
        with set_curdoc(other):
            sessions.add(second)
        await until_looked(session, 2)
        close(document)
        return weakref.ref(document)

    async def main() -> None:
        former = await first_document()
        await until_looked(second, 2)
        gc.collect()
        assert former() is None
        close(other)

    run_coroutine(main())
