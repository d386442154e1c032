"""HTML tables for notebooks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape


def html_summary(title: str, members: Mapping[str, object]) -> str:
    """An object's members and what they are, as an HTML table of two columns."""
    return html_table(title, ("", ""), members.items())


def html_table(title: str, columns: Sequence[str], rows: Iterable[Iterable[object]]) -> str:
    """Rows as an HTML table; every text is escaped, and None is an empty cell."""
    head = "".join(f"<th>{escape(str(name))}</th>" for name in columns)
    cells = (
        "".join(f"<td>{escape('' if value is None else str(value))}</td>" for value in row)
        for row in rows
    )
    body = "".join(f"<tr>{row}</tr>" for row in cells)
    caption = f"<caption>{escape(title)}</caption>"
    return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
