"""Column names and SQL expressions of transforms and expectations: parsing and checking them."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, Field

from medallion.errors import StepError
from medallion.sql.duckdb_types import logical_type, type_of
from medallion.sql.relations import ORIGIN, RESERVED, ROW, literal, quote, require

if TYPE_CHECKING:
    from medallion.sql.relations import Connection, Relation

_SIGNED = {"tinyint", "smallint", "integer", "bigint", "hugeint"}
INTEGERS = frozenset(_SIGNED | {f"u{name}" for name in _SIGNED})
NUMBERS = INTEGERS | {"decimal", "float", "double"}

# Unicode's White_Space, for RE2; \p{Z} brings the no-break, thin and ideographic spaces.
WHITE_SPACE = r"[\t-\r \x{85}\p{Z}]"

FLOATS = ("float", "double")  # equal values may differ, such as 0.0 and -0.0
NESTED = ("list", "array", "struct", "map", "union", "variant")

_TEXTS = ("VARCHAR", "ENUM", "UUID", "JSON", '"NULL"')


def _as_list(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Names = Annotated[
    tuple[str, ...], BeforeValidator(_as_list, json_schema_input_type=str | list[str])
]
SomeNames = Annotated[Names, Field(min_length=1)]


def prepare(connection: Connection) -> None:
    """Set what steps rely on: UTC, and errors instead of infinity for 1 / 0 and log(0)."""
    connection.execute("set TimeZone = 'UTC'").fetchall()
    connection.execute("set ieee_floating_point_ops = false").fetchall()


@contextmanager
def explained(what: str) -> Iterator[None]:
    """Turn DuckDB's errors into a StepError with `what` is at fault and the reason's first line."""
    import duckdb

    try:
        yield
    except duckdb.Error as error:
        raise StepError(f"{what}: {reason(error)}") from error


def reason(error: Exception) -> str:
    """The first line of an error of DuckDB's, without its kind."""
    lines = str(error).splitlines() or [type(error).__name__]
    return re.sub(r"^[\w ]+ Error: ", "", lines[0])


def kinds(rows: Relation) -> dict[str, str]:
    """Each column's type in lower case, without parameters: `decimal`, `varchar`, `list`."""
    return {name: kind.id for name, kind in zip(rows.columns, rows.types, strict=True)}


def public(rows: Relation) -> list[str]:
    """The columns that are not reserved."""
    return [name for name in rows.columns if name not in (ROW, ORIGIN)]


def columns_sql(names: Iterable[str], table: str = "") -> str:
    """Names as a list of SQL identifiers, each of `table` when given."""
    prefix = f"{table}." if table else ""
    return ", ".join(prefix + quote(name) for name in names)


def order_sql(terms: Iterable[str]) -> str:
    """`column` and `-column` terms as SQL, NULLs last either way."""
    return ", ".join(
        f"{quote(term.removeprefix('-'))}{' desc' * term.startswith('-')} nulls last"
        for term in terms
    )


def new_names(names: Iterable[str], taken: Iterable[str] = ()) -> None:
    """Raise ValueError on a name that is reserved, taken or used twice, whatever its case."""
    seen = {name.lower() for name in taken}
    for name in names:
        if name.lower() in RESERVED:
            raise ValueError(f"{name!r} is reserved")
        if name.lower() in seen:
            raise ValueError(f"there would be two columns {name!r}")
        seen.add(name.lower())


def require_numbers(rows: Relation, *names: str) -> None:
    """Raise StepError when the rows lack one of these columns, or it is not a number."""
    require(rows, *names)
    for name in names:
        if rows.types[rows.columns.index(name)].id not in NUMBERS:
            raise StepError(f"{name!r} is {type_of(rows, name)}, and only numbers have a sum")


def broken(rows: Relation, tests: Mapping[str, str]) -> Relation:
    """The violations of tests by column: rows of `_row`, `column` and `value`.

    Each test is SQL that is true for a value that fails. A row is listed with its first failure.
    """
    column = " ".join(f"when {test} then {literal(name)}" for name, test in tests.items())
    value = " ".join(
        f"when {test} then cast({quote(name)} as varchar)" for name, test in tests.items()
    )
    return rows.filter(" or ".join(tests.values())).project(
        f"{ROW}, case {column} end as column, case {value} end as value"
    )


def parse_select(connection: Connection, query: str) -> dict[str, Any]:
    """The syntax tree of one SELECT. Raises StepError when it is anything else."""
    tree = _syntax_tree(connection, query)
    if tree["error"]:
        if tree["error_type"] == "parser":
            raise StepError(
                f"SQL: {tree['error_message'].splitlines()[0]}",
                hint=_unquoted_word(connection, query, _error_position(tree)),
            )
        raise StepError(
            "SQL other than a SELECT", hint="write one `select …` over the tables in `from`"
        )
    if len(tree["statements"]) != 1:
        raise StepError(f"{len(tree['statements'])} SQL statements where one SELECT belongs")
    node: dict[str, Any] = tree["statements"][0]["node"]
    return node


