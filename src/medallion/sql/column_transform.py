"""Columns computed in place, and checks of a user's SQL expression over one row."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator

from medallion.errors import StepError
from medallion.sql.expressions import (
    explained,
    kinds,
    new_names,
    parse_expression,
    public,
    refuse_texts_as_numbers,
    walk,
)
from medallion.sql.relations import Inputs, quote

if TYPE_CHECKING:
    from medallion.sql.relations import Relation

_SKIPPED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/", re.DOTALL)
_ADVICE = {
    r"\bselect\b": ("contains a query", "use `join` or `sql` for values of other tables"),
    r"\bover\s*\(": ("contains a window function", "use `window` for values of other rows"),
    r"\bunnest\s*\(": ("makes several rows of one", "use `explode`"),
    ";": ("contains a semicolon", "write one expression"),
}


def replace(rows: Relation, columns: Mapping[str, str]) -> Relation:
    """The rows with these existing columns replaced, each by its SQL expression."""
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
    code = _SKIPPED.sub(lambda part: " " if part[0].startswith(("--", "/*")) else " ' ", text)
    if not code.strip():
        raise ValueError("an SQL expression is missing")
    for pattern, (fault, advice) in _ADVICE.items():
        if re.search(pattern, code, re.IGNORECASE):
            raise ValueError(f"{text!r} {fault}; {advice}")
    return text


# Common functions of dates and texts that never fail, so that their rows need no test.
_SAFE_WORDS = (
    "year quarter month week isoyear day dayofweek isodow dayofyear hour minute second dayname",
    "monthname strftime date_part date_trunc last_day epoch upper lower trim ltrim rtrim concat",
    "concat_ws || replace contains prefix suffix starts_with ends_with length strlen substring",
    "substr left right strip_accents regexp_matches regexp_full_match regexp_replace",
    "regexp_extract ~~ !~~ like_escape hash md5 sha256 greatest least",
    "struct_pack list_value",
)
_SAFE = frozenset(name for line in _SAFE_WORDS for name in line.split())

NewName = Annotated[str, AfterValidator(_unreserved)]
RowExpression = Annotated[str, AfterValidator(_of_one_row)]


@dataclass(frozen=True)
class Guard:
    """An expression that may fail for a row.

    When it fails, the SQL `value` is NULL, the SQL `refused` is true, and the SQL `shown` is a text
    of the values that it read.
    """

    value: str
    refused: str
    shown: str


def guarded(rows: Relation, inputs: Inputs, expression: str) -> Guard | None:
    """The SQL that finds the rows for which an expression fails; None when it cannot fail."""
    import duckdb

    nodes = list(walk(parse_expression(inputs.connection, expression)))
    if not any(_may_fail(node) for node in nodes):
        return None
    # `try` occurs in one form only: DuckDB computes the common part of two forms outside of both.
    tried = f"try(struct_pack(value := (\n{expression}\n)))"
    value = f"({tried}).value"
    try:
        kind = rows.project(f"{value} as value").types[0].id
    except duckdb.Error:  # random() and the like cannot be tried
        return None
    named = {
        str(node["column_names"][-1]).lower() for node in nodes if node.get("type") == "COLUMN_REF"
    }
    types = {name: kind_ for name, kind_ in kinds(rows).items() if name.lower() in named}
    refused = f"{tried} is null"
    if kind in ("float", "double"):
        finite = [
            f"coalesce(isfinite({quote(name)}), true)"
            for name, of in types.items()
            if of in ("float", "double")
        ]
        refused = (
            f"({refused} or coalesce({' and '.join([f'not isfinite({value})', *finite])}, false))"
        )
    texts = ", ".join(f"coalesce(cast({quote(name)} as varchar), 'NULL')" for name in types)
    return Guard(value, refused, f"concat_ws(', ', {texts})" if texts else "''")


def _may_fail(node: Mapping[str, Any]) -> bool:
    if node.get("class") == "CAST":
        return not node.get("try_cast")
    return node.get("class") == "FUNCTION" and str(node.get("function_name")).lower() not in _SAFE


def computed(
    rows: Relation, inputs: Inputs, name: str, expression: str, guard: Guard | None = None
) -> Relation:
    """The rows with a column computed by a user's SQL expression.

    A new column is the last one, an existing one stays in its place. Raises StepError naming the
    expression when it is malformed, names an unknown column, or needs more than one row.
    """
    try:
        tree = parse_expression(inputs.connection, expression)
    except StepError as error:
        raise StepError(
            f"cannot compute {expression!r}: {error.message}", hint=error.hint
        ) from error
    if any(node.get("class") in ("WINDOW", "SUBQUERY") for node in walk(tree)):
        raise StepError(
            f"{expression!r} needs more than its own row", hint="use `window`, `join` or `sql`"
        )
    whole = f"(\n{expression}\n)"
    part = f"{guard.value if guard else whole} as {quote(name)}"
    try:
        with explained(f"cannot compute {expression!r}"):
            result = rows.project(f"* replace ({part})" if name in rows.columns else f"*, {part}")
    except StepError as error:
        if "GROUP BY" in error.message:
            fault = f"{expression!r} contains an aggregate function, which needs more than one row"
            raise StepError(fault, hint="use `aggregate` or `window`") from error
        raise StepError(error.message, hint=f"the rows have: {', '.join(public(rows))}") from error
    refuse_texts_as_numbers(rows, inputs.connection, expression)
    return result
