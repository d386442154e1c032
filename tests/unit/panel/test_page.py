"""An open page: its part of the URL, its filters, and cards filled from the last request only."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import medallion as md
from medallion_panel.data.cached_store import CachedStore
from medallion_panel.pages.filter_options import filter_options
from medallion_panel.pages.page import OpenPage
from medallion_panel.section import PageSettings
from tests.coroutines import on_event_loop, run_coroutine
from tests.unit.panel.conftest import OpenStore
from tests.unit.panel.tables import FORMATS, SAY, SmallTable

# A download button of panel-material-ui passes both to Panel.
pytestmark = pytest.mark.filterwarnings("ignore:Both 'variant' and 'button_style'")

YAML = "name: small\ntables:\n  bronze:\n    t: {source: t.csv}\n  gold:\n    t: {from: bronze.t}\n"
SALES = SmallTable(
    {"name": "text", "country": "text", "value": "int64"},
    [("a", "IE", 1), ("b", "DE", 2), ("c", "IE", 30)],
    key=("name",),
)
SETTINGS = PageSettings.model_validate(
    {
        "title": "Sales",
        "filters": ["country", "value"],
        "blocks": [
            {"kpi": {"table": "t", "value": "count()"}},
            {"kpi": {"table": "t", "value": "sum(value)"}},
            {"bar": {"table": "t", "x": "country", "y": "count()", "width": 4}},
            {"table": {"table": "t", "search": "name", "sort": "name"}},
        ],
    }
)


class Visit:
    """An open page, and what it reported."""

    def __init__(self, folder: Path, store: CachedStore, settings: PageSettings) -> None:
        (folder / "medallion.yaml").write_text(YAML)
        (folder / "t.csv").write_text("id\n1\n")
        pipeline = md.Pipeline.load(folder / "medallion.yaml")
        self.changes: list[int] = []
        self._fillings = 0
        self.store = store
        self.options, self.notices = filter_options(settings, store, SAY)
        self.page = OpenPage(
            settings,
            self.options,
            store,
            FORMATS,
            pipeline,
            lambda: self.changes.append(1),
            self._shown,
        )

    async def _shown(self) -> None:
        self._fillings += 1

    async def filled(self, times: int = 1) -> None:
        """Wait until all cards have been filled so often."""
        while self._fillings < times:
            await asyncio.sleep(0.001)

    def figures(self) -> list[str]:
        """The figures of the kpis."""
        kpis = [card.view for card in self.page.cards.values() if card.block.kpi is not None]
        return [view.html.partition('title="')[2].partition('"')[0] for view in kpis]


Run = Callable[[Callable[[Visit], Any]], Any]


@pytest.fixture
def visit(open_store: OpenStore, tmp_path: Path) -> Run:
    """Runs steps on an open page, on a loop of its own."""
    store = open_store({"t": SALES})

    def run(steps: Callable[[Visit], Any], settings: PageSettings = SETTINGS) -> Any:
        async def main() -> Any:
            outcome = steps(Visit(tmp_path, store, settings))
            return await outcome if asyncio.iscoroutine(outcome) else outcome

        return run_coroutine(main())

    return run


def test_all_cards_are_filled_and_the_end_is_reported(visit: Run) -> None:
    async def steps(visit: Visit) -> list[str]:
        visit.page.show()
        await visit.filled()
        return visit.figures()

    assert visit(steps) == ["3", "33"]


def test_a_filter_applies_to_all_cards_and_is_in_the_url(visit: Run) -> None:
    async def steps(visit: Visit) -> Any:
        visit.page.filters[0].widget.value = ["IE"]
        await visit.filled()
        return visit.figures(), visit.page.texts(), visit.changes

    assert visit(steps) == (["2", "31"], {"country": ["IE"]}, [1])


def test_the_parameters_of_a_url_and_notices_on_those_that_are_invalid(visit: Run) -> None:
    def steps(visit: Visit) -> Any:
        parameters = {
            "country": ["DE", "FR"],
            "value": ["5..1"],
            "q": ["a"],
            "sort": ["-value"],
            "other": ["1"],
        }
        notices = visit.page.set(parameters)
        return notices, visit.page.texts(), visit.changes

    notices, texts, changes = visit(steps)
    assert notices == [
        "Country has no value 'FR'.",
        "Value: the range from 5 to 1 is empty.",
        "This page has no filter “other”.",
    ]
    assert texts == {"country": ["DE"], "q": ["a"], "sort": ["-value"]}
    assert changes == []


def test_a_sort_that_is_not_possible_is_reported(visit: Run) -> None:
    assert visit(lambda visit: visit.page.set({"sort": ["nothing"]})) == [
        "This table cannot be sorted by 'nothing'."
    ]


def test_without_a_table_its_parameters_are_unknown(visit: Run) -> None:
    settings = SETTINGS.model_copy(update={"blocks": SETTINGS.blocks[:1]})
    notices = visit(lambda visit: visit.page.set({"q": ["a"]}), settings)  # type: ignore[call-arg]
    assert notices == ["This page has no filter “q”."]


def test_clearing_the_filters_shows_all_rows(visit: Run) -> None:
    async def steps(visit: Visit) -> Any:
        visit.page.set({"country": ["DE"], "value": ["1..5"]})
        visit.page._clear()
        await visit.filled()
        return visit.figures(), visit.page.texts(), visit.changes

    assert visit(steps) == (["3", "33"], {}, [1])


def test_only_the_content_of_the_last_request_is_shown(visit: Run) -> None:
    async def steps(visit: Visit) -> list[str]:
        for country in ("IE", "DE"):
            visit.page.set({"country": [country]})
            visit.page.show()
        await visit.filled(2)
        return visit.figures()

    assert visit(steps) == ["1", "2"]


def test_options_of_a_new_release_are_taken_over_unless_a_filter_changes_its_form(
    visit: Run,
) -> None:
    def steps(visit: Visit) -> Any:
        same = visit.page.update_options(visit.options)
        fewer = visit.page.update_options(visit.options[:1])
        return same, fewer

    assert visit(steps) == (True, False)


def test_cards_that_could_not_be_read_are_read_again(visit: Run, tmp_path: Path) -> None:
    async def steps(visit: Visit) -> Any:
        visit.store.release()
        (tmp_path / "serving.db").rename(tmp_path / "hidden.db")
        visit.page.show()
        await visit.filled()
        failed = [card.retry for card in visit.page.cards.values()]
        (tmp_path / "hidden.db").rename(tmp_path / "serving.db")
        visit.store.release()
        visit.page.retry()
        await visit.filled(2)
        return failed, [card.retry for card in visit.page.cards.values()], visit.figures()

    failed, still, figures = visit(steps)
    assert failed == [True] * 4
    assert still == [False] * 4
    assert figures == ["3", "33"]


def test_the_layout_has_the_widths_of_the_cards_and_which_are_narrow(visit: Run) -> None:
    def steps(visit: Visit) -> Any:
        layout = visit.page.view
        return layout.heading, layout.widths, layout.narrow, len(layout.filters)

    assert visit(steps) == ("Sales", [3, 3, 4, 12], [True, True, False, False], 2)


def test_a_filter_has_its_name_in_the_url_rather_than_the_table(
    open_store: OpenStore, tmp_path: Path
) -> None:
    table = SmallTable({"columns": "text", "sort": "text"}, [("a", "b"), ("c", "d")])
    settings = PageSettings.model_validate(
        {"title": "Odd", "filters": ["columns"], "blocks": [{"table": {"table": "t"}}]}
    )
    page = Visit(tmp_path, open_store({"t": table}), settings).page
    assert page.set({"columns": ["a"], "sort": ["-sort"]}) == []
    assert page.texts() == {"columns": ["a"], "sort": ["-sort"]}
    (rows,) = [card.rows for card in page.cards.values() if card.rows is not None]
    assert rows.columns.texts() == []

    def choose() -> None:
        rows.columns.view.value = ["sort"]

    on_event_loop(choose)
    page.filters[0].set([])
    assert page.texts() == {"sort": ["-sort"]}
