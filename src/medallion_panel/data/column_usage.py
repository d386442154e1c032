"""The columns that the figures, filters and searches of pages use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from medallion.errors import CallError, MedallionError
from medallion.query.column_types import Kind
from medallion.query.metrics import metric_columns
from medallion_panel.block_faults import roles_of
from medallion_panel.block_models import TableBlock
from medallion_panel.block_settings import Block, Groups, Kpi, Rows
from medallion_panel.data.cached_store import CachedStore
from medallion_panel.section import PageSettings


def cache_columns_of(page: PageSettings, pages: Iterable[PageSettings], store: CachedStore) -> None:
    """Cache what all `pages` use of the tables on `page`."""
    tables = {block.content.table for block in page.all_blocks if hasattr(block.content, "table")}
    try:
        used = used_columns(pages, store)
    except MedallionError:  # the header says that the store is unreachable
        return
    store.cache_columns(
        {table: columns for table, columns in used.items() if table in tables and columns}
    )


def column_kinds(page: PageSettings, store: CachedStore) -> dict[str, Kind]:
    """The kinds of the columns of a page's tables, the first of a name."""
    contents = [block.content for block in page.all_blocks]
    tables = [each.table for each in contents if isinstance(each, TableBlock)]
    return {name: kind for table in tables[::-1] for name, kind in store.kinds(table).items()}


def totals_of(page: PageSettings) -> dict[str, tuple[str, ...]]:
    """By table, the metrics over all its rows that a page shows, and the number of its rows."""
    totals: dict[str, tuple[str, ...]] = {}
    for block in page.all_blocks:
        if block.kpi is not None:
            metrics = totals.get(block.kpi.table, ("count()",))
            totals[block.kpi.table] = tuple(dict.fromkeys((*metrics, block.kpi.metric)))
    return totals


def used_columns(pages: Iterable[PageSettings], store: CachedStore) -> dict[str, tuple[str, ...]]:
    """The columns by table, in the table's order, without those whose values have no order."""
    used: dict[str, set[str]] = {}
    for page in pages:
        for block in page.all_blocks:
            for _, name, column in block.content.references():
                used.setdefault(name, set()).add(column or "")
            table = getattr(block.content, "table", None)
            if table is not None:
                filters = [item.column for item in page.filters]
                filters += [page.period.column] if page.period else []
                used.setdefault(table, set()).update(filters, _texts(block))
    return {table: _columns(table, texts, store) for table, texts in used.items()}


def _columns(table: str, texts: set[str], store: CachedStore) -> tuple[str, ...]:
    try:
        kinds = store.kinds(table)
    except CallError:  # a table that does not exist; its card says so
        return ()
    names = {part for text in texts for part in _possible_names(text)}
    return tuple(name for name, kind in kinds.items() if name in names and kind.ordered)


def _possible_names(text: str) -> tuple[str, ...]:
    """The parts of a text that may be a column's name.

    They are all of it, and for a call such as `bin(price, 5)` its arguments with and without the
    last.
    """
    inside = text.partition("(")[2].rpartition(")")[0]
    return text, inside.strip(), inside.rpartition(",")[0].strip(), *metric_columns(text)


def _texts(block: Block) -> Iterator[str]:
    """The columns, terms and metrics that a block queries."""
    match block.content:
        case Kpi(value=value, over=over):
            yield from (value, over or "")
        case Groups(by=by, metrics=metrics):
            yield from (*by, *metrics)
        case Rows(search=search, totals=totals):
            yield search or ""
            yield from totals.values() if isinstance(totals, dict) else ()
        case TableBlock() as content:
            names = (name for name in roles_of(content) if name != "weight")
            yield from (getattr(content, name) or "" for name in names)
