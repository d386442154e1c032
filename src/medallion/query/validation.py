"""Queries, validated for all stores, and their positions between pages.

Order is total: after the query's own sort come the table's key columns, ascending, or for a table
without a key `_row`, the position its rows were loaded in. Null sorts below every value: first
ascending, last descending, as the databases' own indexes do. Null meets no condition but `isnull`.
A day that a timestamp is compared with means the whole day: `lte` includes it, `gt` begins after
it, `eq` asks for all of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, get_args

from medallion.errors import CallError, did_you_mean
from medallion.query.column_types import Kind, coerce, day_of, flag, kind_of
from medallion.query.cursor import CursorPosition, digest_of, write_cursor
from medallion.query.query import Filter, Operator, Query, Sort
from medallion.query.text_folding import LONGEST
from medallion.records import Served
from medallion.sql.relations import ROW

MOST_VALUES = 10_000

_OPERATORS = get_args(Operator)
_TEXT_ONLY = ("contains", "startswith", "search")


@dataclass(frozen=True)
class ValidatedQuery:
    """A validated query of the table `served`: filter values are of their column's kind.

    `order` is total. `after` are the values of the last row of the previous page; `query_digest` is
    one of table, filters and order; `kinds` are those of all columns.
    """

    served: Served
    kinds: Mapping[str, Kind]
    filters: tuple[Filter, ...]
    order: tuple[Sort, ...]
    fields: tuple[str, ...]
    limit: int
    query_digest: str
    after: tuple[Any, ...] | None

    @property
    def reads(self) -> tuple[str, ...]:
        """The columns to fetch: the requested fields, then those that only the cursor needs."""
        return tuple(dict.fromkeys((*self.fields, *(sort.field for sort in self.order))))

    def cursor(self, release: str, last: Sequence[Any]) -> str:
        """The cursor that continues after a row, whose values are in the order of `order`."""
        return write_cursor(
            CursorPosition(
                release, self.query_digest, tuple(None if v is None else str(v) for v in last)
            )
        )


def served_table(served: Mapping[str, Served], table: str) -> Served:
    """The served table of this plain name. Raises CallError with the nearest one."""
    if table not in served:
        raise CallError(f"no table {table!r}{did_you_mean(table, served)}")
    return served[table]


def validate_query(
    served: Served, query: Query, place: CursorPosition | None = None
) -> ValidatedQuery:
    """Validate a query against its table. Raises CallError at the first problem."""
    kinds = {column.name: kind_of(column.type) for column in served.columns}
    filters = tuple(part for condition in query.filters for part in _conditions(kinds, condition))
    order = _order(served, kinds, query.sort)
    for name in query.fields:
        _known(kinds, name)
    if query.limit < 1:
        raise CallError(f"limit must be at least 1, not {query.limit}")
    query_digest = digest_of(
        [served.table, [repr(condition) for condition in filters], [repr(sort) for sort in order]]
    )
    return ValidatedQuery(
        served=served,
        kinds={**kinds, ROW: Kind("integer")},
        filters=filters,
        order=order,
        fields=tuple(dict.fromkeys(query.fields)) or tuple(kinds),
        limit=query.limit,
        query_digest=query_digest,
        after=_after(kinds, order, query_digest, place),
    )


def key_values(served: Served, key: object) -> tuple[Any, ...]:
    """The values of a row's key, one for each key column. Raises CallError when they do not fit."""
    if not served.key:
        raise CallError(f"{served.table} has no key to get a row by", hint="find it with filters")
    values = tuple(key) if isinstance(key, tuple | list) else (key,)
    if len(values) != len(served.key):
        raise CallError(
            f"the key of {served.table} is ({', '.join(served.key)}), not {len(values)} value(s)"
        )
    types = {column.name: column.type for column in served.columns}
    return tuple(
        coerce(kind_of(types[name]), value, name)
        for name, value in zip(served.key, values, strict=True)
    )


def beyond_prefix(prefix: str) -> str | None:
    """The least text above all that begin with `prefix`; None when there is none."""
    while prefix:
        head, last = prefix[:-1], ord(prefix[-1])
        if last < 0x10FFFF:
            return head + chr(0xE000 if last == 0xD7FF else last + 1)
        prefix = head
    return None


