"""Tables in memory: small ones whole, large ones by their first rows. Queried like a store."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from itertools import islice
from typing import Any

from medallion.contracts import Page, Sort
from medallion.query.row_filter import Row, matching_rows
from medallion.query.validation import ValidatedQuery
from medallion.records import Served

_ORDERS = 16
_PARTS = 64


class SmallTable:
    """All rows of a table, with the sort orders and partitions that queries used."""

    def __init__(self, served: Served, rows: list[Row]) -> None:
        self.cells = len(rows) * len(served.columns)
        self._served = served
        self._rows = rows
        self._orders: dict[tuple[Sort, ...], _Ordered] = {}

    def page(self, checked: ValidatedQuery, release: str) -> Page | None:
        """The page of a query; None when only the store can position its start or end."""
        ordered = self._ordered(checked.order)
        parts = [
            ordered.part(one.field, one.value) for one in checked.filters if one.operator == "eq"
        ]
        ordered = min((part for part in parts if part is not None), key=len, default=ordered)
        start = 0
        if checked.after is not None:
            place = ordered.place(checked.after) if self._served.key else None
            if place is None:
                return None
            start = place + 1
        rows = islice(ordered.rows, start, None) if start else iter(ordered.rows)
        found = list(islice(matching_rows(rows, checked.filters), checked.limit + 1))
        if len(found) > checked.limit and not self._served.key:
            return None
        return _page(found, checked, self._served, release)

    def count(self, checked: ValidatedQuery) -> int:
        return sum(1 for _ in matching_rows(self._rows, checked.filters))

    def _ordered(self, order: tuple[Sort, ...]) -> _Ordered:
        known = self._orders.get(order)
        if known is None:
            rows = list(self._rows)
            for sort in reversed(order if self._served.key else order[:-1]):
                rows.sort(key=_rank(sort.field), reverse=sort.descending)
            known = _Ordered(rows, order)
            if len(self._orders) < _ORDERS:
                self._orders[order] = known
        return known


class Head:
    """The first rows in an order that have certain values; all such rows when `whole`."""

    def __init__(self, served: Served, rows: list[Row], *, whole: bool) -> None:
        self.cells = len(rows) * len(served.columns)
        self._served = served
        self._rows = rows
        self._whole = whole

    def page(self, checked: ValidatedQuery, release: str) -> Page | None:
        """The first page of rows that meet further filters; None when it needs more rows."""
        found = list(islice(matching_rows(self._rows, checked.filters), checked.limit + 1))
        if len(found) <= checked.limit and not self._whole:
            return None
        return _page(found, checked, self._served, release)


class _Ordered:
    """Rows in an order, with their positions and their partitions by column values."""

    def __init__(self, rows: list[Row], order: tuple[Sort, ...]) -> None:
        self.rows = rows
        self._order = order
        self._places: dict[tuple[Any, ...], int] = {}
        self._parts: dict[str, dict[Any, _Ordered]] = {}

    def __len__(self) -> int:
        return len(self.rows)

    def place(self, values: tuple[Any, ...]) -> int | None:
        """The position of the row with these unique values in the columns of the order."""
        if not self._places:
            names = [sort.field for sort in self._order]
            self._places = {
                tuple([row[name] for name in names]): number for number, row in enumerate(self.rows)
            }
        return self._places.get(values)

    def part(self, name: str, value: Any) -> _Ordered | None:
        """The rows with a value in a column; None when too many columns are partitioned."""
        known = self._parts.get(name)
        if known is None:
            if len(self._parts) >= _PARTS:
                return None
            rows: dict[Any, list[Row]] = defaultdict(list)
            for row in self.rows:
                rows[row[name]].append(row)
            known = {given: _Ordered(part, self._order) for given, part in rows.items()}
            self._parts[name] = known
        return known.get(value) or _Ordered([], self._order)


def _page(found: list[Row], checked: ValidatedQuery, served: Served, release: str) -> Page:
    """The page of these rows; one row beyond its limit means that there is a next page."""
    cursor = None
    if len(found) > checked.limit:
        found.pop()
        cursor = checked.cursor(release, [found[-1][sort.field] for sort in checked.order])
    if checked.fields != tuple(column.name for column in served.columns):
        found = [{name: row[name] for name in checked.fields} for row in found]
    return Page(found, release, cursor)


def _rank(name: str) -> Callable[[Row], tuple[Any, ...]]:
    """A sort key that puts null below every value."""
    return lambda row: () if row[name] is None else (row[name],)
