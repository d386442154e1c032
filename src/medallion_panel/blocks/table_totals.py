"""The totals row of a table: figures over all rows that match, computed by the store."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from medallion.contracts import Query
from medallion_panel.block_settings import Rows
from medallion_panel.blocks.block_context import BlockContext
from medallion_panel.ui.formats import identifying

# Names of columns with figures of groups, or of one thing, whose sum has no meaning.
_NOT_SUMMED = re.compile(
    r"(^|_)(average|avg|mean|median|min|max|minimum|maximum|rate|ratio|share|percent|percentage"
    r"|pct|price|score|rating|rank|age|latitude|longitude|lat|lon|lng|year|month|week|day)(_|$)",
    re.IGNORECASE,
)


def table_totals(
    block: Rows, context: BlockContext, columns: Sequence[str], query: Query
) -> dict[str, str]:
    """The totals in words by column, of the rows that match the filters of a query."""
    metrics = _metrics(block, context, columns)
    if not metrics:
        return {}
    numbered = {str(number): metric for number, metric in enumerate(metrics.values())}
    (row,) = context.store.group(block.table, (), numbered, Query(filters=query.filters))
    return {
        column: context.writer(block.table, column)(row[number])
        for column, number in zip(metrics, numbered, strict=True)
    }


def _metrics(block: Rows, context: BlockContext, columns: Sequence[str]) -> Mapping[str, str]:
    """The metric of each column that has a total."""
    if isinstance(block.totals, Mapping):
        return {name: block.totals[name] for name in columns if name in block.totals}
    return {name: f"sum({name})" for name in columns if _is_summed(block, context, name)}


def _is_summed(block: Rows, context: BlockContext, column: str) -> bool:
    """Whether the sum of a column has a meaning, and is exact, as far as its name and type say."""
    exact = context.kinds(block.table)[column].name in ("integer", "decimal")
    number = context.format(block.table, column) not in ("percent", "text")
    plain = not identifying(column) and not _NOT_SUMMED.search(column)
    return bool(block.totals) and exact and number and plain
