"""What a visitor can click in a block: marks, each with a condition on the rows behind it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from medallion.query.column_types import Kind
from medallion.query.condition_text import any_of, between_text, equal_text
from medallion.sql.relations import quote

_PERIODS = ("year", "month", "day")
_MONTHS = 12


@dataclass(frozen=True)
class Mark:
    """One bar, point, cell or row: its `label`, the `figure` that it shows, in words, and the
    `condition` that the rows behind it meet, next to the filters of the page.

    `key` is that of a row, to ask an API for it, and `values` are its columns and their values.
    """

    label: str
    figure: str = ""
    condition: str = ""
    key: tuple[Any, ...] = ()
    values: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Marks:
    """The marks of a block by number, each made when it is needed."""

    count: int
    at: Callable[[int], Mark]


def term_condition(kinds: Mapping[str, Kind], term: str, values: Collection[Any]) -> str:
    """The condition that a term, such as `month(day)`, has one of the values that a store gives.

    Raises CallError for a column that cannot be compared.
    """
    form, _, inside = term.removesuffix(")").partition("(")
    if term in kinds or form not in (*_PERIODS, "bin"):
        return equal_text(term, kinds[term], values)
    column, _, width = inside.rpartition(",") if form == "bin" else (inside, "", "")
    column = column.strip()
    kind = kinds[column]

    def condition(value: Any) -> str:
        if value is None or value != value:
            return equal_text(column, kind, [None])
        if form == "bin":
            return _bin(column, kind, value, Decimal(width.strip()))
        return between_text(column, kind, *_period(value))

    return any_of(map(condition, values))


def _bin(column: str, kind: Kind, low: Any, width: Decimal) -> str:
    if kind.name != "float":
        return between_text(column, kind, low, Decimal(str(low)) + width)
    # As stores compute it, since a value at a bound may be rounded into either bin.
    step = f"{float(width)!r}::double"
    return f"floor({quote(column)} / {step}) * {step} = {float(low)!r}::double"


def _period(text: str) -> tuple[date, date | None]:
    """The first day of a year, month or day, and of the next one; None after the year 9999."""
    year, month, day = (int(part) for part in [*text.split("-"), "1", "1"][:3])
    first = date(year, month, day)
    try:
        match text.count("-"):
            case 0:
                return first, date(year + 1, 1, 1)
            case 1:
                return first, date(year + month // _MONTHS, month % _MONTHS + 1, 1)
        return first, date.fromordinal(first.toordinal() + 1)
    except (ValueError, OverflowError):
        return first, None
