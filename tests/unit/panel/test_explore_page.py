"""The form of the Explore page, and what a card of another page leads to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from medallion_panel.blocks.block_context import BlockContext
from medallion_panel.data.cached_store import CachedStore
from medallion_panel.pages.explore_page import (
    add_query_form,
    explore_parameters,
    form_content,
    kept_filters,
)
from medallion_panel.pages.explore_query import ExploreQuery
from medallion_panel.pages.explore_settings import explore_settings, unopened
from medallion_panel.section import PageSettings
from tests.coroutines import run_coroutine
from tests.unit.panel.conftest import OpenStore
from tests.unit.panel.tables import FORMATS
from tests.unit.panel.test_column_roles import ODD
from tests.unit.panel.test_page import Visit

# A download button of panel-material-ui passes both to Panel.
pytestmark = pytest.mark.filterwarnings("ignore:Both 'variant' and 'button_style'")

BLOCKS: dict[str, tuple[Any, dict[str, list[str]]]] = {
    "kpi": ({"value": "mean(rating)", "over": "month(sold)", "weight": "pieces"},
            {"measure": ["mean(rating, pieces)"], "by": ["month(sold)"]}),
    "line": ({"x": "week(sold)", "y": "sum(revenue)", "by": "land"},
             {"measure": ["sum(revenue)"], "by": ["week(sold)", "land"], "chart": ["line"]}),
    "area": ({"x": "sold", "y": "count()"},
             {"measure": ["count()"], "by": ["sold"], "chart": ["area"]}),
    "bar": ({"x": "land", "y": "count()"},
            {"measure": ["count()"], "by": ["land"], "chart": ["bar"]}),
    "heatmap": ({"x": "land", "y": "paid", "value": "count()"},
                {"measure": ["count()"], "by": ["land", "paid"], "chart": ["heatmap"]}),
    "map": ({"country": "land", "value": "count()"},
            {"measure": ["count()"], "by": ["land"], "chart": ["map"]}),
    "histogram": ({"column": "revenue"}, {"by": ["revenue"], "chart": ["histogram"]}),
    "scatter": ({"x": "pieces", "y": "revenue", "by": "land"},
                {"by": ["pieces", "revenue", "land"], "chart": ["scatter"]}),
    "groups": ({"by": "land", "metrics": ["count()", "sum(pieces)"]},
               {"measure": ["count()", "sum(pieces)"], "by": ["land"], "chart": ["table"]}),
    "pivot": ({"rows": "land", "columns": "paid", "value": "sum(pieces)"},
              {"measure": ["sum(pieces)"], "by": ["land", "paid"], "chart": ["table"]}),
    "table": ({}, {"measure": ["count()", "sum(revenue)"], "by": ["sold_quarter"]}),
}  # fmt: skip


@pytest.fixture
def store(open_store: OpenStore) -> CachedStore:
    return open_store({"sales": ODD})


@pytest.mark.parametrize("kind", BLOCKS)
def test_a_card_is_explored_by_its_query_and_the_filters_of_its_page(
    tmp_path: Path, store: CachedStore, kind: str
) -> None:
    settings, expected = BLOCKS[kind]
    page = PageSettings.model_validate(
        {"title": "Sales", "filters": ["land"], "blocks": [{kind: {"table": "sales", **settings}}]}
    )
    visit = Visit(tmp_path, store, page)
    visit.page.set({"land": ["IE"], "paid__eq": ["true"]})
    (card,) = visit.page.cards.values()
    assert explore_parameters(visit.page, card) == {}  # it shows nothing yet
    card.show(card.read(BlockContext(store, FORMATS)))
    parameters = explore_parameters(visit.page, card)
    filters = ["land", "sold_quarter", "paid"] if kind == "table" else ["land"]
    assert parameters == {
        "table": ["sales"], **expected, "filter": filters, "land": ["IE"], "paid__eq": ["True"],
    }  # fmt: skip
    _, notices = explore_settings(unopened("explore", "Explore"), parameters, store, FORMATS)
    assert notices == []


def test_the_form_shows_the_query(store: CachedStore) -> None:
    query = ExploreQuery(
        "sales",
        ("count()", "count_distinct(land)", "sum(revenue) / count()"),
        ("month(sold)", "bin(pieces, 5)", "land"),
        filters=("land",),
    )
    content = form_content(query, store, FORMATS)
    columns = {each["name"]: (each["kind"], each["filter"]) for each in content["columns"]}
    assert columns["tags"] == ("other", False)
    assert columns["sold"] == ("date", True)
    assert content["words"]["automatic"] == "Automatic (Table)"
    assert content["query"]["measures"] == [
        {"text": "count()", "function": "count", "column": ""},
        {"text": "count_distinct(land)", "function": "count_distinct", "column": "land"},
        {"text": "sum(revenue) / count()", "function": "", "column": ""},
    ]
    assert content["query"]["by"] == [
        {"text": "month(sold)", "form": "month", "column": "sold"},
        {"text": "bin(pieces, 5)", "form": "bin", "column": "pieces"},
        {"text": "land", "form": "", "column": "land"},
    ]


def test_a_change_of_the_query_keeps_the_filters_that_still_apply(
    tmp_path: Path, store: CachedStore
) -> None:
    parameters = ExploreQuery("sales", by=("land",), filters=("land", "paid")).parameters()
    settings, _ = explore_settings(unopened("explore", "Explore"), parameters, store, FORMATS)
    visit, asked = Visit(tmp_path, store, settings), list[Any]()
    run_coroutine(add_query_form(visit.page, store, FORMATS, asked.append))
    assert visit.page.set({**parameters, "land": ["IE"], "paid": ["True"], "name__eq": ["x"]}) == []
    query = {"table": "sales", "measures": ["count()"], "by": ["paid"], "filters": ["paid"]}
    visit.page.view.above._handle_msg({"query": query})
    assert asked == [
        {
            "table": ["sales"], "measure": ["count()"], "by": ["paid"], "filter": ["paid"],
            "paid": ["True"], "name__eq": ["x"],
        }
    ]  # fmt: skip
    assert "pages:" in visit.page.view.below.items[0]["text"]
    assert not visit.page.cards[0].view.explored
    assert visit.page.texts()["by"] == ["land"]


def test_filters_of_other_tables_are_not_kept(store: CachedStore) -> None:
    texts = {"land": ["IE"], "gone__eq": ["1"], "sort": ["x"], "by": ["land"], "paid__eq": ["True"]}
    kept = kept_filters(texts, store.kinds("sales"), ["land"])
    assert kept == {"land": ["IE"], "paid__eq": ["True"]}
