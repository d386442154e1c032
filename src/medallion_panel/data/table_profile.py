"""The profile of a table: of each column its nulls, distinct values, bounds and distribution."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from medallion.contracts import quote
from medallion.query.column_types import Kind, kind_of
from medallion.records import Column

if TYPE_CHECKING:
    from medallion.contracts import Relation

BINS = 20
MOST_EXACT = 100_000  # rows of a table whose distinct values are counted exactly
MOST_COMMON = 12  # distinct values of a text that are counted one by one

_NUMBERS = ("integer", "decimal", "float")
_MOMENTS = ("date", "timestamp")


@dataclass(frozen=True)
class ColumnProfile:
    """One column. `distinct` is None where values cannot be compared.

    `low` and `high` are the least and the greatest value. `bars` are the numbers of rows in equal
    intervals between them, of numbers and times; `common` the values of other columns, if they are
    few, with their numbers of rows, most first.
    """

    name: str
    nulls: int
    distinct: int | None = None
    low: Any = None
    high: Any = None
    bars: tuple[int, ...] = ()
    common: tuple[tuple[Any, int], ...] = ()


@dataclass(frozen=True)
class TableProfile:
    """The columns of a table of `rows` rows; `exact` says whether distinct values are counted."""

    rows: int
    exact: bool
    columns: tuple[ColumnProfile, ...]


@dataclass(frozen=True)
class _Measured:
    """The first figures of a column; `bounds` are those of its values as finite numbers."""

    column: Column
    kind: Kind
    nulls: int
    distinct: int | None
    low: Any
    high: Any
    bounds: tuple[float, float] | None


def table_profile(rows: Relation, columns: Sequence[Column]) -> TableProfile:
    """The profile of rows, computed by two queries over all of them."""
    ((total,),) = rows.aggregate("count(*)").fetchall()
    exact = total <= MOST_EXACT
    measured = _measured(rows, columns, total, exact=exact)
    distributions = _distributions(rows, measured)
    profiles = []
    for each in measured:
        counts = distributions.get(each.column.name, {})
        bars: tuple[int, ...] = ()
        common: tuple[tuple[Any, int], ...] = ()
        if each.bounds:
            bars = tuple(counts.get(number, 0) for number in range(BINS))
        else:
            common = tuple(sorted(counts.items(), key=lambda pair: (-pair[1], str(pair[0]))))
        profiles.append(
            ColumnProfile(
                each.column.name, each.nulls, each.distinct, each.low, each.high, bars, common
            )
        )
    return TableProfile(total, exact, tuple(profiles))


def _measured(
    rows: Relation, columns: Sequence[Column], total: int, *, exact: bool
) -> list[_Measured]:
    kinds = [kind_of(column.type) for column in columns]
    terms = []
    for column, kind in zip(columns, kinds, strict=True):
        name = quote(column.name)
        distinct = f"count(distinct {name})" if exact else f"approx_count_distinct({name})"
        low, high = (f"{function}({name})" for function in ("min", "max"))
        terms += [f"count({name})"]
        terms += [distinct, low, high] if kind.ordered else ["null", "null", "null"]
        number = _number(name, kind)
        finite = f"filter (isfinite({number}))"
        terms += [f"min({number}) {finite}", f"max({number}) {finite}"] if number else ["null"] * 2
    (figures,) = rows.aggregate(", ".join(terms)).fetchall()
    measured = []
    for place, (column, kind) in enumerate(zip(columns, kinds, strict=True)):
        count, distinct, low, high, least, most = figures[6 * place : 6 * place + 6]
        bounds = (least, most) if least is not None else None
        measured.append(_Measured(column, kind, total - count, distinct, low, high, bounds))
    return measured


def _distributions(rows: Relation, measured: Sequence[_Measured]) -> dict[str, dict[Any, int]]:
    """By column the rows by number of interval, or by value where these are few."""
    terms = {}
    for each in measured:
        name = quote(each.column.name)
        if each.bounds:
            least, most = each.bounds
            width = (most - least) / BINS
            number = _number(name, each.kind)
            place = f"floor(({number} - {least!r}) / {width!r})" if width else "0"
            place = f"cast(greatest(0, least({BINS - 1}, {place})) as integer)"
            terms[each.column.name] = f"histogram({place}) filter (isfinite({number}))"
        elif each.kind.name in ("text", "boolean") and (each.distinct or 0) <= MOST_COMMON:
            terms[each.column.name] = f"histogram({name})"
    if not terms:
        return {}
    (figures,) = rows.aggregate(", ".join(terms.values())).fetchall()
    return {name: counts or {} for name, counts in zip(terms, figures, strict=True)}


def _number(name: str, kind: Kind) -> str:
    """A value as a number for intervals, empty for a kind that has none."""
    if kind.name in _NUMBERS:
        return f"cast({name} as double)"
    return f"epoch(cast({name} as timestamp))" if kind.name in _MOMENTS else ""
