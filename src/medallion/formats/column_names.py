"""The rules that the column names of every source file keep."""

from __future__ import annotations

from collections.abc import Sequence

from medallion.contracts import RESERVED
from medallion.errors import SourceError

_INVISIBLE = "\ufeff\u200b\u200c\u200d\u2060"  # byte order mark, zero-width spaces and joiners


def clean_name(text: str) -> str:
    """A column's name without the spaces and invisible characters around it."""
    return text.strip().strip(_INVISIBLE).strip()


def check_names(name: str, columns: Sequence[str], otherwise: str = "") -> None:
    """Raise SourceError on a column without a name, a reserved name, or one name twice.

    Case does not tell names apart, because DuckDB and SQLite fold it. `otherwise` ends the advice.
    """
    seen: dict[str, str] = {}
    for position, column in enumerate(columns, 1):
        folded = column.casefold()
        if not column.strip():
            fault, advice = (
                f"column {position} of {len(columns)} has no name",
                "name it in the file",
            )
        elif folded in RESERVED:
            fault, advice = f"the column name {column!r} is reserved", "rename it in the file"
        elif folded in seen:
            other = (
                ""
                if seen[folded] == column
                else f" (as {seen[folded]!r}; case does not tell names apart)"
            )
            fault, advice = (
                f"the column name {column!r} stands twice{other}",
                "rename one in the file",
            )
        else:
            seen[folded] = column
            continue
        raise SourceError(f"{name}: {fault}", hint=advice + otherwise)
