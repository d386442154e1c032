"""The cards of a page with tabs: built when their tab is opened, which is in the URL."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from medallion_panel.section import PageSettings
from tests.unit.panel.test_page import SETTINGS, Run, Visit, visit

__all__ = ["visit"]

pytestmark = pytest.mark.filterwarnings("ignore:Both 'variant' and 'button_style'")

KPI = {"kpi": {"table": "t", "value": "count()"}}
TABS = PageSettings.model_validate(
    {
        "title": "Sales",
        "filters": ["country"],
        "blocks": [
            KPI,
            {
                "tabs": [
                    {"title": "Sums", "blocks": [{"kpi": {"table": "t", "value": "sum(value)"}}]},
                    {
                        "title": "By name",
                        "blocks": [
                            {"kpi": {"table": "t", "value": "max(value)"}},
                            {"table": {"table": "t", "search": "name", "sort": "name"}},
                        ],
                    },
                ]
            },
            {"tabs": [{"title": "A", "blocks": [KPI]}, {"title": "B", "blocks": [KPI]}]},
        ],
    }
)


def choose(visit: Visit, group: int, place: int) -> None:
    """Click on a tab."""
    view, _ = visit.page._cards._groups[group]
    view._handle_msg({"open": place})


def test_cards_of_a_closed_tab_are_built_and_filled_when_it_is_opened(visit: Run) -> None:
    async def steps(visit: Visit) -> Any:
        visit.page.show()
        await visit.filled()
        before = list(visit.page.cards), visit.figures(), visit.page.texts()
        choose(visit, 0, 1)
        await visit.filled(2)
        return before, (list(visit.page.cards), visit.figures(), visit.page.texts(), visit.changes)

    before, after = visit(steps, TABS)
    assert before == ([0, 1, 4], ["3", "33", "3"], {})
    texts = {"tab": ["by-name"]}
    assert after == ([0, 1, 2, 3, 4], ["3", "33", "30", "3"], texts, [1])


def test_a_filter_applies_to_tabs_that_were_closed_again(visit: Run) -> None:
    async def steps(visit: Visit) -> list[str]:
        choose(visit, 0, 1)
        choose(visit, 0, 0)
        visit.page.filters[0].widget.value = ["DE"]
        await visit.filled(2)
        return visit.figures()

    assert visit(steps, TABS) == ["1", "2", "2", "1"]


def test_a_url_opens_tabs_and_names_those_that_do_not_exist(visit: Run) -> None:
    def steps(visit: Visit) -> Any:
        parameters = {"tab": ["by-name", "b", "c"], "q": ["a"]}
        notices = visit.page.set(parameters)
        texts = visit.page.texts()
        visit.page.set({})
        return notices, texts, visit.page.texts()

    notices, texts, closed = visit(steps, TABS)
    assert notices == ["This page has no tab “c”."]
    assert texts == {"tab": ["by-name", "b"], "q": ["a"]}
    assert closed == {}  # the table in the closed tab has no part of the URL


def test_all_tabs_are_filled_before_they_are_printed(visit: Run) -> None:
    async def steps(visit: Visit) -> Any:
        visit.page.show()
        await visit.filled()
        visit.page._print()
        while not visit.page.view.prints:
            await asyncio.sleep(0.001)
        return visit.figures(), visit.page.texts()

    assert visit(steps, TABS) == (["3", "33", "30", "3", "3"], {})


def test_a_page_without_tabs_has_no_parameter_for_them(visit: Run) -> None:
    notices = visit(lambda visit: visit.page.set({"tab": ["a"]}), SETTINGS)
    assert len(notices) == 1