def _syntax_tree(connection: Connection, query: str) -> dict[str, Any]:
    """The syntax tree of a query, or its error."""
    (answer,) = connection.execute("select json_serialize_sql(?::varchar)", [query]).fetchall()[0]
    tree: dict[str, Any] = json.loads(answer)
    return tree


def _error_position(tree: Mapping[str, Any]) -> int:
    """The byte of a query where its error is."""
    return int(tree.get("position") or 0)


def _unquoted_word(connection: Connection, query: str, position: int) -> str:
    """A hint for an error at a byte of a query that is at, or after, a word of SQL.

    Of two such words, it names the one that lets the query be read further when it is quoted.
    """
    before = query.encode()[:position].decode(errors="ignore")
    matches = re.compile(r"(\w*)").match(query, len(before)), re.search(r"(\w+)\W*$", before)
    known = connection.execute(
        "select keyword_name from duckdb_keywords() "
        "where keyword_category in ('reserved', 'type_function')"
    ).fetchall()
    reached = {"": position + len('""')}
    for start, end in (match.span(1) for match in matches if match):
        word = query[start:end]
        if (word.lower(),) in known and word.lower() != "select":
            tree = _syntax_tree(connection, f'{query[:start]}"{word}"{query[end:]}')
            reached[word] = _error_position(tree) if tree["error"] else sys.maxsize
    word = max(reached, key=lambda each: reached[each])
    return f'if {word} is a column, write it in quotes: "{word}"' if word else ""


def select_text(connection: Connection, node: Mapping[str, Any]) -> str:
    """The SQL of the syntax tree of one SELECT."""
    tree = {"error": False, "statements": [{"node": node, "named_param_map": []}]}
    answer = connection.execute("select json_deserialize_sql(?::json)", [json.dumps(tree)])
    return str(answer.fetchall()[0][0])


def parse_expression(connection: Connection, text: str) -> dict[str, Any]:
    """The syntax tree of one SQL expression over a row. Raises StepError otherwise."""
    node = parse_select(connection, f"select {text}")
    bare = (
        node["type"] == "SELECT_NODE"
        and node["from_table"]["type"] == "EMPTY"
        and not node["modifiers"]
    )
    clauses = ("where_clause", "group_expressions", "having", "qualify", "sample")
    if not bare or len(node["select_list"]) != 1 or any(node[clause] for clause in clauses):
        raise StepError(f"{text!r} is not a single SQL expression")
    refuse_tables(node, f"{text!r}")
    expression: dict[str, Any] = node["select_list"][0]
    return expression


def refuse_texts_as_numbers(rows: Relation, connection: Connection, expression: str) -> None:
    """Raise StepError where text is compared with a number, a date or a boolean.

    DuckDB would cast the text, so that '01', '1.4' and '1' all equal 1.
    """
    for node in walk(parse_expression(connection, expression)):
        if node.get("class") == "COMPARISON":
            operands = [node["left"], node["right"]]
        elif node.get("type") in ("COMPARE_IN", "COMPARE_NOT_IN"):
            operands = node["children"]
        else:
            continue
        types = [(_type_of(rows, connection, operand), operand) for operand in operands]
        texts = [
            kind
            for kind, operand in types
            if kind == "VARCHAR" and operand.get("class") != "CONSTANT"
        ]
        others = [kind for kind, _ in types if kind and kind.split("(")[0] not in _TEXTS]
        if texts and others:
            raise StepError(
                f"{expression!r} compares text to {logical_type(others[0])}",
                hint="`cast` the column first, or write the constant in quotes, as in the data",
            )


def _type_of(rows: Relation, connection: Connection, node: dict[str, Any]) -> str:
    """The type of a part of an expression; empty when it has none, such as a lambda's parameter."""
    import duckdb

    (empty,) = connection.execute("select json_serialize_sql('select 1')").fetchall()[0]
    tree = json.loads(empty)["statements"][0]["node"]
    text = select_text(connection, {**tree, "select_list": [node]})
    try:
        return str(rows.project(text.removeprefix("SELECT ")).types[0])
    except duckdb.Error:
        return ""


def refuse_tables(tree: object, what: str) -> None:
    """Raise StepError when a syntax tree reads any table."""
    for node in walk(tree):
        if node.get("type") in ("BASE_TABLE", "TABLE_FUNCTION", "SHOW_REF"):
            raise StepError(
                f"{what} reads a table", hint="use a `join`, `references` or `sql` for that"
            )


def walk(tree: object) -> Iterator[dict[str, Any]]:
    """Every object of a syntax tree, outer ones first."""
    if isinstance(tree, dict):
        yield tree
        tree = tree.values()
    if not isinstance(tree, str) and isinstance(tree, Iterable):
        for child in tree:
            yield from walk(child)
