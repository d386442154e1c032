"""What transforms that work on columns in place share: computing them, and checking a user's SQL."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator

from medallion.contracts import Inputs, quote
from medallion.errors import StepError
from medallion.expressions import explained, new_names, parse_expression, public, walk

if TYPE_CHECKING:
    from medallion.contracts import Relation

_SKIPPED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/", re.DOTALL)
_ADVICE = {
    r"\bselect\b": ("holds a query", "use `join` or `sql` for values of other tables"),
    r"\bover\s*\(": ("holds a window function", "use `window` for values of other rows"),
    r"\bunnest\s*\(": ("makes several rows of one", "use `explode`"),
    ";": ("holds a semicolon", "write one expression"),
}


def column_type(rows: Relation, name: str) -> str:
    """The DuckDB type of a column: `DECIMAL(12,2)`."""
    return str(rows.types[rows.columns.index(name)])


def replace(rows: Relation, columns: Mapping[str, str]) -> Relation:
    """The rows with these existing columns computed anew, each by its SQL expression."""
    if not columns:
        return rows
    parts = ", ".join(f"{expression} as {quote(name)}" for name, expression in columns.items())
    return rows.project(f"* replace ({parts})")


def _unreserved(name: str) -> str:
    if not name:
        raise ValueError("a column needs a name")
    new_names([name])
    return name


def _of_one_row(text: str) -> str:
    code = _SKIPPED.sub(" ' ", text)
    if not code.strip():
        raise ValueError("an SQL expression is missing")
    for pattern, (fault, advice) in _ADVICE.items():
        if re.search(pattern, code, re.IGNORECASE):
            raise ValueError(f"{text!r} {fault}; {advice}")
    return text


NewName = Annotated[str, AfterValidator(_unreserved)]
RowExpression = Annotated[str, AfterValidator(_of_one_row)]


def computed(rows: Relation, inputs: Inputs, name: str, expression: str) -> Relation:
    """The rows with a column computed by a user's SQL expression: a new one at the end, an existing one in its place.

    Raises StepError naming the expression when it is malformed, names what is not there, or needs more than one row.
    """
    try:
        tree = parse_expression(inputs.connection, expression)
    except StepError as error:
        raise StepError(f"cannot compute {expression!r}: {error.message}", hint=error.hint) from error
    if any(node.get("class") in ("WINDOW", "SUBQUERY") for node in walk(tree)):
        raise StepError(f"{expression!r} needs more than its own row", hint="use `window`, `join` or `sql`")
    part = f"(\n{expression}\n) as {quote(name)}"
    try:
        with explained(f"cannot compute {expression!r}"):
            return rows.project(f"* replace ({part})" if name in rows.columns else f"*, {part}")
    except StepError as error:
        if "GROUP BY" in error.message:
            fault = f"{expression!r} holds an aggregate function, which needs more than one row"
            raise StepError(fault, hint="use `aggregate` or `window`") from error
        raise StepError(error.message, hint=f"the rows have: {', '.join(public(rows))}") from error
