"""Validated queries as SQL of SQLite."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from medallion.contracts import Filter, Grouping, Kind, Metric, Term, fold
from medallion.query.sql_dialect import RANGES, SqlDialect, Statement, column_sql
from medallion.sinks.sqlite.database import FOLD
from medallion.sinks.sqlite.number_text import BIN, DOUBLE, SUM, TextNumber
from medallion.sinks.sqlite.row_encoder import bound

QUANTILE = "medallion_quantile"  # SQLite has no quantile
LOW_BITS = 2**32 - 1
_LENGTHS = {"year": 4, "month": 7, "day": 10}


class SqliteDialect(SqlDialect):
    """SQLite: null sorts below every value, and dates and times are text.

    Unless `indexed`, range filters use no index.
    """

    quantile = QUANTILE

    def __init__(self, *, indexed: bool = True) -> None:
        self.indexed = indexed

    def encode(self, kind: Kind, value: Any) -> Any:
        return bound(kind, value)

    def filtered(self, condition: Filter) -> str:
        column = column_sql(condition.field)
        # A unary plus before a column keeps SQLite from using its index.
        return column if self.indexed or condition.operator not in RANGES else f"+{column}"

    def contains(self, column: str, text: str) -> Statement:
        return f"instr({column}, ?) > 0", [text]

    def search(self, column: str, text: str) -> Statement:
        return f"instr({FOLD}({column}), ?) > 0", [fold(text)]

    def period(self, column: str, term: Term, kind: Kind) -> str:
        match term.form:
            case "quarter":
                months = f"cast(substr({column}, 6, 2) as integer)"
                return f"substr({column}, 1, 4) || '-Q' || (({months} + 2) / 3)"
            case "week":  # of the year that has its Thursday; SQLite before 3.46 has no %V
                day = f"date(substr({column}, 1, 10), '-3 days', 'weekday 4')"
                number = f"(strftime('%j', {day}) - 1) / 7 + 1"
                return f"strftime('%Y', {day}) || '-W' || substr('0' || ({number}), -2)"
        return f"substr({column}, 1, {_LENGTHS[term.form]})"

    def bin(self, column: str, term: Term) -> str:
        if not isinstance(term.kind, TextNumber):
            return super().bin(column, term)
        return f"{BIN}({column}, '{self.step(term)}')"

    def metric(self, metric: Metric, kinds: Mapping[str, Kind]) -> str:
        kind = kinds.get(metric.column or "")
        if not isinstance(kind, TextNumber) or metric.weight:
            return super().metric(metric, kinds)
        column = column_sql(metric.column or "")
        match metric.function:
            case "sum":
                return f"{SUM}({column})"
            case "mean":
                return f"{DOUBLE}({SUM}({column}), {kind.scale}) / count({column})"
        return super().metric(metric, kinds)

    def as_double(self, column: str | None, kinds: Mapping[str, Kind]) -> str:
        kind = kinds[column or ""]
        if not isinstance(kind, TextNumber):
            return super().as_double(column, kinds)
        return f"{DOUBLE}({column_sql(column or '')}, {kind.scale})"


class WideSums(SqliteDialect):
    """SQLite with sums of integers that are exact beyond 64 bits, where its own sum fails.

    Their columns have the bits above the lowest 32, and further columns at the end, in the same
    order, have the lowest 32 bits.
    """

    def group(self, table: str, grouping: Grouping) -> Statement:
        metrics = [self.metric(metric, grouping.columns) for metric in grouping.metrics]
        metrics += [
            f"{_low_bits(metric)} & {LOW_BITS}"
            for metric in grouping.metrics
            if is_integer_sum(metric)
        ]
        return self.groups(table, grouping, metrics, self._order(grouping))

    def metric(self, metric: Metric, kinds: Mapping[str, Kind]) -> str:
        if not is_integer_sum(metric):
            return super().metric(metric, kinds)
        return f"sum({column_sql(metric.column or '')} >> 32) + ({_low_bits(metric)} >> 32)"

    def _order(self, grouping: Grouping) -> str:
        names, sums = list(grouping.kinds), integer_sums(grouping)
        keys = []
        for sort in grouping.order:
            places = [names.index(sort.field)]
            places += [len(names) + sums.index(place) for place in places if place in sums]
            keys += [f"{place + 1} {self.direction(sort)}" for place in places]
        return ", ".join(keys)


def with_wide_sums(grouping: Grouping, row: Sequence[Any]) -> Sequence[Any]:
    """A row with the two parts of each wide sum combined."""
    values = list(row[: len(grouping.kinds)])
    for place, low_bits in zip(integer_sums(grouping), row[len(grouping.kinds) :], strict=True):
        if values[place] is not None:
            values[place] = (values[place] << 32) + low_bits
    return values


def integer_sums(grouping: Grouping) -> list[int]:
    """The positions of integer sums in a row."""
    first = len(grouping.terms)
    return [first + place for place, each in enumerate(grouping.metrics) if is_integer_sum(each)]


def is_integer_sum(metric: Metric) -> bool:
    """Whether it is a sum of stored integers."""
    exact = metric.kind.name in ("integer", "decimal")
    return metric.function == "sum" and exact and not isinstance(metric.kind, TextNumber)


def _low_bits(metric: Metric) -> str:
    return f"sum({column_sql(metric.column or '')} & {LOW_BITS})"
