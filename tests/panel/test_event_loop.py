"""Nothing of a visit asks the store or the lake on the event loop, where it would hold all others."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from inspect import isfunction
from traceback import extract_stack
from typing import Any

import duckdb
import panel as pn
import pytest
from bokeh.document import Document
from panel.io.location import Location
from panel.io.state import set_curdoc

import medallion as md
from medallion.contracts import Query
from medallion_panel.data.cached_store import CachedStore
from medallion_panel.data.named_stores import NamedStores
from medallion_panel.pages.card import Card
from medallion_panel.section import Dashboard
from medallion_panel.ui.mark_clicks import WHOLE, Click
from tests.coroutines import run_coroutine
from tests.unit.panel.test_session import Visit

# A download button of panel-material-ui passes both to Panel.
pytestmark = pytest.mark.filterwarnings("ignore:Both 'variant' and 'button_style'")

MORE = {
    "title": "More",
    "filters": ["month", "pieces"],
    "period": {"column": "month"},
    "blocks": [
        {"groups": {"table": "sales", "by": ["country"], "metrics": ["sum(revenue)"]}},
        {
            "pivot": {
                "table": "sales", "rows": "product", "columns": "month", "value": "sum(revenue)",
            }
        },
        {"box": {"table": "sales", "x": "product", "y": "revenue"}},
        {"changes": {}},
        {"tabs": [
            {"title": "One", "blocks": [{"freshness": {}}]},
            {"title": "Two", "blocks": [{"table": {"table": "clients", "detail": True}}]},
        ]},
    ],
}  # fmt: skip
# Of a release in memory, or the same store for another release.
PURE = ("tables_of", "at")


class LoopGuard:
    """Notes which methods and functions are called: `calls` of the event loop's thread, with where
    they come from, and `threads` of others.
    """

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._patch, self._thread = patch, threading.get_ident()
        self.calls: list[str] = []
        self.threads: set[str] = set()

    def watch(self, owner: Any, *names: str) -> None:
        for name in names:
            self._patch.setattr(owner, name, self._watched(owner, name))

    def watch_all(self, owner: type) -> None:
        names = [name for name in dir(owner) if isfunction(getattr(owner, name))]
        self.watch(owner, *(each for each in names if each[0] != "_" and each not in PURE))

    def _watched(self, owner: Any, name: str) -> Callable[..., Any]:
        function = getattr(owner, name)

        def call(*arguments: Any, **options: Any) -> Any:
            if threading.get_ident() == self._thread:
                frames = [frame for frame in extract_stack() if "medallion_panel" in frame.filename]
                place = " < ".join(f"{each.name}:{each.lineno}" for each in frames[::-1])
                self.calls.append(f"{owner.__name__}.{name} < {place}")
            else:
                self.threads.add(name)
            return function(*arguments, **options)

        return call


class ShopVisit(Visit):
    """A session of a visitor of the shop, who may see source records."""

    def __init__(self, pipeline: md.Pipeline) -> None:
        declared = pipeline.declaration.sections["dashboard"].model_dump(exclude_unset=True)
        pages = [*declared.pop("pages"), MORE]
        self.section = Dashboard.model_validate({**declared, "why": True, "pages": pages})
        self.pipeline, self.store = pipeline, CachedStore(pipeline.store())
        self.session = self.new_session((self.store, NamedStores(pipeline, self.store.uncached)))


@pytest.fixture
def document(project: md.Pipeline) -> Iterator[Document]:
    """The document of a visitor who sees a release by its id."""
    document, release = Document(), project.lake.pointer().release
    pn.state._locations[document] = Location(search=f"?release={release}")
    yield document
    del pn.state._locations[document]


def test_no_page_asks_the_store_on_the_event_loop(
    document: Document, project: md.Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def steps() -> None:
        guard = LoopGuard(monkeypatch)
        guard.watch_all(type(project.store()))
        guard.watch_all(type(project.lake.storage))
        guard.watch(CachedStore, "_cached", "derived", "release", "recent_release", "scan")
        guard.watch(duckdb, "connect")
        with set_curdoc(document):
            visit = ShopVisit(project)
            await visit.rest()
            session = visit.session
            assert session.store is not visit.store
            session.look(aged=True)
            others = ("lake.bronze", "lake.silver")  # as those of gold
            for slug in [each for each in session._pages if not each.startswith(others)]:
                session._go_to(slug, None)
                await visit.rest()
                page = session._kept.open
                assert page is not None, visit.body
                assert page.page.slug == slug
                page._cards.set({"tab": ["two"]})
                page._print()
                await visit.rest()
                for card in list(page.cards.values()):
                    await _use(visit, card)
                page._clear()
                session._write_url()
                await visit.rest()
            await _explore(visit)
        assert guard.calls == []
        # Figures, rows, downloads, the rows behind, runs and the releases to compare with.
        asked = {"named", "references", "read_groups", "find", "scan", "connect", "read"}
        assert guard.threads >= asked
        session.store.count("sales", Query())
        assert guard.calls[0].startswith("CachedStore._cached < count")
        for store in (visit.store, session.store):
            store.uncached.close()
            store.pool.shutdown()

    run_coroutine(steps())


async def _use(visit: Visit, card: Card) -> None:
    """Do with a card all that a visitor can do."""
    clicks, number = visit.session._clicks, card._number
    if (rows := card.rows) is not None:
        rows.search.value = "Client 1"
        rows.columns.view.value = rows.columns.view.options[0][:1]
        rows.table.sort = "spent"
        rows.next.clicks += 1
        rows.table.param.update(picked=0, picks=1)
        await visit.rest()
        await _download(visit, rows.downloads.buttons)
    if card.groups is not None:
        await _download(visit, card.groups.downloads)
    if card._speed is not None:
        await card._speed._measure()
    if (rejects := card.quarantine) is not None:
        await _download(visit, rejects.table.files.buttons)
        rejects._selects["rule"].value = "between"
        rejects.table.grid.param.update(picked=0, picks=1)
        await rejects._list()
    for question in ("parts", "table", "csv", "xlsx", "chart"):
        card._answers.answer(card.view, question)
    await visit.rest()
    if number > 1:
        return
    for click in (Click(number, 0, behind=True), Click(number, 0)):
        await clicks._follow(click)
        await visit.rest()
    clicks.close()


async def _download(visit: Visit, buttons: list[Any]) -> None:
    for button in buttons:
        button._clicks += 1
        await visit.rest()
        assert button.data


async def _explore(visit: Visit) -> None:
    """Explore what a chart shows, then another table."""
    session = visit.session
    session._go_to("home", None)
    await visit.rest()
    await session._clicks._follow(Click(1, WHOLE, explore=True))
    await visit.rest()
    page = session._kept.open
    assert page is not None
    assert page.page.slug == "explore"
    page.view.above._handle_msg({"query": {"table": "clients", "by": ["month(since)"]}})
    await visit.rest()
    assert "table=clients" in session._url.component.search
