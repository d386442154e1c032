"""Texts of cells that a program may have written in its own way, such as `7` in place of `007`."""

from __future__ import annotations

import json


class RewritableText(str):
    """The text of a cell of a CSV file, where a spreadsheet writes values as it shows them."""

    __slots__ = ()


class ValueText(RewritableText):
    """The text of a value that is not text: a number, a date or a truth value of a workbook."""

    __slots__ = ()


def text_of(value: object) -> str | None:
    """A value of a frame or a dict as the text of a cell; None for a missing one."""
    if value is None or type(value).__name__ in ("NAType", "NaTType") or value != value:
        return None
    if isinstance(value, bool | list | dict):
        value = json.dumps(value, ensure_ascii=False)
        return ValueText(value) if value in ("true", "false") else value
    return value if isinstance(value, str) else ValueText(value)
