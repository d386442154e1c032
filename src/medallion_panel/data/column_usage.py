"""Which columns of which tables the figures, filters and searches of pages are made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from medallion.errors import CallError, MedallionError
from medallion.query.metrics import metric_columns
from medallion_panel.block_settings import (
    Block,
    Chart,
    Heatmap,
    Histogram,
    Kpi,
    Rows,
    Scatter,
    WorldMap,
)
from medallion_panel.data.queries import Figures
from medallion_panel.section import PageSettings


def hold_for(page: PageSettings, pages: Iterable[PageSettings], figures: Figures) -> None:
    """Have held what all `pages` use of the tables of the one that was opened."""
    tables = {block.content.table for block in page.blocks if hasattr(block.content, "table")}
    try:
        used = used_columns(pages, figures)
    except MedallionError:  # the header says that the store is out of reach
        return
    figures.hold({table: columns for table, columns in used.items() if table in tables and columns})


def used_columns(pages: Iterable[PageSettings], figures: Figures) -> dict[str, tuple[str, ...]]:
    """The columns by table, in the table's order; those that cannot be compared are left out."""
    used: dict[str, set[str]] = {}
    for page in pages:
        for block in page.blocks:
            table = getattr(block.content, "table", None)
            if table is not None:
                filters = (item.column for item in page.filters)
                used.setdefault(table, set()).update(filters, _texts(block))
    return {table: _known(table, texts, figures) for table, texts in used.items()}


def _known(table: str, texts: set[str], figures: Figures) -> tuple[str, ...]:
    try:
        kinds = figures.kinds(table)
    except CallError:  # the page says so
        return ()
    found = {part for text in texts for part in _parts(text)}
    return tuple(name for name, kind in kinds.items() if name in found and kind.ordered)


def _parts(text: str) -> tuple[str, ...]:
    """What of a text may be a column's name: all of it, what stands in its parentheses, or before a width there."""
    inside = text.partition("(")[2].rpartition(")")[0]
    return text, inside.strip(), inside.rpartition(",")[0].strip(), *metric_columns(text)


def _texts(block: Block) -> Iterator[str]:
    """The columns, terms and metrics that a block asks for."""
    match block.content:
        case Kpi(value=value, over=over):
            yield from (value, over or "")
        case Chart(x=x, y=y, by=by) | Scatter(x=x, y=y, by=by):
            yield from (x, y, by or "")
        case Heatmap(x=x, y=y, value=value):
            yield from (x, y, value)
        case WorldMap(country=country, value=value):
            yield from (country, value)
        case Histogram(column=column):
            yield column
        case Rows(search=search):
            yield search or ""
