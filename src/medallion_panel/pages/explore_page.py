"""The form and the code of the Explore page, and how other pages lead to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from medallion.query.aggregation import term_column
from medallion.query.column_types import Kind
from medallion.query.metrics import FUNCTIONS, metric_call
from medallion_panel.block_settings import (
    Block,
    Groups,
    Heatmap,
    Histogram,
    Kpi,
    Rows,
    Scatter,
    WorldMap,
)
from medallion_panel.blocks.code_snippets import CodeSnippetList
from medallion_panel.data.cached_store import CachedStore
from medallion_panel.pages.card import Card
from medallion_panel.pages.explore_query import (
    CHARTS,
    OWN,
    ExploreQuery,
    can_filter,
    chart_of,
    first_look,
)
from medallion_panel.pages.explore_settings import ExploreSettings, page_yaml
from medallion_panel.pages.page import OpenPage
from medallion_panel.pages.page_period import COMPARE, PERIOD
from medallion_panel.series_settings import Chart
from medallion_panel.table_settings import PivotBlock
from medallion_panel.ui.formats import Formats
from medallion_panel.ui.query_form import QueryForm, form_words

_LABELS = {
    "table": "Table",
    "line": "Line",
    "area": "Area",
    "bar": "Bar",
    "heatmap": "Heat map",
    "scatter": "Scatter plot",
    "histogram": "Histogram",
    "map": "Map",
}
_PLAIN = tuple(name for name in FUNCTIONS if name != "quantile")

Ask = Callable[[dict[str, list[str]]], None]


async def add_query_form(page: OpenPage, store: CachedStore, formats: Formats, ask: Ask) -> None:
    """Show the form of the query above a page of ExploreSettings, and its YAML below.

    Parameters: `ask` is called with the parameters of a URL when a visitor changes the query.
    """
    settings = page.page
    if not isinstance(settings, ExploreSettings):
        return
    read = partial(form_content, settings.query, store, formats)
    content = await asyncio.get_running_loop().run_in_executor(store.pool, read)

    def asked(parameters: dict[str, list[str]]) -> None:
        kinds = store.kinds(parameters["table"][0]) if parameters.get("table") else {}
        ask({**parameters, **kept_filters(page.texts(), kinds, parameters.get("filter", ()))})

    for card in page.cards.values():  # they are explored already
        card.view.explored = False
    page.view.above = QueryForm(asked, **content)
    say = formats.say
    code = CodeSnippetList.of(say)
    items = [{"title": say("YAML, to be pasted below dashboard:"), "text": page_yaml(settings)}]
    code.param.update(title=say("Declare this page"), items=items, margin=(16, 0, 0, 0))
    page.view.below = code


def form_content(query: ExploreQuery, store: CachedStore, formats: Formats) -> dict[str, Any]:
    """The parameters of a QueryForm for a query. Reads the store."""
    kinds, say = store.kinds(query.table), formats.say
    automatic = chart_of(ExploreQuery(query.table, query.measures, query.by), store)
    return {
        "words": form_words(say, say(_LABELS[automatic])),
        "tables": [{"name": name, "label": formats.label(name)} for name in store.tables()],
        "charts": [{"name": name, "label": say(_LABELS[name])} for name in CHARTS],
        "columns": [
            {
                "name": name,
                "label": formats.label(name),
                "kind": kind.name if kind.ordered else "other",
                "filter": can_filter(store, query.table, name),
            }
            for name, kind in kinds.items()
        ],
        "query": {
            "table": query.table,
            "chart": query.chart,
            "measures": [_measure(text, kinds) for text in query.measures],
            "by": [_dimension(text, kinds) for text in query.by],
            "filters": list(query.filters),
        },
    }


def _measure(text: str, kinds: Mapping[str, Kind]) -> dict[str, str]:
    """A measure as the form shows it: without a `function` it can only be removed."""
    call, function = metric_call(text, columns=kinds), text.partition("(")[0].strip()
    simple = function in _PLAIN and not call.parts and call.weight is None
    name = call.column or ""
    plain = f"{function}({name})"
    return {"text": text, "function": function if simple and plain == text else "", "column": name}


def _dimension(text: str, kinds: Mapping[str, Kind]) -> dict[str, str]:
    column = text if text in kinds else term_column(text)
    form = "" if text == column else text.partition("(")[0]
    return {"text": text, "form": form, "column": column}


def kept_filters(
    texts: Mapping[str, Sequence[str]], kinds: Mapping[str, Kind], filters: Sequence[str]
) -> dict[str, list[str]]:
    """The parameters of a page's filters and chips that apply to a table with these columns.

    Parameters: `filters` are the columns that have a control there.
    """
    kept = {}
    for name, values in texts.items():
        column, _, operator = name.rpartition("__")
        applies = name in (*filters, PERIOD, COMPARE) or (operator and column in kinds)
        if name not in OWN and applies:
            kept[name] = list(values)
    return kept


def explore_parameters(page: OpenPage, card: Card) -> dict[str, list[str]]:
    """The parameters of the Explore page that asks what a card shows, with the page's filters.

    There are none where the card shows nothing, or no table.
    """
    table = getattr(card.block.content, "table", None)
    if table is None or card.shown is None:
        return {}
    store = card.shown.context.store
    measures, by, chart = _asked(card.block)
    kinds = store.kinds(table)
    controls = [item.column for item in page.filters]
    filters = tuple(name for name in controls if can_filter(store, table, name))
    query = ExploreQuery(table, tuple(measures), tuple(by), chart, filters)
    if isinstance(card.block.content, Rows):
        query = first_look(store, table)
        query = ExploreQuery(
            table, query.measures, query.by, "", tuple(dict.fromkeys((*filters, *query.filters)))
        )
    return {**query.parameters(), **kept_filters(page.texts(), kinds, query.filters)}


def _asked(block: Block) -> tuple[Sequence[str], Sequence[str], str]:
    """The measures, the dimensions and the chart of a block."""
    match content := block.content:
        case Kpi():
            over = [content.over] if content.over else []
            return [content.metric], over, ""
        case Chart():
            by = [term for term in (content.x, content.by, content.multiples) if term]
            return [content.metric], by, block.kind if len(by) < 3 else ""
        case Heatmap():
            return [content.metric], [content.x, content.y], "heatmap"
        case WorldMap():
            return [content.metric], [content.country], "map"
        case Histogram():
            return [], [content.column], "histogram"
        case Scatter():
            return [], [content.x, content.y, *([content.by] if content.by else [])], "scatter"
        case Groups():
            return content.metrics, content.by, "table"
        case PivotBlock():
            return [content.metric], [content.rows, content.columns], "table"
    return [], [], ""
