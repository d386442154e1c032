"""The rules for column names, which all source formats share."""

from __future__ import annotations

from collections.abc import Sequence

from medallion.contracts import RESERVED
from medallion.errors import SourceError

_INVISIBLE = "\ufeff\u200b\u200c\u200d\u2060"  # byte order mark, zero-width spaces and joiners


def clean_name(text: str) -> str:
    """A column name without surrounding spaces and invisible characters."""
    return text.strip().strip(_INVISIBLE).strip()


def check_names(name: str, columns: Sequence[str], otherwise: str = "") -> None:
    """Raise SourceError for a missing, reserved or duplicate column name.

    Names are compared without case, as DuckDB and SQLite do. `otherwise` is appended to the hint.
    """
    names: dict[str, str] = {}
    for position, column in enumerate(columns, 1):
        folded = column.casefold()
        if not column.strip():
            fault = f"column {position} of {len(columns)} has no name"
            advice = "name it in the file"
        elif folded in RESERVED:
            fault = f"the column name {column!r} is reserved"
            advice = "rename it in the file"
        elif folded in names:
            other = names[folded]
            note = "" if other == column else f" (also {other!r}: case is ignored)"
            fault = f"duplicate column name {column!r}{note}"
            advice = "rename one of them in the file"
        else:
            names[folded] = column
            continue
        raise SourceError(f"{name}: {fault}", hint=advice + otherwise)
