"""One visitor's session: the page of the URL, a new release, and a store that is unreachable."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import panel as pn
import pytest
from bokeh.document import Document
from panel.io.location import Location
from panel.io.state import set_curdoc

import medallion as md
from medallion.lake.candidates import candidate_path
from medallion.records import Candidate
from medallion_api import HttpStore
from medallion_panel.data.cached_store import CachedStore
from medallion_panel.data.named_stores import NamedStores
from medallion_panel.data.origin_reader import OriginReader
from medallion_panel.data.quarantine_reader import QuarantineReader
from medallion_panel.data.run_watch import RunWatch
from medallion_panel.pages.open_sessions import OpenSessions
from medallion_panel.pages.session import VisitorSession
from medallion_panel.section import Dashboard
from tests.coroutines import run_coroutine
from tests.http_servers import listening
from tests.unit.panel.tables import FORMATS, SmallTable, html_in, publish, sink_in

# A download button of panel-material-ui passes both to Panel.
pytestmark = pytest.mark.filterwarnings("ignore:Both 'variant' and 'button_style'")

YAML = "name: small\ntables:\n  bronze:\n    t: {source: t.csv}\n  gold:\n    t: {from: bronze.t}\n"
TYPES = {"country": "text", "value": "int64"}
LAKE_PAGES = ["Catalogue", "Runs", "Quality", "Explore"]
SECTION = Dashboard.model_validate(
    {
        "title": "Shop <b>",
        "pages": [
            {
                "title": "Home page",
                "filters": ["country"],
                "blocks": [{"kpi": {"table": "t", "value": "sum(value)"}}],
            },
            {"title": "Data", "icon": "check", "blocks": [{"markdown": {"text": "About"}}]},
        ],
    }
)


class Visit:
    """A session on a store, at the URL of its browser."""

    def __init__(self, folder: Path, section: Dashboard, search: str) -> None:
        self.folder = folder
        self.sink = sink_in(folder)
        self.store = CachedStore(self.sink.store())
        (folder / "medallion.yaml").write_text(YAML)
        (folder / "t.csv").write_text("id\n1\n")
        self.pipeline = md.Pipeline.load(folder / "medallion.yaml")
        assert pn.state.curdoc is not None
        pn.state._locations[pn.state.curdoc] = Location(search=search)
        self.section = section
        self.session = self.new_session(
            (self.store, NamedStores(self.pipeline, self.store.uncached))
        )

    def new_session(self, stores: tuple[CachedStore, NamedStores]) -> VisitorSession:
        sessions = OpenSessions(RunWatch(self.pipeline, self.store.uncached))
        readers = (OriginReader(self.pipeline), QuarantineReader(self.pipeline))
        return VisitorSession(self.pipeline, self.section, stores, FORMATS, sessions, readers)

    def publish(self, ident: str, *rows: tuple[str, int]) -> None:
        publish(self.sink, ident, {"t": SmallTable(TYPES, rows)})

    def hide(self) -> None:
        (self.folder / "serving.db").rename(self.folder / "hidden.db")

    async def look(self) -> None:
        """Look at the store once, as every few seconds, and wait until the page is filled."""
        await self.rest()
        await self.session._check_release()
        await self.rest()

    async def rest(self) -> None:
        """Wait for all tasks that the session has started."""
        idle_turns = 0
        while idle_turns < 5:  # a callback becomes a task in the next turn of the loop
            await asyncio.sleep(0)
            tasks = [task for task in asyncio.all_tasks() if _ends(task)]
            await asyncio.gather(*tasks)
            checking = self.session._checking
            await asyncio.sleep(0.001 if checking else 0)
            idle_turns = 0 if tasks or checking else idle_turns + 1

    @property
    def figure(self) -> str:
        """The figure of the kpi of the open page."""
        (card,) = self.session._kept.open.cards.values()
        return card.view.html.partition('title="')[2].partition('"')[0]

    @property
    def notice(self) -> str:
        view = self.session._notice.view
        return html_in(view[0]).rpartition("</style>")[2] if view.visible else ""

    @property
    def body(self) -> str:
        """The text of a message in place of a page."""
        return html_in(self.session._kept.view.page_0[0]).rpartition("</style>")[2]


def _ends(task: asyncio.Task[Any]) -> bool:
    """Whether a task is none of the test itself."""
    return task is not asyncio.current_task()


Run = Callable[..., Any]


@pytest.fixture
def visit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs steps in a session that looks at the store when it is told to, on a loop of its own."""
    monkeypatch.setattr("medallion_panel.pages.open_sessions._LOOK_MS", 10**8)
    monkeypatch.setattr("medallion_panel.data.cached_store._LOOK_SECONDS", -1)

    def run(steps: Callable[[Visit], Any], section: Dashboard = SECTION, search: str = "") -> Any:
        async def main() -> Any:
            document = Document()
            with set_curdoc(document):
                visit = Visit(tmp_path, section, search)
                outcome = await steps(visit)
                visit.store.pool.shutdown()
                visit.store.uncached.close()
                del pn.state._locations[document]
                return outcome

        return run_coroutine(main())

    return run


