"""CSV for spreadsheets: no text becomes a formula, and a byte order mark says that it is UTF-8."""

from __future__ import annotations

BOM = b"\xef\xbb\xbf"

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def without_formula(value: object) -> object:
    """A value for a cell; an apostrophe precedes a text that a spreadsheet would compute."""
    if isinstance(value, str) and value.lstrip(" ").startswith(_FORMULA):
        return f"'{value}"
    return value


def without_formula_sql(text: str) -> str:
    """The same for a text as SQL."""
    starts = ", ".join(f"'{start}'" for start in _FORMULA)
    return (
        f"case when left(ltrim({text}, ' '), 1) in ({starts}) then '''' || {text} else {text} end"
    )
