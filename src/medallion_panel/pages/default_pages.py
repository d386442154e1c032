"""The pages of a dashboard without declared pages, by the kinds of the tables' columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from medallion.contracts import Query
from medallion_panel.block_settings import (
    Block,
    Changes,
    Freshness,
    Histogram,
    Kpi,
    Quality,
    QuarantineBlock,
    Rows,
    Runs,
    WorldMap,
)
from medallion_panel.data.cached_store import CachedStore
from medallion_panel.data.world import country_key
from medallion_panel.messages.messages import Messages
from medallion_panel.pages.column_roles import (
    MAX_CATEGORIES,
    ColumnRoles,
    column_roles,
    time_term,
)
from medallion_panel.pages.lake_pages import lake_group
from medallion_panel.pages.table_groups import table_groups
from medallion_panel.plot_settings import PointMap
from medallion_panel.section import FilterField, PageSettings
from medallion_panel.series_settings import Bar, Chart

_MAX_KPIS = 3
_MAX_FILTERS = 3
_MAX_LINES = 4
_MAX_CATEGORIES = 2
_WIDE = ("line", "map", "points")


def default_pages(store: CachedStore, say: Messages) -> tuple[PageSettings, ...]:
    """An overview of several tables, one page per served table, and one on the data itself."""
    roles = [column_roles(store, table) for table in store.tables()]
    groups = table_groups(store.tables())
    pages = [_page(store, each, groups.get(each.table, ""), say) for each in roles]
    if len(roles) > 1:
        overview = _overview(store, roles, say)
        if all(page.slug != overview.slug for page in pages):
            pages.insert(0, overview)
    blocks = (
        Block(quality=Quality(title=say("Data quality"))),
        Block(freshness=Freshness(title=say("Freshness"))),
        Block(changes=Changes(title=say("Changes since the release before"))),
        Block(runs=Runs(title=say("Past runs"))),
    )
    group = lake_group(pages, say)
    return (*pages, PageSettings(title=say("Data"), icon="fact_check", group=group, blocks=blocks))


def _overview(store: CachedStore, roles: Sequence[ColumnRoles], say: Messages) -> PageSettings:
    """The rows of each table, and the main figure over time of the first that have times."""
    kpis = [
        Block(kpi=Kpi(title=_title(columns.table), table=columns.table, value="count()"))
        for columns in roles
    ]
    lines = []
    timed = [each for each in roles if each.times and _varies(store, each.table, each.times[0])]
    for columns in timed[:_MAX_LINES]:
        figure = _title(columns.main) if columns.main else say("Rows")
        term = time_term(store, columns.table, columns.times[0])
        chart = Chart(
            title=f"{_title(columns.table)}: {figure}",
            table=columns.table,
            x=term,
            y=columns.metric,
        )
        lines.append(Block(line=chart))
    blocks = [
        *(block for start in range(0, len(kpis), 4) for block in _row(kpis[start : start + 4])),
        *(block for start in range(0, len(lines), 2) for block in _row(lines[start : start + 2])),
    ]
    return PageSettings(title=say("Overview"), icon="home", blocks=tuple(blocks))


def with_quarantine(pages: tuple[PageSettings, ...], say: Messages) -> tuple[PageSettings, ...]:
    """The pages, and one with rejected records unless one of them has these."""
    if any(block.quarantine for page in pages for block in page.all_blocks):
        return pages
    own = PageSettings(
        title=say("Quarantine"),
        icon="rule",
        group=lake_group(pages, say),
        blocks=(Block(quarantine=QuarantineBlock()),),
    )
    if any(page.slug == own.slug for page in pages):
        own = own.model_copy(update={"title": say("Rejected records")})
    return (*pages, own)


def _page(store: CachedStore, columns: ColumnRoles, group: str, say: Messages) -> PageSettings:
    table, main = columns.table, columns.main
    kpis = [Block(kpi=Kpi(title=say("Rows"), table=table, value="count()"))]
    over = next((time_term(store, table, name) for name in columns.times), None)
    kpis += [_kpi(table, metric, name, over, say) for metric, name in _figures(columns)]
    charts = _charts(store, columns, say)
    sort = (f"-{main}",) if main else ()
    search, detail = columns.search, bool(columns.key)
    rows = Rows(title=say("Rows"), table=table, sort=sort, search=search, detail=detail)
    filters = [*columns.categories[:_MAX_FILTERS], *([main] if main else [])][:_MAX_FILTERS]
    return PageSettings(
        title=_title(table),
        icon="table_chart",
        group=_title(group),
        filters=tuple(FilterField(column=name) for name in filters),
        blocks=(*_row(kpis), *_in_rows(charts), Block(table=rows)),
    )


def _in_rows(charts: Sequence[Block]) -> Iterator[Block]:
    """Charts in rows of two, so that every row of the page is full."""
    start = 0
    while start < len(charts):
        alone = start + 1 == len(charts) or charts[start + 1].kind in _WIDE
        end = start + (1 if alone else 2)
        yield from _row(charts[start:end])
        start = end


def _row(blocks: Sequence[Block]) -> list[Block]:
    """Blocks that fill a row in equal parts, except that a wide one has twice the width."""
    parts = [2 if len(blocks) > 1 and block.kind in _WIDE else 1 for block in blocks]
    return [
        block.model_copy(
            update={block.kind: block.content.model_copy(update={"width": 12 * part // sum(parts)})}
        )
        for block, part in zip(blocks, parts, strict=True)
    ]


def _figures(columns: ColumnRoles) -> list[tuple[str, str]]:
    """The metrics of the first figures, with their columns: rates are averaged, ids counted."""
    metrics = [
        *((f"sum({name})", name) for name in columns.sums),
        *((f"mean({name})", name) for name in columns.averages),
        *((f"count_distinct({name})", name) for name in columns.ids),
    ]
    return metrics[:_MAX_KPIS]


def _kpi(table: str, metric: str, name: str, over: str | None, say: Messages) -> Block:
    title = _title(name)
    if metric.startswith("mean("):
        title = say("Mean of {column}", column=title)
    elif metric.startswith("count_distinct("):
        title = say("Distinct {column}", column=title)
    return Block(kpi=Kpi(title=title, table=table, value=metric, over=over))


def _charts(store: CachedStore, columns: ColumnRoles, say: Messages) -> list[Block]:
    """Charts of the main figure by period, place and category, and of its distribution."""
    table, main, metric = columns.table, columns.main, columns.metric
    period = next(iter(columns.times), None)
    blocks = []
    if period:
        term = time_term(store, table, period)
        chart = Chart(title=_figure_by(columns, period, say), table=table, x=term, y=metric)
        blocks.append(Block(line=chart))
    if columns.place:
        blocks.append(Block(points=_point_map(columns, say)))
    for name in _compared(store, columns)[:_MAX_CATEGORIES]:
        blocks += _category_charts(store, columns, name, say)
    if main:
        title = say("Distribution of {column}", column=_title(main))
        blocks.append(Block(histogram=Histogram(title=title, table=table, column=main)))
    return blocks


def _category_charts(
    store: CachedStore, columns: ColumnRoles, name: str, say: Messages
) -> list[Block]:
    """Bars of the main figure by a category, next to a map where it has countries."""
    title, table, metric = _figure_by(columns, name, say), columns.table, columns.metric
    bars = Bar(title=title, table=table, x=name, y=metric, sort="-y", limit=20, horizontal=True)
    values = [str(value) for value in store.values(table, name, MAX_CATEGORIES)]
    if sum(country_key(value) is not None for value in values) * 2 <= len(values):
        return [Block(bar=bars)]
    world_map = WorldMap(title=title, table=table, country=name, value=metric)
    bars = bars.model_copy(update={"height": world_map.height})
    return [Block(map=world_map), Block(bar=bars)]


def _compared(store: CachedStore, columns: ColumnRoles) -> list[str]:
    """The categories with a figure worth comparing, a key last: not the number of rows where it is
    1 for all values.
    """
    table = columns.table
    names = sorted(columns.categories, key=lambda name: (name,) == columns.key)
    if columns.main is not None:
        return names
    rows = store.count(table, Query())
    return [name for name in names if len(store.values(table, name, MAX_CATEGORIES + 1)) < rows]


def _point_map(columns: ColumnRoles, say: Messages) -> PointMap:
    """The places of a table, with areas by its main figure where that is a sum."""
    latitude, longitude = columns.place or ("", "")
    names = (columns.search, *(name for name in columns.categories if (name,) != columns.key))
    return PointMap(
        title=say("Map"),
        table=columns.table,
        latitude=latitude,
        longitude=longitude,
        label=next(filter(None, names), None),
        value=columns.metric if columns.sums else "count()",
    )


def _figure_by(columns: ColumnRoles, name: str, say: Messages) -> str:
    """The title of a chart of the main figure by a column."""
    figure = say("Rows")
    if columns.main:
        figure = _title(columns.main)
        if not columns.sums:
            figure = say("Mean of {column}", column=figure)
    return say("{measure} by {terms}", measure=figure, terms=_title(name))


def _varies(store: CachedStore, table: str, column: str) -> bool:
    """Whether a column has several values."""
    return len(store.values(table, column, 2)) > 1


def _title(name: str) -> str:
    """A name of a table or column as a title."""
    return name.replace("_", " ").capitalize()
