"""The SQL types that JSON values are read as."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from medallion.contracts import quote

_LEAVES = {"UBIGINT": "BIGINT", "HUGEINT": "BIGINT", "NULL": "VARCHAR", "JSON": "VARCHAR"}


def column_types(structure: Mapping[str, Any]) -> tuple[dict[str, str], tuple[str, ...]]:
    """SQL types by column, of a structure as `json_group_structure` writes it, and what to warn of."""
    mixed = [column for column, kind in structure.items() if kind == "JSON"]
    warnings = tuple(f"{column!r} has values of no one type and was read as text" for column in mixed)
    return {column: _type(kind) for column, kind in structure.items()}, warnings


def _type(kind: Any) -> str:
    if isinstance(kind, list):
        return f"{_type(kind[0])}[]"
    if isinstance(kind, dict):
        if "" in kind or len({key.casefold() for key in kind}) < len(kind):
            return "VARCHAR"  # a STRUCT cannot tell such keys apart
        return f"STRUCT({', '.join(f'{quote(key)} {_type(item)}' for key, item in kind.items())})"
    return _LEAVES.get(kind, str(kind))
