"""What a visitor can click in a block: marks, each with a condition on the rows behind it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

from medallion.query.column_types import Kind
from medallion.query.condition_text import all_of, any_of, between_text, equal_text
from medallion.query.periods import PERIODS, period_span
from medallion.sql.relations import quote

MOST_PARTS = 500  # of a block that a visitor can choose from

# A term that a store groups by, such as `month(day)`, and values that it gives.
Term: TypeAlias = tuple[str, Sequence[Any]]


@dataclass(frozen=True)
class Mark:
    """One bar, point, cell or row: its `label`, the `figure` that it shows, in words, and the
    `condition` that the rows behind it meet, next to the filters of the page.

    `key` is that of a row, to ask an API for it, and `values` are its columns and their values;
    `terms` are what a click filters by.
    """

    label: str
    figure: str = ""
    condition: str = ""
    key: tuple[Any, ...] = ()
    values: tuple[tuple[str, str], ...] = ()
    terms: tuple[Term, ...] = ()


@dataclass(frozen=True)
class Marks:
    """The marks of a block by number, each made when it is needed."""

    count: int
    at: Callable[[int], Mark]


def part_names(marks: Marks) -> list[str]:
    """The first marks in words, with their figures."""
    parts = map(marks.at, range(min(marks.count, MOST_PARTS)))
    return [": ".join(filter(None, (mark.label, mark.figure))) for mark in parts]


def mark_of(
    kinds: Mapping[str, Kind],
    label: str,
    terms: Sequence[Term],
    figure: str = "",
    key: tuple[Any, ...] = (),
) -> Mark:
    """The mark of the rows where each term has one of its values."""
    conditions = (term_condition(kinds, term, values) for term, values in terms)
    return Mark(label, figure, all_of(conditions), key, terms=tuple(terms))


def term_condition(kinds: Mapping[str, Kind], term: str, values: Collection[Any]) -> str:
    """The condition that a term, such as `month(day)`, has one of the values that a store gives.

    Raises CallError for a column that cannot be compared.
    """
    form, column, width = _parts(kinds, term)
    kind = kinds[column]
    if not form:
        return equal_text(column, kind, values)

    def condition(value: Any) -> str:
        if value is None or value != value:
            return equal_text(column, kind, [None])
        if form == "bin":
            return _bin(column, kind, value, width)
        return between_text(column, kind, *period_span(value))

    return any_of(map(condition, values))


def term_span(
    kinds: Mapping[str, Kind], term: str, values: Sequence[Any]
) -> tuple[str, tuple[Any, Any] | None]:
    """The column of a term, and the span from the first of its values to before the next one; None
    where the term is the column itself, or has several values or none.
    """
    form, column, width = _parts(kinds, term)
    if not form or len(values) != 1 or values[0] is None or values[0] != values[0]:
        return column, None
    if form == "bin":
        return column, (values[0], Decimal(str(values[0])) + width)
    return column, period_span(values[0])


def _parts(kinds: Mapping[str, Kind], term: str) -> tuple[str, str, Decimal]:
    """The form of a term, empty for a column itself, its column and the width of bins."""
    form, _, inside = term.removesuffix(")").partition("(")
    if term in kinds or form not in (*PERIODS, "bin"):
        return "", term, Decimal(0)
    column, _, width = inside.rpartition(",") if form == "bin" else (inside, "", "0")
    return form, column.strip(), Decimal(width.strip())


def _bin(column: str, kind: Kind, low: Any, width: Decimal) -> str:
    if kind.name != "float":
        return between_text(column, kind, low, Decimal(str(low)) + width)
    # As stores compute it, since a value at a bound may be rounded into either bin.
    step = f"{float(width)!r}::double"
    return f"floor({quote(column)} / {step}) * {step} = {float(low)!r}::double"
