"""Objects of extended JSON, such as `{"$oid": …}`, which stand for a value of MongoDB."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from medallion.contracts import literal, quote
from medallion.sql.expressions import parse_select, select_text

if TYPE_CHECKING:
    from medallion.contracts import Relation


def text_within(rows: Relation, name: str) -> str:
    """SQL of the texts within the objects of a column; empty for other columns.

    The objects have one field: `$oid`, `$date`, `$numberDecimal`, … or `$binary`, whose text is
    `base64`.
    """
    import duckdb

    path = _path(rows.types[rows.columns.index(name)])
    if not path:
        return ""
    text = quote(name) + "".join(f"[{literal(field)}]" for field in path)
    with duckdb.connect() as connection:  # which quotes only names that need it
        return select_text(connection, parse_select(connection, f"select {text}")).removeprefix(
            "SELECT "
        )


def _path(kind: Any) -> Sequence[str]:
    """The fields that lead to the text within objects of a type of DuckDB, or none."""
    fields = dict(kind.children) if kind.id == "struct" else {}
    for field, inner in fields.items():
        if len(fields) == 1 and field.startswith("$") and inner.id == "varchar":
            return (field,)
        if field == "$binary" and inner.id == "struct" and "base64" in dict(inner.children):
            return (field, "base64")
    return ()
