"""Tables in memory: validated queries in Python, for caches and stores without a database.

Sort orders and partitions by value are kept once a query has used them, so that a page costs no
more than its rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import localcontext
from itertools import islice
from math import floor
from operator import eq, ge, gt, le, lt, ne
from typing import Any

from medallion.query.aggregation import Grouping, Metric, Term
from medallion.query.metrics import quantile_of
from medallion.query.periods import period_text
from medallion.query.query import Filter, Page, Sort
from medallion.query.stored_integers import EXACT
from medallion.query.text_folding import fold
from medallion.query.validation import ValidatedQuery
from medallion.records import Served
from medallion.sql.relations import ROW

Row = dict[str, Any]

_ORDERS = 16
_PARTS = 64

_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": eq,
    "ne": ne,
    "lt": lt,
    "lte": le,
    "gt": gt,
    "gte": ge,
    "contains": lambda value, operand: operand in value,
    "startswith": lambda value, operand: value.startswith(operand),
}


class MemoryTable:
    """The rows of a table, or some of them, in memory. Answers as the `Store` contract says.

    Parameters: `rows` in the order they were loaded, with values as stores return them, and with
    `_row` where pages of a table without a key are wanted.
    """

    def __init__(self, served: Served, rows: Sequence[Row]) -> None:
        self.values = len(rows) * len(served.columns)
        self._rows = rows
        self._names = tuple(rows[0]) if rows else ()
        self._orders: dict[tuple[Sort, ...], _SortedRows] = {}

    def page(self, query: ValidatedQuery, release: str) -> Page:
        """The answer of `Store.read_page`, from rows of this release."""
        ordered = self._sorted(query.order)
        parts = [
            ordered.part(one.field, one.value) for one in query.filters if one.operator == "eq"
        ]
        ordered = min((part for part in parts if part is not None), key=len, default=ordered)
        start = 0 if query.after is None else ordered.position_after(query.after)
        rows = islice(ordered.rows, start, None) if start else iter(ordered.rows)
        page = list(islice(matching_rows(rows, query.filters), query.limit + 1))
        cursor = None
        if len(page) > query.limit:
            page.pop()
            cursor = query.cursor(release, [page[-1][sort.field] for sort in query.order])
        return Page(self._projected(page, query), release, cursor)

    def count(self, query: ValidatedQuery) -> int:
        """The answer of `Store.read_count`."""
        return sum(1 for _ in matching_rows(self._rows, query.filters))

    def batches(self, query: ValidatedQuery, size: int) -> Iterator[list[Row]]:
        """The answer of `Store.read_batches`."""
        rows = matching_rows(self._sorted(query.order).rows, query.filters)
        while batch := list(islice(rows, size)):
            yield self._projected(batch, query)

    def groups(self, query: Grouping) -> list[Row]:
        """The answer of `Store.read_groups`."""
        groups: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
        if not query.terms:
            groups[()] = []  # without `by` there is one group, even without rows
        with localcontext(EXACT):
            for row in matching_rows(self._rows, query.filters):
                groups[tuple(_term(term, row[term.column]) for term in query.terms)].append(row)
            results = [
                dict(zip((term.column for term in query.terms), key, strict=True))
                | {metric.name: _metric(metric, rows) for metric in query.metrics}
                for key, rows in groups.items()
            ]
        return _in_order(results, query.order)[: query.limit]

    def _sorted(self, order: tuple[Sort, ...]) -> _SortedRows:
        ordered = self._orders.get(order)
        if ordered is None:
            # Rows without `_row` have its order already.
            sorts = [sort for sort in order if sort.field != ROW or ROW in self._names]
            ordered = _SortedRows(_in_order(list(self._rows), sorts), order)
            if len(self._orders) < _ORDERS:
                self._orders[order] = ordered
        return ordered

    def _projected(self, rows: list[Row], query: ValidatedQuery) -> list[Row]:
        if query.fields == self._names:
            return rows
        return [{name: row[name] for name in query.fields} for row in rows]


class _SortedRows:
    """Rows in an order, with their positions and their partitions by column values."""

    def __init__(self, rows: list[Row], order: tuple[Sort, ...]) -> None:
        self.rows = rows
        self._order = order
        self._positions: dict[tuple[Any, ...], int] = {}
        self._parts: dict[str, dict[Any, _SortedRows]] = {}

    def __len__(self) -> int:
        return len(self.rows)

    def position_after(self, values: tuple[Any, ...]) -> int:
        """The position of the first row after one with these values in the columns of the order."""
        names = [sort.field for sort in self._order]
        if not self._positions:
            keys = (tuple([row[name] for name in names]) for row in self.rows)
            self._positions = {key: number for number, key in enumerate(keys)}
        position = self._positions.get(values)
        if position is not None:
            return position + 1
        last = dict(zip(names, values, strict=True))
        return sum(1 for row in self.rows if not _is_after(row, last, self._order))

    def part(self, name: str, value: Any) -> _SortedRows | None:
        """The rows with a value in a column; None when too many columns are partitioned."""
        parts = self._parts.get(name)
        if parts is None:
            if len(self._parts) >= _PARTS:
                return None
            rows: dict[Any, list[Row]] = defaultdict(list)
            for row in self.rows:
                rows[row[name]].append(row)
            parts = {key: _SortedRows(part, self._order) for key, part in rows.items()}
            self._parts[name] = parts
        return parts.get(value) or _SortedRows([], self._order)


def matching_rows(rows: Iterable[Row], filters: Sequence[Filter]) -> Iterator[Row]:
    """The rows that meet all filters, in their order; `filters` are those of a validated query."""
    matching = iter(rows)
    for condition in filters:
        matching = filter(_predicate(condition), matching)
    return matching


def _predicate(condition: Filter) -> Callable[[Row], bool]:
    name, operand = condition.field, condition.value
    if condition.operator == "isnull":
        return lambda row: (row[name] is None) is operand
    if condition.operator == "in":
        operands = frozenset(operand)
        return lambda row: row[name] in operands
    if condition.operator == "search":
        folded = fold(operand)
        return lambda row: row[name] is not None and folded in fold(row[name])
    compare = _COMPARISONS[condition.operator]
    return lambda row: row[name] is not None and compare(row[name], operand)


def _in_order(rows: list[Row], order: Iterable[Sort]) -> list[Row]:
    """Sort rows in place; nulls sort below every value."""
    for sort in reversed(list(order)):
        rows.sort(key=_rank(sort.field), reverse=sort.descending)
    return rows


def _rank(name: str) -> Callable[[Row], tuple[Any, ...]]:
    """A sort key that puts null below every value."""
    return lambda row: () if row[name] is None else (row[name],)


def _is_after(row: Row, last: Row, order: Iterable[Sort]) -> bool:
    """Whether a row comes after another one in an order."""
    for sort in order:
        rank = _rank(sort.field)
        if rank(row) != rank(last):
            return (rank(row) < rank(last)) is sort.descending
    return False


def _term(term: Term, value: Any) -> Any:
    """The value by which a row is grouped."""
    if value is None or term.form == "plain":
        return value
    if term.form == "bin":
        width = type(value)(term.width)
        return floor(value / width) * width
    return period_text(term.form, value)


def _metric(metric: Metric, rows: Sequence[Row]) -> Any:
    if metric.parts:
        dividend, divisor = (_metric(part, rows) for part in metric.parts)
        return float(dividend) / float(divisor) if dividend is not None and divisor else None
    if metric.column is None:
        return len(rows)
    values = [row[metric.column] for row in rows if row[metric.column] is not None]
    if metric.fraction is not None:
        return quantile_of([float(value) for value in values], metric.fraction)
    if metric.weight is not None:
        return _weighted_mean([(row[metric.column], row[metric.weight]) for row in rows])
    if metric.function == "count_distinct":
        return len(set(values))
    if not values:
        return None
    functions: Mapping[str, Callable[[list[Any]], Any]] = {
        "sum": sum,
        "min": min,
        "max": max,
        "mean": lambda numbers: float(sum(numbers) / len(numbers)),
    }
    value = functions[metric.function](values)
    return None if value != value else value  # infinities of both signs have no sum


def _weighted_mean(pairs: Iterable[tuple[Any, Any]]) -> float | None:
    weighted = [
        (float(value), float(weight)) for value, weight in pairs if None not in (value, weight)
    ]
    total = sum(weight for _, weight in weighted)
    return sum(value * weight for value, weight in weighted) / total if total else None
