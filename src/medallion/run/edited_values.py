"""Edited values: whether a text is valid for a column's type, and what is a change of a cell."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from medallion.export.cell_text import RewritableText, ValueText
from medallion.export.rewritten_cells import rewriting
from medallion.export.spreadsheet_csv import without_formula
from medallion.records.column_type import INTEGERS, ColumnType
from medallion.records.column_type import TEXT as TEXT_TYPE
from medallion.sql.duckdb_types import duckdb_type

if TYPE_CHECKING:
    from medallion.contracts import Connection


def fits(text: str, type_: ColumnType, connection: Connection) -> bool:
    """Whether a text can be read as a type without rounding."""
    if type_ == TEXT_TYPE:
        return True
    if type_.name in INTEGERS and not re.fullmatch(r"[+-]?\d+", text):
        return False
    if type_.name == "decimal":
        with suppress(InvalidOperation):
            exponent = Decimal(text).normalize().as_tuple().exponent
            if isinstance(exponent, int) and -exponent > type_.scale:
                return False
    query = f"select {_value(type_)} is not null"
    return bool(connection.execute(query, [text]).fetchall()[0][0])


def same_value(text: str, other: str, type_: ColumnType, connection: Connection) -> bool:
    """Whether two texts are the same value of a type: `1.5` and `1.50` of a decimal."""
    if type_ == TEXT_TYPE or not fits(text, type_, connection):
        return text == other
    query = f"select coalesce({_value(type_)} = {_value(type_)}, false)"
    return bool(connection.execute(query, [text, other]).fetchall()[0][0])


def rewritten(old: str | None, new: str | None, *, invalid: bool) -> str | None:
    """What a program has done to a cell that no user may have touched; None if nothing.

    Parameters: `invalid` says that the old value was refused, so that the user had to change it.
    """
    if not old or not isinstance(new, RewritableText):
        return None
    return rewriting(old, new, invalid=invalid and not isinstance(new, ValueText))


def plain_text(cell: str | None) -> str | None:
    """A cell without the apostrophe that keeps a spreadsheet from computing it; None if empty."""
    if cell and cell.startswith("'") and without_formula(cell[1:]) == cell:
        return cell[1:]
    return cell or None


def equal(cell: str | None, value: str | None) -> bool:
    """Whether a cell is as it was written. Spreadsheets do not keep all line ends."""
    texts = [(each or "").replace("\r\n", "\n").replace("\r", "\n") for each in (cell, value)]
    return texts[0] in (texts[1], without_formula(texts[1]))


def same_cells(row: Mapping[str, str | None], cells: Mapping[str, str | None]) -> bool:
    """Whether all cells of a row that are cells of a record, too, are as they were written."""
    return all(equal(cell, cells[name]) for name, cell in row.items() if name in cells)


def _value(type_: ColumnType) -> str:
    text = "try_cast(? as json)" if type_.nested else "?::varchar"
    return f"try_cast({text} as {duckdb_type(type_)})"
