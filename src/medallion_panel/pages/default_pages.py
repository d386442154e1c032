"""Pages for tables nobody declared pages for: what suits the types of their columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from medallion_panel.block_settings import (
    Bar,
    Block,
    Chart,
    Freshness,
    Histogram,
    Kpi,
    Quality,
    Rows,
    Runs,
    WorldMap,
)
from medallion_panel.data.queries import Figures
from medallion_panel.data.world import country_key
from medallion_panel.section import FilterField, PageSettings
from medallion_panel.ui.formats import identifying

_FEW = 40
_NUMBERS = ("integer", "decimal", "float")
_PERIODS = ("month", "year", "quarter", "week", "day", "date")
_KPIS = 3
_WIDE = ("line", "map")


def default_pages(figures: Figures) -> tuple[PageSettings, ...]:
    """One page a served table, and one on the data itself."""
    pages = [_page(figures, table) for table in figures.tables()]
    data = PageSettings(title="Data", icon="fact_check", blocks=(
        Block(quality=Quality(title="How the rows fared")), Block(freshness=Freshness(title="How fresh it is")),
        Block(runs=Runs(title="Past runs")),
    ))  # fmt: skip
    return (*pages, data)


def _page(figures: Figures, table: str) -> PageSettings:
    kinds = {name: kind for name, kind in figures.kinds(table).items() if kind.ordered}
    key = figures.served(table).key
    numbers = [
        name
        for name, kind in kinds.items()
        if kind.name in _NUMBERS and name not in key and not identifying(name)
    ]
    additive = [name for name in numbers if kinds[name].name != "float"]
    names = [name for name, kind in kinds.items() if kind.name == "text"]
    period = next(
        (name for name in kinds if name in _PERIODS and kinds[name].name in ("text", "date")), None
    )
    few = [
        name
        for name in names
        if name != period and 1 < len(figures.values(table, name, _FEW + 1)) <= _FEW
    ]
    kpis = [Block(kpi=Kpi(title="Rows", table=table, value="count()"))]
    kpis += [_kpi(table, name, period) for name in additive[:_KPIS]]
    main = next(
        (name for name in reversed(additive) if kinds[name].name == "decimal"),
        next(iter(additive), None),
    )
    metric = f"sum({main})" if main else "count()"
    charts = _charts(figures, table, metric, period, few)
    if main:
        charts.append(
            Block(histogram=Histogram(title=f"Distribution of {main}", table=table, column=main))
        )
    sort = (f"-{main}",) if main else ()
    search = next((name for name in names if name not in few and name != period), None)
    rows = Block(table=Rows(table=table, sort=sort, search=search, detail=bool(key)))
    filters = tuple(FilterField(column=name) for name in [*few, *([main] if main else [])][:3])
    title = table.replace("_", " ").capitalize()
    return PageSettings(
        title=title,
        icon="table_chart",
        filters=filters,
        blocks=(*_row(kpis), *_in_rows(charts), rows),
    )


def _in_rows(charts: Sequence[Block]) -> Iterator[Block]:
    """Charts two by two, so that every row of the page is full."""
    at = 0
    while at < len(charts):
        alone = at + 1 == len(charts) or charts[at + 1].kind in _WIDE
        yield from _row(charts[at : at + 1] if alone else charts[at : at + 2])
        at += 1 if alone else 2


def _row(blocks: Sequence[Block]) -> list[Block]:
    """Blocks that fill a row: each as wide as the others, but a wide one with twice the width of what is beside it."""
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


def _charts(
    figures: Figures, table: str, metric: str, period: str | None, few: list[str]
) -> list[Block]:
    blocks = []
    if period:
        blocks.append(Block(line=Chart(title=f"By {period}", table=table, x=period, y=metric)))
    for name in few[:2]:
        values = [str(value) for value in figures.values(table, name, _FEW)]
        if sum(country_key(value) is not None for value in values) * 2 > len(values):
            blocks.append(
                Block(map=WorldMap(title=f"By {name}", table=table, country=name, value=metric))
            )
        bars = Bar(
            title=f"By {name}", table=table, x=name, y=metric, sort="-y", limit=20, horizontal=True
        )
        blocks.append(Block(bar=bars))
    return blocks
