"""The rules that the column names of every source file keep."""

from __future__ import annotations

from collections.abc import Sequence

from medallion.errors import SourceError

RESERVED = ("_row", "_origin")


def check_names(name: str, columns: Sequence[str]) -> None:
    """Raise SourceError on a column without a name, a reserved name, or one name twice.

    Case does not tell names apart, because DuckDB and SQLite fold it.
    """
    seen: dict[str, str] = {}
    for position, column in enumerate(columns, 1):
        folded = column.casefold()
        if not column.strip():
            raise SourceError(
                f"{name}: column {position} of {len(columns)} has no name", hint="give every column of the file a name"
            )
        if folded in RESERVED:
            raise SourceError(f"{name}: the column name {column!r} is reserved", hint="rename it in the file")
        if folded in seen:
            other = "" if seen[folded] == column else f" (as {seen[folded]!r}; case does not tell names apart)"
            raise SourceError(f"{name}: the column name {column!r} stands twice{other}", hint="rename one in the file")
        seen[folded] = column
