"""Validated queries as SQL: what is common to all databases, and what each one writes otherwise.

Names are quoted and values are bound. A table is named `t` in its queries. Unless the database has
`native_decimals`, a decimal is stored as an integer of 64 bits, of its last digit: 1.50 with
scale 2 is 150. So it is exact and sorts.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar

from medallion.query.aggregation import Grouping, Metric, Term
from medallion.query.column_types import Kind
from medallion.query.cursor import damaged_cursor
from medallion.query.query import Filter, Sort
from medallion.query.stored_integers import EXACT, LEAST, MOST, compare_integer
from medallion.query.validation import ValidatedQuery, beyond_prefix
from medallion.sql.relations import quote

Statement = tuple[str, list[Any]]
"""SQL, and the values to bind to it."""

RANGES = ("lt", "lte", "gt", "gte")

COMPARE = {"eq": "=", "ne": "<>", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}


class SqlDialect(ABC):
    """The SQL of queries in one database; a subclass says what it writes otherwise."""

    quantile: ClassVar[str]
    """The function of a column and a fraction that `quantile_of` calls."""

    ascending: ClassVar[str] = "asc"
    descending: ClassVar[str] = "desc"
    """How to sort so that null is below every value."""

    native_decimals: ClassVar[bool] = False
    """Whether decimals are stored as such, exact at any precision."""

    @abstractmethod
    def encode(self, kind: Kind, value: Any) -> Any:
        """A value that is not null as it is stored; a decimal by `scaled` unless it is native."""

    @abstractmethod
    def contains(self, column: str, text: str) -> Statement: ...

    @abstractmethod
    def search(self, column: str, text: str) -> Statement: ...

    def startswith(self, column: str, prefix: str) -> Statement:
        end = beyond_prefix(prefix)
        if end is None:
            return f"{column} >= ?", [prefix]
        return f"({column} >= ? and {column} < ?)", [prefix, end]

    @abstractmethod
    def period(self, column: str, term: Term, kind: Kind) -> str:
        """The period of a date or timestamp, as text or as its first moment."""

    def finite(self, expression: str) -> str:
        """A figure, null where infinite values make it NaN."""
        return expression

    def filtered(self, condition: Filter) -> str:
        """The column of a condition."""
        return column_sql(condition.field)

    def relation(self, table: str) -> str:
        """A physical table as it is named in a query."""
        return quote(table)

    def quantile_of(self, value: str, fraction: float) -> str:
        """The quantile of a column, interpolated linearly."""
        return f"{self.quantile}({value}, {fraction!r})"

    # Rows

    def page(self, checked: ValidatedQuery, nulls: Collection[str]) -> Statement:
        """The page of a query, and one more row, which shows whether there is a next page.

        `nulls` are the columns with a null; for all others a bound lets the index begin at the
        cursor.
        """
        where, values = self.where(checked.filters, checked.kinds)
        if checked.after is not None:
            after, more_values = self._after(checked, nulls)
            where, values = f"{where} and {after}", [*values, *more_values]
        columns, order = columns_sql(checked.reads), self.order(checked.order)
        table = self.relation(checked.served.name)
        sql = f"select {columns} from {table} as t where {where} order by {order} limit ?"
        return sql, [*values, checked.limit + 1]

    def rows(self, table: str, columns: str, checked: ValidatedQuery) -> Statement:
        """SQL of columns of all rows that match, in no particular order."""
        where, values = self.where(checked.filters, checked.kinds)
        return f"select {columns} from {self.relation(table)} as t where {where}", values

    def order(self, order: Iterable[Sort], names: Sequence[str] = ()) -> str:
        """The columns to sort by; by their position among `names`, when given."""
        return ", ".join(
            f"{names.index(sort.field) + 1 if names else column_sql(sort.field)} "
            f"{self.direction(sort)}"
            for sort in order
        )

    def direction(self, sort: Sort) -> str:
        return self.descending if sort.descending else self.ascending

    # Filters

    def where(self, filters: Iterable[Filter], kinds: Mapping[str, Kind]) -> Statement:
        """Validated filters as one condition."""
        parts, values = list[str](), list[Any]()
        for condition in filters:
            part, operands = self._condition(condition, kinds[condition.field])
            parts.append(part)
            values += operands
        return " and ".join(parts) or "true", values

    def _condition(self, condition: Filter, kind: Kind) -> Statement:
        column, value = self.filtered(condition), condition.value
        match condition.operator:
            case "isnull":
                return f"{column} is {'' if value else 'not '}null", []
            case "contains":
                return self.contains(column, value)
            case "search":
                return self.search(column, value)
            case "startswith":
                return self.startswith(column, value)
            case "in":
                encoded = (self.encode(kind, item) for item in value)
                values = [item for item in encoded if not self.unstorable(item)]
                marks = ", ".join("?" * len(values))
                return (f"{column} in ({marks})", values) if values else ("false", [])
        return self.compare(column, condition.operator, self.encode(kind, value))

    def compare(self, column: str, operator: str, value: Any) -> Statement:
        """A comparison of a column with a value."""
        if self.unstorable(value):
            return compare_integer(column, operator, value)
        return f"{column} {COMPARE[operator]} ?", [value]

    def unstorable(self, value: Any) -> bool:
        """Whether no stored value equals it: a number between two stored integers, some texts."""
        return isinstance(value, Decimal) and not self.native_decimals

    # Pages

    def _after(self, checked: ValidatedQuery, nulls: Collection[str]) -> Statement:
        """The rows after the cursor: equal in the first n columns of the order, after in the next.

        A condition on the first column lets an index begin at the cursor.
        """
        order = checked.order
        cursor = [
            value if value is None else self._position(checked.kinds[sort.field], value)
            for sort, value in zip(order, checked.after or (), strict=True)
        ]
        bound, values = _index_bound(order[0], cursor[0], nullable=order[0].field in nulls)
        alternatives: list[str] = []
        for number, (sort, value) in enumerate(zip(order, cursor, strict=True)):
            former = list(zip(order[:number], cursor[:number], strict=True))
            equal = [
                f"{column_sql(sort.field)} {'is null' if value is None else '= ?'}"
                for sort, value in former
            ]
            next_values, operands = _next_values(sort, value, nullable=sort.field in nulls)
            alternatives.append(" and ".join([*equal, next_values]))
            values += [value for _, value in former if value is not None] + operands
        return f"{bound} and ({' or '.join(alternatives)})", values

    def _position(self, kind: Kind, value: Any) -> Any:
        """A cursor's value as it is stored, between the least and the greatest stored integer.

        Raises CallError for another value that is not stored, which no row before the cursor has.
        """
        stored = self.encode(kind, value)
        if not self.unstorable(stored):
            return stored
        if not isinstance(stored, Decimal):
            raise damaged_cursor()
        return max(LEAST, min(MOST, int(stored)))

    # Groups

    def group(self, table: str, grouping: Grouping) -> Statement:
        """One row per group, its columns in the order of `grouping.kinds`.

        Columns are referred to by position, because two names may differ in case alone.
        """
        metrics = [self.metric(metric, grouping.columns) for metric in grouping.metrics]
        return self.groups(table, grouping, metrics, self.order(grouping.order, [*grouping.kinds]))

    def groups(
        self, table: str, grouping: Grouping, metrics: Sequence[str], order: str
    ) -> Statement:
        """One row per group with these figures, as SQL, after the terms."""
        where, values = self.where(grouping.filters, grouping.columns)
        terms = [self._term(term, grouping.columns[term.column]) for term in grouping.terms]
        columns = ", ".join([*terms, *metrics])
        sql = f"select {columns} from {self.relation(table)} as t where {where}"
        if terms:
            sql += f" group by {', '.join(str(place) for place in range(1, len(terms) + 1))}"
        if order:
            sql += f" order by {order}"
        return f"{sql} limit ?", [*values, grouping.limit]

    def _term(self, term: Term, kind: Kind) -> str:
        column = column_sql(term.column)
        if term.form == "plain":
            return column
        return self.bin(column, term) if term.form == "bin" else self.period(column, term, kind)

    def bin(self, column: str, term: Term) -> str:
        """The lower bound of the bin that a number falls in."""
        if term.kind.name == "float":
            width = double(repr(float(term.width)))
            return f"floor({column} / {width}) * {width}"
        step = self.step(term)
        return f"({column} - (({column} % {step}) + {step}) % {step})"

    def step(self, term: Term) -> str:
        """The width of bins as numbers are stored."""
        return format(term.width.scaleb(self._shift(term.kind), EXACT), "f")

    def metric(self, metric: Metric, kinds: Mapping[str, Kind]) -> str:
        """A figure of a group."""
        match metric.function:
            case "ratio":
                dividend, divisor = (self._ratio_part(part, kinds) for part in metric.parts)
                return self.finite(f"{dividend} / nullif({divisor}, 0)")
            case "quantile":
                value = self.as_double(metric.column, kinds)
                return self.finite(self.quantile_of(value, metric.fraction or 0.0))
            case "mean" if metric.weight:
                value, weight = (self.as_double(name, kinds) for name in metric.columns)
                weights = f"sum(case when {value} is not null then {weight} end)"
                return self.finite(f"sum({value} * {weight}) / nullif({weights}, 0)")
            case "mean":
                scale = self._shift(kinds[metric.column or ""])
                mean = f"avg({column_sql(metric.column or '')})"
                return f"{mean} / {10**scale}.0" if scale else mean
            case "count_distinct":
                return f"count(distinct {column_sql(metric.column or '')})"
        return f"{metric.function}({column_sql(metric.column) if metric.column else '*'})"

    def _ratio_part(self, metric: Metric, kinds: Mapping[str, Kind]) -> str:
        """Dividend or divisor of a ratio, as floating point, which cannot overflow."""
        if metric.column is None:
            return double("count(*)")
        return f"sum({self.as_double(metric.column, kinds)})"

    def as_double(self, column: str | None, kinds: Mapping[str, Kind]) -> str:
        """The number of a column as floating point."""
        scale = self._shift(kinds[column or ""])
        return f"({double(column_sql(column or ''))}{f' / {10**scale}.0' if scale else ''})"

    def _shift(self, kind: Kind) -> int:
        """By how many places a stored number is shifted."""
        return 0 if self.native_decimals else kind.scale


def column_sql(name: str) -> str:
    return f"t.{quote(name)}"


def columns_sql(names: Iterable[str]) -> str:
    return ", ".join(map(column_sql, names))


def _next_values(sort: Sort, value: Any, *, nullable: bool) -> Statement:
    column = column_sql(sort.field)
    if value is None:
        return ("false" if sort.descending else f"{column} is not null"), []
    if not sort.descending:
        return f"{column} > ?", [value]
    return (f"({column} < ? or {column} is null)" if nullable else f"{column} < ?"), [value]


def _index_bound(sort: Sort, value: Any, *, nullable: bool) -> Statement:
    column = column_sql(sort.field)
    if value is None:
        return (f"{column} is null" if sort.descending else "true"), []
    if not sort.descending:
        return f"{column} >= ?", [value]
    return ("true", []) if nullable else (f"{column} <= ?", [value])


def double(expression: str) -> str:
    return f"cast({expression} as double precision)"
