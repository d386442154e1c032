"""Constants of a declaration that are compared with, or written to, the values of a column."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from medallion.errors import StepError
from medallion.sql.duckdb_types import logical_type
from medallion.sql.expressions import NUMBERS, explained, kinds
from medallion.sql.relations import Inputs, literal, require

if TYPE_CHECKING:
    from medallion.sql.relations import Relation

Constant = str | bool | int | Annotated[float, Field(allow_inf_nan=False)] | datetime | date


def constant(value: Constant, rows: Relation, name: str, inputs: Inputs) -> str:
    """A constant as SQL of a column's type.

    A text column takes only text: YAML reads 01234 as the number 1234, and 1e3 as 1000.
    Raises StepError when the constant does not fit exactly, or the column does not exist.
    """
    require(rows, name)
    kind, wanted = kinds(rows)[name], str(rows.types[rows.columns.index(name)])
    shown = (
        repr(value)
        if isinstance(value, str)
        else str(value).lower()
        if isinstance(value, bool)
        else str(value)
    )
    fault = f"{shown} is not {logical_type(wanted)}, which column {name!r} is"
    if kind == "varchar" and isinstance(value, (str, date)):
        return literal(str(value))
    if not _of_kind(value, kind):
        hint = "write a value of that type, or `cast` the column first"
        if kind == "varchar":
            hint = "put it in quotes, as it is written in the data; or `cast` the column first"
        raise StepError(fault, hint=hint)
    plain = literal(str(value)) if isinstance(value, (str, date)) else str(value).lower()
    # A comparison with an integer would round it to the float.
    back = "try_cast(value as hugeint)" if _whole_as_float(value, kind) else "value"
    with explained(fault):
        converted = inputs.connection.sql(f"select try_cast({plain} as {wanted}) as value")
        if not converted.filter(f"{back} = {plain}").fetchall():
            raise StepError(
                f"{fault}: it does not fit exactly", hint="`cast` the column to a wider type first"
            )
    return f"cast({plain} as {wanted})"


def _whole_as_float(value: Constant, kind: str) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and kind in ("float", "double")


def _of_kind(value: Constant, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    if isinstance(value, (int, float)):
        return kind in NUMBERS
    if kind == "date":
        return re.fullmatch(r"\d{4}-\d\d-\d\d", str(value)) is not None
    if kind.startswith("time"):
        return re.match(r"\d{4}-\d\d-\d\d|\d\d:", str(value)) is not None
    return kind not in NUMBERS and kind != "boolean"