@pytest.fixture
def second_document() -> Iterator[Document]:
    """The document of another visitor, at the URL of a release."""
    document = Document()
    pn.state._locations[document] = Location(search="?release=slow")
    yield document
    del pn.state._locations[document]


def menu_list(visit: Visit) -> Any:
    """The list of pages, which have no groups."""
    (view,) = visit.session._menu.view.objects
    return view


def test_the_first_page_is_open_with_the_figures_of_the_release(visit: Run) -> None:
    async def steps(visit: Visit) -> Any:
        visit.publish("one", ("IE", 1), ("DE", 2))
        await visit.look()
        view, menu = visit.session.view, menu_list(visit)
        assert (view.title, view.meta.title) == ("Shop <b>", "Shop &lt;b&gt;")
        assert menu.items[:2] == [
            {"label": "Home page", "icon": "insights"},
            {"label": "Data", "icon": "check"},
        ]
        assert [item["label"] for item in menu.items[2:]] == LAKE_PAGES
        return visit.figure, menu.active, visit.notice, visit.session._status.view.color

    assert visit(steps) == ("3", (0,), "", "warning")  # the release is of 2024


def test_a_session_looks_only_when_nobody_has_just_looked(
    visit: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[str] = []

    async def steps(visit: Visit) -> Any:
        monkeypatch.setattr("medallion_panel.data.cached_store._LOOK_SECONDS", 60)
        visit.publish("one", ("IE", 1))
        await visit.look()
        release, failure = visit.store.uncached.release, visit.session._run_watch.failure

        def counted(name: str, ask: Callable[[], Any]) -> Callable[[], Any]:
            return lambda: (looks.append(name), ask())[1]

        monkeypatch.setattr(visit.store.uncached, "release", counted("release", release))
        monkeypatch.setattr(visit.session._run_watch, "failure", counted("run", failure))
        visit.session.look(aged=False)
        await visit.rest()
        quiet = list(looks)
        visit.publish("two", ("IE", 2))
        visit.store.release()  # by another visitor
        visit.session.look(aged=False)
        await visit.rest()
        return quiet, visit.figure

    assert visit(steps) == ([], "2")
    assert "run" in looks


def test_only_the_age_of_a_release_is_written_again(
    visit: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def steps(visit: Visit) -> Any:
        monkeypatch.setattr("medallion_panel.data.cached_store._LOOK_SECONDS", 60)
        visit.publish("one", ("IE", 1))
        await visit.look()
        status, labels = visit.session._status.view, list[str]()
        written = status.label
        for aged in (False, True):
            status.label = ""
            visit.session.look(aged=aged)  # at once, without a task
            labels.append(status.label)
        return written, labels

    written, labels = visit(steps)
    assert "release one" in written
    assert labels == ["", written]


def test_the_url_has_the_page_and_its_filters(visit: Run) -> None:
    async def steps(visit: Visit) -> Any:
        visit.publish("one", ("IE", 1), ("DE", 2))
        await visit.look()
        figure = visit.figure
        visit.session._kept.open.filters[0].widget.value = ["DE"]
        await visit.rest()
        return figure, visit.figure, visit.session._url.component.search

    search = "?page=home-page&country=IE&theme=dark"
    assert visit(steps, search=search) == (
        "1",
        "2",
        "?page=home-page&country=DE&theme=dark",
    )


def test_a_page_that_there_is_not_is_reported(visit: Run) -> None:
    async def steps(visit: Visit) -> Any:
        visit.publish("one", ("IE", 1))
        await visit.look()
        return visit.figure, visit.notice

    figure, notice = visit(steps, search="?page=%3Cb%3E&x=1")
    assert figure == "1"
    assert "There is no page “&lt;b&gt;”; this is the first one." in notice
    assert "This page has no filter “x”." in notice


def test_the_menu_opens_a_page_and_changes_the_url(visit: Run) -> None:
    async def steps(visit: Visit) -> Any:
        visit.publish("one", ("IE", 1))
        await visit.look()
        menu_list(visit).active = 1
        await visit.rest()
        return visit.session._kept.open.page.title, visit.session._url.component.search

    assert visit(steps, search="?page=home-page&country=IE") == ("Data", "?page=data")


def test_back_opens_the_page_of_the_url(visit: Run) -> None:
    async def steps(visit: Visit) -> Any:
        visit.publish("one", ("IE", 1), ("DE", 2))
        await visit.look()
        component = visit.session._url.component
        component.param.update(search="?page=home-page&country=DE", moves=1)
        await visit.rest()
        return visit.session._kept.open.page.title, visit.figure

    assert visit(steps, search="?page=data") == ("Home page", "2")


def test_a_new_release_is_shown_in_the_open_page_with_its_filters(visit: Run) -> None:
    async def steps(visit: Visit) -> Any:
        visit.publish("one", ("IE", 1), ("DE", 2))
        await visit.look()
        page = visit.session._kept.open
        visit.publish("two", ("IE", 10), ("DE", 20), ("FR", 30))
        await visit.look()
        assert visit.session._kept.open is page
        assert [value for value, _ in page.filters[0].widget.options] == ["DE", "FR", "IE"]
        kept = visit.figure
        visit.publish("three", ("FR", 5))
        await visit.look()
        return kept, visit.figure, visit.session._url.component.search

    assert visit(steps, search="?page=home-page&country=DE") == ("20", "5", "?page=home-page")


def test_without_a_release_there_is_nothing_to_show_until_there_is_one(visit: Run) -> None:
    async def steps(visit: Visit) -> Any:
        await visit.look()
        status, body = visit.session._status.view.label, visit.body
        visit.publish("one", ("IE", 1))
        await visit.look()
        return status, body, visit.figure

    status, body, figure = visit(steps)
    assert status == "Nothing to show yet"
    assert "There is nothing to show yet. Nothing has been published yet." in body
    assert figure == "1"


def test_a_store_that_goes_away_keeps_the_page(visit: Run) -> None:
    async def steps(visit: Visit) -> Any:
        visit.publish("one", ("IE", 1))
        await visit.look()
        visit.hide()
        await visit.look()
        return visit.session._status.view.label, visit.figure

    assert visit(steps) == ("Store unreachable: showing the last figures", "1")


def test_a_page_that_could_not_be_opened_is_opened_when_the_store_is_back(visit: Run) -> None:
    async def steps(visit: Visit) -> Any:
        visit.publish("one", ("IE", 1))
        await visit.look()
        visit.hide()
        await visit.look()
        menu_list(visit).active = 0
        await visit.rest()
        body = visit.body
        (visit.folder / "hidden.db").rename(visit.folder / "serving.db")
        await visit.look()
        return body, visit.figure

    body, figure = visit(steps, search="?page=data")
    assert "There is nothing to show yet." in body
    assert figure == "1"


def test_a_page_that_is_built_while_a_release_is_published_shows_it(visit: Run) -> None:
    async def steps(visit: Visit) -> Any:
        visit.publish("one", ("IE", 1))
        await visit.look()
        new_page = visit.session._new_page

        async def new_page_and_release(*settings: Any) -> Any:
            page = await new_page(*settings)
            visit.publish("two", ("FR", 5))
            await visit.session._check_release()  # finds the page open that is left
            return page

        visit.session._new_page = new_page_and_release  # type: ignore[method-assign]
        menu_list(visit).active = 0
        await visit.rest()
        return visit.figure, [
            value for value, _ in visit.session._kept.open.filters[0].widget.options
        ]

    assert visit(steps, search="?page=data") == ("5", ["FR"])


def test_a_page_that_could_not_be_drawn_is_tried_again(visit: Run) -> None:
    async def steps(visit: Visit) -> Any:
        new_page = visit.session._new_page

        async def fail(*settings: Any) -> Any:
            raise RuntimeError(settings)

        visit.session._new_page = fail  # type: ignore[method-assign]
        visit.publish("one", ("IE", 1))
        await visit.look()
        body = visit.body
        visit.session._new_page = new_page  # type: ignore[method-assign]
        await visit.look()
        return body, visit.figure

    body, figure = visit(steps)
    assert "This page could not be drawn; see the server&#39;s log." in body
    assert figure == "1"


def test_without_declared_pages_every_table_has_one(visit: Run) -> None:
    async def steps(visit: Visit) -> Any:
        visit.publish("one", ("IE", 1))
        await visit.look()
        title = visit.session.view.title
        return title, [item["label"] for item in menu_list(visit).items]

    assert visit(steps, section=Dashboard()) == ("small", ["T", "Data", *LAKE_PAGES])


def test_a_narrow_screen_has_the_menu_closed(visit: Run) -> None:
    async def steps(visit: Visit) -> bool:
        visit.session._url.component.narrow = True
        closed: bool = not visit.session.view.sidebar_open
        return closed

    assert visit(steps)


def test_beats_are_counted(visit: Run) -> None:
    async def steps(visit: Visit) -> int:
        visit.session.beat()
        visit.session.beat()
        beat: int = visit.session._connection.beat
        return beat

    assert visit(steps) == 2


def test_the_url_may_name_a_candidate(visit: Run) -> None:
    async def steps(visit: Visit) -> None:
        await visit.look()
        banner = visit.session._shown.banner.view
        assert "The published release is shown" in html_in(banner[0])
        visit.publish("one", ("France", 1))
        body = visit.sink.active()
        assert body is not None
        record = Candidate(name="spring", release=body, base=None, expires=body.created)
        visit.pipeline.lake.records.put(candidate_path("spring"), record)
        visit.publish("two", ("France", 2))
        stores = (visit.store, NamedStores(visit.pipeline, visit.store.uncached))
        visit.session = visit.new_session(stores)
        await visit.look()
        assert visit.figure == "1"
        assert "candidate “spring”. It is not published" in html_in(
            visit.session._shown.banner.view[0]
        )
        visit.session._write_url()
        assert "release=spring" in visit.session._url.component.search
        visit.session.store.pool.shutdown()

    visit(steps, search="?release=spring")


def test_a_release_whose_store_hangs_holds_no_other_visitor(
    visit: Run, second_document: Document
) -> None:
    asked, answer = threading.Event(), threading.Event()

    class Hanging(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.set()
            answer.wait()
            self.send_error(503)

    async def steps(visit: Visit, url: str) -> None:
        visit.publish("one", ("IE", 1))
        await visit.look()
        stores = (visit.store, NamedStores(visit.pipeline, HttpStore(url)))
        with set_curdoc(second_document):
            other = visit.new_session(stores)
            start = asyncio.ensure_future(other._check_release())
        try:
            while not asked.is_set():
                await asyncio.sleep(0.001)
            assert other.view.title == "Shop <b>"
            for place, title in ((1, "Data"), (0, "Home page")):
                menu_list(visit).active = place
                while visit.session._kept.open.page.title != title:
                    await asyncio.sleep(0.001)
            assert visit.figure == "1"
            assert not start.done()
            assert not other._shown.banner.view.visible
        finally:
            answer.set()
        await start
        await visit.rest()
        assert "The published release is shown" in html_in(other._shown.banner.view[0])
        assert other.store is visit.store
        assert other._kept.open.page.title == "Home page"

    with listening(Hanging) as url:
        visit(partial(steps, url=url), search="?page=home-page")


@pytest.mark.parametrize(
    ("why", "pages"),
    [
        (None, ["Home page", "Data"]),
        (True, ["Home page", "Data", "Quarantine"]),
    ],
)
def test_those_who_see_source_records_have_a_page_with_rejected_ones(
    visit: Run, why: bool | None, pages: list[str]
) -> None:
    async def steps(visit: Visit) -> Any:
        visit.publish("one", ("IE", 1))
        await visit.look()
        return [item["label"] for item in menu_list(visit).items]

    assert visit(steps, section=SECTION.model_copy(update={"why": why})) == [*pages, *LAKE_PAGES]


def test_a_table_has_a_page_below_the_catalogue(visit: Run) -> None:
    async def steps(visit: Visit) -> Any:
        visit.publish("one", ("IE", 1))
        await visit.look()
        menu = menu_list(visit)
        return menu.items[menu.active[0]]["label"], visit.session._kept.open.page.title

    assert visit(steps, search="?page=lake.gold.t") == ("Catalogue", "gold.t")


def test_pages_about_the_lake_can_be_left_out(visit: Run) -> None:
    async def steps(visit: Visit) -> Any:
        visit.publish("one", ("IE", 1))
        await visit.look()
        return [item["label"] for item in menu_list(visit).items]

    section = SECTION.model_copy(update={"lake_pages": False})
    assert visit(steps, section=section) == ["Home page", "Data", "Explore"]


def test_the_status_opens_the_runs(visit: Run) -> None:
    async def steps(visit: Visit) -> Any:
        visit.publish("one", ("IE", 1))
        await visit.look()
        visit.session._status.view.clicks += 1
        await visit.rest()
        return visit.session._kept.open.page.title

    assert visit(steps) == "Runs"
