"""The page of an explored query: its blocks, which can be declared as they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import yaml

from medallion.query.aggregation import term_column
from medallion_panel.block_settings import (
    Block,
    Groups,
    Heatmap,
    Histogram,
    Kpi,
    Markdown,
    Rows,
    Scatter,
    WorldMap,
)
from medallion_panel.data.cached_store import CachedStore
from medallion_panel.pages.explore_query import (
    OWN,
    ExploreQuery,
    chart_of,
    explore_query,
    times_of,
)
from medallion_panel.section import FilterField, PageSettings
from medallion_panel.series_settings import AreaChart, Bar, Chart
from medallion_panel.ui.formats import Formats

_ICON = "explore"
_NAMES = {
    "mean": "Mean of {column}",
    "median": "Median of {column}",
    "min": "Least {column}",
    "max": "Greatest {column}",
}
_MOST_BARS = 30
_MOST_GROUPS = 25
_YAML_WIDTH = 100


class ExploreSettings(PageSettings):
    """The page of a query, whose table is empty before the page is opened.

    Parameters: `name` is its name in a URL, the same in all languages.
    """

    own_names: ClassVar[tuple[str, ...]] = OWN

    name: str
    query: ExploreQuery

    @property
    def slug(self) -> str:
        return self.name

    @property
    def parameters(self) -> dict[str, list[str]]:
        return self.query.parameters()


def unopened(name: str, title: str) -> ExploreSettings:
    """The page before it is opened."""
    blocks = (Block(markdown=Markdown(text="")),)
    return ExploreSettings(
        name=name, title=title, icon=_ICON, blocks=blocks, query=ExploreQuery("")
    )


def explore_settings(
    page: ExploreSettings,
    parameters: Mapping[str, Sequence[str]],
    store: CachedStore,
    formats: Formats,
) -> tuple[ExploreSettings, list[str]]:
    """The page with the query that a URL asks for, and notices on what is not valid in it."""
    query, notices = explore_query(parameters, store, formats.say)
    filters = tuple(FilterField(column=name) for name in query.filters)
    blocks = tuple(_blocks(query, store, formats))
    settings = ExploreSettings(
        name=page.name,
        title=page.title,
        icon=_ICON,
        filters=filters,
        blocks=blocks,
        query=query,
    )
    return settings, notices


def page_yaml(settings: ExploreSettings) -> str:
    """The page as YAML to be pasted below `dashboard:`."""
    title = settings.blocks[0].content.title or settings.query.table
    filters = list(settings.query.filters)
    blocks = [
        block.model_dump(by_alias=True, exclude_defaults=True, mode="json")
        for block in settings.blocks
    ]
    page = {"title": title, **({"filters": filters} if filters else {}), "blocks": blocks}
    return yaml.safe_dump(
        {"pages": [page]},
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=None,
        width=_YAML_WIDTH,
    )


def _blocks(query: ExploreQuery, store: CachedStore, formats: Formats) -> list[Block]:
    """The chart of each measure, and the figures of all as a table."""
    chart, table, by = chart_of(query, store), query.table, query.by
    if chart in ("scatter", "histogram"):
        return [
            _chart_of_rows(chart, query, formats),
            Block(table=Rows(table=table, title=formats.say("Rows"))),
        ]
    if not by:
        width = max(3, 12 // len(query.measures))
        return [
            *(
                Block(kpi=Kpi(title=_name(each, formats), table=table, value=each, width=width))
                for each in query.measures
            ),
            Block(groups=Groups(table=table, metrics=query.measures, title=formats.say("Figures"))),
        ]
    times = times_of(query, store)
    charts = [_chart(chart, query, measure, times, formats) for measure in query.measures]
    sort = "" if times or "(" in by[0] else f"-{query.measures[0]}"
    groups = Groups(
        table=table,
        by=by,
        metrics=query.measures,
        sort=sort,
        limit=_MOST_GROUPS,
        title=formats.say("Figures"),
    )
    return [*charts, Block(groups=groups)] if chart != "table" else [Block(groups=groups)]


def _chart(
    chart: str, query: ExploreQuery, measure: str, times: Sequence[str], formats: Formats
) -> Block:
    """A chart of one measure; a period is on the horizontal axis."""
    x = next(iter(times), query.by[0])
    others = [term for term in query.by if term != x]
    common: dict[str, Any] = {
        "title": _title(measure, (x, *others), formats),
        "table": query.table,
        "width": 12 if len(query.measures) == 1 or chart == "map" else 6,
    }
    match chart:
        case "map":
            return Block(map=WorldMap(country=x, value=measure, **common))
        case "heatmap":
            return Block(heatmap=Heatmap(x=x, y=others[0], value=measure, **common))
    common |= {"x": x, "y": measure, "by": next(iter(others), None)}
    if chart == "bar":
        if not times and "(" not in x:
            common |= {"sort": "-y", "limit": _MOST_BARS, "horizontal": True}
        return Block(bar=Bar(**common))
    if chart == "area":
        return Block(area=AreaChart(**common))
    return Block(line=Chart(**common))


def _chart_of_rows(chart: str, query: ExploreQuery, formats: Formats) -> Block:
    """A chart of the rows as they are, of which no measure is taken."""
    title = _joined([formats.label(term_column(term)) for term in query.by[:2]], formats)
    common: dict[str, Any] = {"title": title, "table": query.table, "width": 12}
    if chart == "histogram":
        return Block(histogram=Histogram(column=query.by[0], **common))
    color = query.by[2] if len(query.by) > 2 else None
    return Block(scatter=Scatter(x=query.by[0], y=query.by[1], by=color, **common))


def _title(measure: str, terms: Sequence[str], formats: Formats) -> str:
    names = [formats.label(term_column(term)) for term in terms]
    terms_text = _joined(names, formats)
    return formats.say("{measure} by {terms}", measure=_name(measure, formats), terms=terms_text)


def _joined(names: Sequence[str], formats: Formats) -> str:
    if len(names) == 1:
        return names[0]
    return formats.say("{one} and {other}", one=names[0], other=names[1])


def _name(measure: str, formats: Formats) -> str:
    """A measure in words: `Revenue`, `Mean of revenue`, `Rows`."""
    if measure == "count()":
        return formats.say("Rows")
    label, (function, _, _) = formats.label(measure), measure.partition("(")
    text = _NAMES.get(function)
    return label if text is None or "/" in measure else formats.say(text, column=label)
