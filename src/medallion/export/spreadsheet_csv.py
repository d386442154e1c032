"""CSV for spreadsheets: no text becomes a formula, and a mark says that the file is UTF-8."""

from __future__ import annotations

BOM = b"\xef\xbb\xbf"

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def without_formula(value: object) -> object:
    """A value for a cell; a text that a spreadsheet would compute is preceded by an apostrophe. Numbers stay."""
    if isinstance(value, str) and value.lstrip(" ").startswith(_FORMULA):
        return f"'{value}"
    return value


def without_formula_sql(text: str) -> str:
    """The same of a text that is an SQL expression."""
    starts = ", ".join(f"'{start}'" for start in _FORMULA)
    return (
        f"case when left(ltrim({text}, ' '), 1) in ({starts}) then '''' || {text} else {text} end"
    )