def operand(kind: Kind, operator: str, value: Any, field: str) -> Any:
    """A caller's value as a value of the column; a day compared with a timestamp stays a day.

    Raises CallError naming the field, the value and the expected form.
    """
    day = day_of(value) if kind.name == "timestamp" else None
    if day is None:
        return coerce(kind, value, field)
    if operator in ("ne", "in"):
        raise CallError(
            f"{value} is a day, and {field!r} is a timestamp",
            hint="write the time of day too, or ask for a range by `gte` and `lte`",
        )
    return day


def _conditions(kinds: Mapping[str, Kind], condition: Filter) -> Iterator[Filter]:
    """A condition for stores: a day is replaced by its beginning, or by that of the next day."""
    checked = _condition(kinds, condition)
    kind, name, day = kinds[checked.field], checked.field, checked.value
    if kind.name != "timestamp" or not isinstance(day, date) or isinstance(day, datetime):
        yield checked
        return
    begin = coerce(kind, day, name)
    after = coerce(kind, day + timedelta(1), name) if day < date.max else None
    if checked.operator in ("lt", "gte"):
        yield Filter(name, checked.operator, begin)
        return
    if checked.operator == "gt":
        yield Filter(name, "gte", after) if after else Filter(name, "in", ())
        return
    if checked.operator == "eq":
        yield Filter(name, "gte", begin)
    yield Filter(name, "lt", after) if after else Filter(name, "isnull", False)


def _condition(kinds: Mapping[str, Kind], condition: Filter) -> Filter:
    kind = _known(kinds, condition.field)
    operator, value = condition.operator, condition.value
    if operator not in _OPERATORS:
        raise CallError(f"no operator {operator!r}{did_you_mean(str(operator), _OPERATORS)}")
    if operator == "isnull":
        return Filter(condition.field, operator, _flag(value, condition.field))
    if operator in _TEXT_ONLY and kind.name != "text":
        raise CallError(f"{operator!r} asks text, and {condition.field!r} is of type {kind}")
    if operator == "in":
        return Filter(condition.field, operator, _values(kind, value, condition.field))
    if value is None:
        raise CallError(f"{condition.field!r} cannot be compared with null", hint="ask `isnull`")
    if operator == "search" and isinstance(value, str) and len(value) > LONGEST:
        raise CallError(
            f"{condition.field!r} is searched for at most {LONGEST} letters, not {len(value)}"
        )
    return Filter(condition.field, operator, operand(kind, operator, value, condition.field))


def _values(kind: Kind, values: object, field: str) -> tuple[Any, ...]:
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise CallError(f"`in` takes a list of values for {field!r}, not {values!r}")
    listed = tuple(values)
    if len(listed) > MOST_VALUES:
        raise CallError(f"`in` takes at most {MOST_VALUES} values for {field!r}, not {len(listed)}")
    return tuple(operand(kind, "in", value, field) for value in listed)


def _flag(value: object, field: str) -> bool:
    try:
        return flag(value)
    except ValueError:
        raise CallError(f"`isnull` takes true or false for {field!r}, not {value!r}") from None


def _order(served: Served, kinds: Mapping[str, Kind], sorts: Sequence[Sort]) -> tuple[Sort, ...]:
    names = [sort.field for sort in sorts]
    for name in names:
        if not _known(kinds, name).ordered:
            raise CallError(f"{name!r} is of type {kinds[name]}, which has no order to sort by")
        if names.count(name) > 1:
            raise CallError(f"{name!r} is sorted by twice")
    last = served.key or (ROW,)
    return (*sorts, *(Sort(name) for name in last if name not in names))


def _after(
    kinds: Mapping[str, Kind],
    order: Sequence[Sort],
    query_digest: str,
    place: CursorPosition | None,
) -> tuple[Any, ...] | None:
    if place is None:
        return None
    if place.query_digest != query_digest or len(place.values) != len(order):
        raise CallError(
            "the cursor belongs to another query", hint="keep table, filters and sort as they were"
        )
    return tuple(
        None if value is None else coerce(kinds.get(sort.field, Kind("integer")), value, sort.field)
        for sort, value in zip(order, place.values, strict=True)
    )


def _known(kinds: Mapping[str, Kind], name: str) -> Kind:
    if name not in kinds:
        raise CallError(f"no column {name!r}{did_you_mean(name, kinds)}")
    return kinds[name]
