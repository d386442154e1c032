"""Where values of two columns meet in a step: below each other in one column, or compared as keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from medallion.errors import StepError
from medallion.sql.column_type import ColumnType, column_type
from medallion.sql.common_type import common_if_small, common_type
from medallion.sql.exact_casts import checked, fits

if TYPE_CHECKING:
    from medallion.sql.relations import Relation

Placed = tuple[str, ColumnType]
"""Where a column is, for messages, and its type."""


def types_of(rows: Relation) -> dict[str, ColumnType]:
    """Each column's type."""
    return {
        name: column_type(str(kind)) for name, kind in zip(rows.columns, rows.types, strict=True)
    }


def spanning_type(what: str, columns: Sequence[Placed]) -> ColumnType:
    """The type of a column that takes in values of these. Raises StepError naming two that do not mix."""
    types = [type_ for _, type_ in columns]
    target = common_if_small(types)
    if target is not None:
        return target
    here, one = columns[0]
    there, other = next(
        (column for column in columns if common_if_small((one, column[1])) is None), columns[-1]
    )
    raise StepError(
        f"{what} is {one} {here} and {other} {there}; no type holds both exactly",
        hint="cast one of them first",
    )


def spanned(value: str, what: str, column: Placed, target: ColumnType) -> str:
    """SQL of a value of one of the columns in the type that spans them; one that does not fit fails the run."""
    where, type_ = column
    return checked(value, type_, target, f"{what} is {type_} {where}, and {target} with the others")


def comparable(what: str, left: tuple[str, Placed], right: tuple[str, Placed]) -> tuple[str, str]:
    """SQL of two values, each given as SQL with its column, in one type in which only the same values are equal.

    A value that this type does not hold is NULL there. Raises StepError when the types do
    not compare.
    """
    (one, (here, here_type)), (other, (there, there_type)) = left, right
    if here_type == there_type or "NULL" in (here_type.name, there_type.name):
        return one, other
    common = common_type((here_type, there_type))
    if common is not None:
        return _as(one, here_type, common), _as(other, there_type, common)
    if not (here_type.number and there_type.number):
        raise StepError(
            f"{what} is {here_type} {here} and {there_type} {there}, which do not compare exactly",
            hint="cast one of them first",
        )
    if here_type.name in ("FLOAT", "DOUBLE"):
        return _narrowed(one, here_type, there_type), other
    return one, _narrowed(other, there_type, here_type)


def _as(value: str, source: ColumnType, target: ColumnType) -> str:
    return value if source == target else f"try_cast({value} as {target})"


def _narrowed(value: str, source: ColumnType, target: ColumnType) -> str:
    return f"case when {fits(value, source, target)} then try_cast({value} as {target}) end"
