"""The pages of a dashboard without declared pages, by the kinds of the tables' columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from medallion_panel.block_settings import (
    Bar,
    Block,
    Changes,
    Chart,
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
from medallion_panel.section import FilterField, PageSettings
from medallion_panel.ui.formats import identifying

_MAX_CATEGORIES = 40  # distinct values of a column that suits a filter or an axis
_MAX_KPIS = 3
_MAX_FILTERS = 3
_NUMBERS = ("integer", "decimal", "float")
_PERIODS = ("month", "year", "quarter", "week", "day", "date")
_WIDE = ("line", "map")


def default_pages(store: CachedStore, say: Messages) -> tuple[PageSettings, ...]:
    """One page per served table, and one on the data itself."""
    pages = [_page(store, _Columns.of(store, table), say) for table in store.tables()]
    blocks = (
        Block(quality=Quality(title=say("Data quality"))),
        Block(freshness=Freshness(title=say("Freshness"))),
        Block(changes=Changes(title=say("Changes since the release before"))),
        Block(runs=Runs(title=say("Past runs"))),
    )
    return (*pages, PageSettings(title=say("Data"), icon="fact_check", blocks=blocks))


def with_quarantine(pages: tuple[PageSettings, ...], say: Messages) -> tuple[PageSettings, ...]:
    """The pages, and one with rejected records unless one of them has these."""
    if any(block.quarantine for page in pages for block in page.blocks):
        return pages
    own = PageSettings(
        title=say("Quarantine"), icon="rule", blocks=(Block(quarantine=QuarantineBlock()),)
    )
    if any(page.slug == own.slug for page in pages):
        own = own.model_copy(update={"title": say("Rejected records")})
    return (*pages, own)


@dataclass(frozen=True)
class _Columns:
    """The columns of a table by use.

    `additive` are numbers whose sums are exact, `main` one of them or None, `period` a column of
    periods or None; `categories` are texts with few values, and `search` another text or None.
    """

    table: str
    key: Sequence[str]
    additive: Sequence[str]
    main: str | None
    period: str | None
    categories: Sequence[str]
    search: str | None

    @classmethod
    def of(cls, store: CachedStore, table: str) -> _Columns:
        """The columns of a served table, by kind, name and number of values."""
        kinds = {name: kind for name, kind in store.kinds(table).items() if kind.ordered}
        key = store.served(table).key
        additive = [
            name
            for name, kind in kinds.items()
            if kind.name in _NUMBERS and kind.name != "float"
            if name not in key and not identifying(name)
        ]
        decimals = (name for name in reversed(additive) if kinds[name].name == "decimal")
        periods = (name for name in kinds if name in _PERIODS)
        period = next((name for name in periods if kinds[name].name in ("text", "date")), None)
        texts = [name for name, kind in kinds.items() if kind.name == "text" and name != period]
        categories = [
            name
            for name in texts
            if 1 < len(store.values(table, name, _MAX_CATEGORIES + 1)) <= _MAX_CATEGORIES
        ]
        return cls(
            table,
            key,
            additive,
            main=next(decimals, next(iter(additive), None)),
            period=period,
            categories=categories,
            search=next((name for name in texts if name not in categories), None),
        )


def _page(store: CachedStore, columns: _Columns, say: Messages) -> PageSettings:
    table, main = columns.table, columns.main
    kpis = [Block(kpi=Kpi(title=say("Rows"), table=table, value="count()"))]
    kpis += [_kpi(table, name, columns.period) for name in columns.additive[:_MAX_KPIS]]
    charts = _charts(store, columns, say)
    sort = (f"-{main}",) if main else ()
    detail = bool(columns.key)
    rows = Block(table=Rows(table=table, sort=sort, search=columns.search, detail=detail))
    filters = [*columns.categories, *([main] if main else [])][:_MAX_FILTERS]
    return PageSettings(
        title=table.replace("_", " ").capitalize(),
        icon="table_chart",
        filters=tuple(FilterField(column=name) for name in filters),
        blocks=(*_row(kpis), *_in_rows(charts), rows),
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


def _kpi(table: str, name: str, period: str | None) -> Block:
    title = name.replace("_", " ").capitalize()
    return Block(kpi=Kpi(title=title, table=table, value=f"sum({name})", over=period))


def _charts(store: CachedStore, columns: _Columns, say: Messages) -> list[Block]:
    """Charts of the main figure by period and category, and of its distribution."""
    table, period, main = columns.table, columns.period, columns.main
    metric = f"sum({main})" if main else "count()"
    blocks = []
    if period:
        title = say("By {column}", column=period)
        blocks.append(Block(line=Chart(title=title, table=table, x=period, y=metric)))
    for name in columns.categories[:2]:
        title = say("By {column}", column=name)
        values = [str(value) for value in store.values(table, name, _MAX_CATEGORIES)]
        if sum(country_key(value) is not None for value in values) * 2 > len(values):
            world_map = WorldMap(title=title, table=table, country=name, value=metric)
            blocks.append(Block(map=world_map))
        bars = Bar(title=title, table=table, x=name, y=metric, sort="-y", limit=20, horizontal=True)
        blocks.append(Block(bar=bars))
    if main:
        title = say("Distribution of {column}", column=main)
        blocks.append(Block(histogram=Histogram(title=title, table=table, column=main)))
    return blocks
