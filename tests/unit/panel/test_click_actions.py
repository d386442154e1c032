"""Clicks on marks: filters that are set, chips that are added and removed, and their URL."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import medallion as md
from medallion_panel.data.cached_store import CachedStore
from medallion_panel.pages.click_actions import ClickActions
from medallion_panel.pages.filter_options import filter_options
from medallion_panel.pages.kept_pages import KeptPages
from medallion_panel.pages.page import OpenPage
from medallion_panel.section import PageSettings
from medallion_panel.ui.markup import Text
from tests.coroutines import other_tasks_end, run_coroutine
from tests.unit.panel.conftest import OpenStore
from tests.unit.panel.tables import FORMATS, SAY, SmallTable

# A download button of panel-material-ui passes both to Panel.
pytestmark = pytest.mark.filterwarnings("ignore:Both 'variant' and 'button_style'")

YAML = "name: small\ntables:\n  bronze:\n    t: {source: t.csv}\n  gold:\n    t: {from: bronze.t}\n"
SALES = SmallTable(
    {"name": "text", "country": "text", "day": "date", "value": "int64"},
    [
        ("a", "IE", date(2024, 1, 5), 1),
        ("b", "DE", date(2024, 2, 5), 2),
        ("c", "IE", date(2024, 2, 29), 30),
        ("d", None, date(2024, 3, 1), 400),
    ],
    key=("name",),
)
SETTINGS = PageSettings.model_validate(
    {
        "title": "Sales",
        "filters": ["country", "day"],
        "blocks": [
            {"kpi": {"table": "t", "value": "sum(value)"}},
            {"bar": {"table": "t", "x": "country", "y": "count()"}},
            {"bar": {"table": "t", "x": "name", "y": "sum(value)"}},
            {"line": {"table": "t", "x": "month(day)", "y": "sum(value)", "by": "country"}},
            {"table": {"table": "t", "sort": "name"}},
        ],
    }
)
KPI, COUNTRIES, NAMES, MONTHS, TABLE = range(5)


class Visit:
    """An open page, and the clicks on its marks."""

    def __init__(self, folder: Path, store: CachedStore) -> None:
        (folder / "medallion.yaml").write_text(YAML)
        (folder / "t.csv").write_text("id\n1\n")
        pipeline = md.Pipeline.load(folder / "medallion.yaml")
        options, _ = filter_options(SETTINGS, store, SAY)
        context = (store, FORMATS, pipeline)
        self.page = OpenPage(SETTINGS, options, *context, lambda: None, self._shown)
        kept = KeptPages(Text("wait").view, SAY)
        kept.show(self.page)
        self.explored: list[dict[str, list[str]]] = []
        self.actions = ClickActions(kept, None, FORMATS, self.explored.append)

    async def _shown(self) -> None:
        pass

    async def click(self, card: int, mark: int, **more: Any) -> None:
        self.actions._clicks._handle_msg({"card": card, "mark": mark, **more})
        await other_tasks_end()

    def mark(self, card: int, label: str) -> int:
        """The number of the mark with a label."""
        shown = self.page.cards[card].shown
        assert shown is not None
        marks = shown.value.marks
        return next(number for number in range(marks.count) if marks.at(number).label == label)

    @property
    def figure(self) -> str:
        html: str = self.page.cards[KPI].view.html
        return html.partition('title="')[2].partition('"')[0]

    @property
    def chips(self) -> list[str]:
        return [chip["label"] for chip in self.page.view.chips]


Run = Callable[[Callable[[Visit], Any]], Any]


@pytest.fixture
def visit(open_store: OpenStore, tmp_path: Path) -> Run:
    """Runs steps on a page whose cards are filled, on a loop of its own."""
    store = open_store({"t": SALES})

    def run(steps: Callable[[Visit], Any]) -> Any:
        async def main() -> Any:
            visit = Visit(tmp_path, store)
            visit.page.show()
            await other_tasks_end()
            return await steps(visit)

        return run_coroutine(main())

    return run


def test_a_click_sets_the_filter_of_the_page_and_a_second_one_clears_it(visit: Run) -> None:
    async def steps(visit: Visit) -> Any:
        await visit.click(COUNTRIES, visit.mark(COUNTRIES, "IE"))
        first = visit.page.texts(), visit.figure, visit.chips
        await visit.click(COUNTRIES, visit.mark(COUNTRIES, "IE"))
        return first, (visit.page.texts(), visit.figure, visit.chips)

    assert visit(steps) == (({"country": ["IE"]}, "31", []), ({}, "433", []))


def test_a_click_on_a_column_without_a_filter_adds_a_chip_that_can_be_removed(visit: Run) -> None:
    async def steps(visit: Visit) -> Any:
        await visit.click(NAMES, visit.mark(NAMES, "b"))
        first = visit.page.texts(), visit.figure, visit.chips
        visit.page.view._handle_msg({"remove": "name"})
        await other_tasks_end()
        return first, (visit.page.texts(), visit.figure, visit.chips)

    assert visit(steps) == (({"name__eq": ["b"]}, "2", ["Name: b"]), ({}, "433", []))


def test_a_point_filters_by_period_and_series(visit: Run) -> None:
    async def steps(visit: Visit) -> Any:
        await visit.click(MONTHS, visit.mark(MONTHS, "Feb 2024 · IE"))
        return visit.page.texts(), visit.figure

    expected = {"country": ["IE"], "day": ["2024-02-01..2024-02-29"]}
    assert visit(steps) == (expected, "30")


def test_the_entry_of_a_legend_filters_by_its_series(visit: Run) -> None:
    async def steps(visit: Visit) -> Any:
        names = [mark.label for mark in visit.page.cards[MONTHS].shown.value.series]  # type: ignore[union-attr]
        await visit.click(MONTHS, names.index("DE"), series=True)
        return visit.page.texts(), visit.figure

    assert visit(steps) == ({"country": ["DE"]}, "2")


def test_a_cell_of_a_table_filters_by_its_value_or_by_its_absence(visit: Run) -> None:
    async def steps(visit: Visit) -> Any:
        await visit.click(TABLE, 3, cell=1)
        missing = visit.page.texts(), visit.figure, visit.chips
        visit.page._clear()
        await other_tasks_end()
        cleared = visit.page.texts()
        await visit.click(TABLE, 2, cell=3)
        return missing, cleared, (visit.page.texts(), visit.figure, visit.chips)

    missing, cleared, value = visit(steps)
    assert missing == ({"country__isnull": ["true"]}, "400", ["Country: No value"])
    assert cleared == {}
    assert value == ({"value__eq": ["30"]}, "30", ["Value: 30"])


def test_the_parameters_of_a_url_restore_chips(visit: Run) -> None:
    async def steps(visit: Visit) -> Any:
        notices = visit.page.set({"name__eq": ["a", "b"], "value__gte": ["2"], "x__eq": ["1"]})
        visit.page.show()
        await other_tasks_end()
        return notices, visit.chips, visit.figure

    notices, chips, figure = visit(steps)
    assert notices == ["This page has no filter “x__eq”."]
    assert chips == ["Name: a, b", "Value: from 2"]
    assert figure == "2"


def test_what_is_no_longer_shown_or_has_no_filter_is_ignored(visit: Run) -> None:
    async def steps(visit: Visit) -> Any:
        for card, mark in ((COUNTRIES, 99), (99, 0), (KPI, 0), (TABLE, -1), (-1, 0)):
            await visit.click(card, mark, cell=0)
        return visit.page.texts(), visit.page.view.offer

    assert visit(steps) == ({}, "")


def test_a_shift_click_filters_where_the_rows_behind_cannot_be_shown(visit: Run) -> None:
    async def steps(visit: Visit) -> Any:
        await visit.click(COUNTRIES, visit.mark(COUNTRIES, "DE"), behind=True)
        return visit.page.texts(), visit.page.offer

    assert visit(steps) == ({"country": ["DE"]}, None)
