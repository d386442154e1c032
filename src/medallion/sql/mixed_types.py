"""Values of several columns of different types in one step: appended to one column, or compared."""

from __future__ import annotations

from collections.abc import Sequence

from medallion.errors import StepError
from medallion.records.column_type import FLOATS, ColumnType
from medallion.sql.common_type import common_if_small, common_type
from medallion.sql.duckdb_types import duckdb_type
from medallion.sql.exact_casts import checked, fits

Placed = tuple[str, ColumnType]
"""Where a column is, for messages, and its type."""


def spanning_type(what: str, columns: Sequence[Placed]) -> ColumnType:
    """The type of a column that holds the values of several.

    `what` names it in messages. Raises StepError naming two columns whose types do not mix.
    """
    types = [type_ for _, type_ in columns]
    target = common_if_small(types)
    if target is not None:
        return target
    first_place, first = columns[0]
    other_place, other = next(
        (column for column in columns if common_if_small((first, column[1])) is None), columns[-1]
    )
    raise StepError(
        f"{what} is {first} {first_place} and {other} {other_place}; no type holds both exactly",
        hint="cast one of them first",
    )


def spanned(value: str, what: str, column: Placed, target: ColumnType) -> str:
    """SQL of a value of one column in the type of several; one that does not fit is an error."""
    place, type_ = column
    return checked(value, type_, target, f"{what} is {type_} {place}, and {target} with the others")


def comparable(what: str, left: tuple[str, Placed], right: tuple[str, Placed]) -> tuple[str, str]:
    """SQL of two values in one type, in which they are equal only if they are the same value.

    `left` and `right` are each a value as SQL with its column; `what` names them in messages. A
    value that the type does not hold becomes NULL. Raises StepError when the types do not compare.
    """
    (one, (left_place, left_type)), (other, (right_place, right_type)) = left, right
    if left_type == right_type or "null" in (left_type.name, right_type.name):
        return one, other
    common = common_type((left_type, right_type))
    if common is not None:
        return _as(one, left_type, common), _as(other, right_type, common)
    if not (left_type.number and right_type.number):
        raise StepError(
            f"{what} is {left_type} {left_place} and {right_type} {right_place}, "
            "which do not compare exactly",
            hint="cast one of them first",
        )
    if left_type.name in FLOATS:
        return _narrowed(one, left_type, right_type), other
    return one, _narrowed(other, right_type, left_type)


def _as(value: str, source: ColumnType, target: ColumnType) -> str:
    return value if source == target else f"try_cast({value} as {duckdb_type(target)})"


def _narrowed(value: str, source: ColumnType, target: ColumnType) -> str:
    return f"case when {fits(value, source, target)} then {_as(value, source, target)} end"
