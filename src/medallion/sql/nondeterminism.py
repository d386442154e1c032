"""Functions of SQL whose value depends on the time or on chance, and not only on the rows."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from medallion.sql.expressions import walk

if TYPE_CHECKING:
    from medallion.sql.relations import Columns, Connection
    from medallion.sql.select_tree import Node

FUNCTIONS = frozenset(
    {
        "ago",
        "current_connection_id",
        "current_localtime",
        "current_localtimestamp",
        "current_query",
        "current_query_id",
        "current_transaction_id",
        "currval",
        "gen_random_uuid",
        "get_current_time",
        "get_current_timestamp",
        "nextval",
        "now",
        "random",
        "setseed",
        "setval",
        "today",
        "transaction_timestamp",
        "txid_current",
        "uuid",
        "uuidv4",
        "uuidv7",
    }
)
"""DuckDB's functions of this kind. A test compares them with those of the installed version."""

WORDS = ("current_date", "current_time", "current_timestamp", "localtime", "localtimestamp")
"""Those that are called without parentheses, unless they are names of columns."""

_SUSPECT = re.compile(
    rf'\b(?:{"|".join(sorted(FUNCTIONS | {"age"}))})"?\s*(?:\(|--|/\*)'
    rf"|\b(?:{'|'.join(WORDS)}|tablesample|using(?:\s|/\*.*?\*/|--[^\n]*\n)+sample)\b",
    re.IGNORECASE | re.DOTALL,
)
_WORD = re.compile(rf"\b(?:{'|'.join(WORDS)})\b", re.IGNORECASE)
_NOT_A_COLUMN = ("", "main", "pg_catalog", "system")  # before the name of a function


def suspected(sql: str) -> bool:
    """Whether some SQL may depend on the time or on chance, from its words alone."""
    return _SUSPECT.search(sql) is not None


def depends_on_columns(sql: str) -> bool:
    """Whether only the columns of its tables may decide, because a word may name one of them."""
    return _WORD.search(sql) is not None


def nondeterministic(
    connection: Connection, sql: str, rows: Columns, others: Columns
) -> str | None:
    """A function in some SQL that depends on the time or on chance; None without one.

    Parameters: `sql` is an expression over `rows`, or a query that also reads `others`. A word such
    as `current_date` is a function unless it is the name of a column, or columns are not known.
    """
    trees, query = _trees(connection, sql)
    for node in walk(trees):
        if name := _function(node):
            return name
    known = rows if not query else None if rows is None or others is None else (*rows, *others)
    if known is None:
        return None
    columns = {*map(str.lower, known), *_defined(trees)}
    words = (word for word in map(_word, walk(trees)) if word and word not in columns)
    return next(words, None)


def _trees(connection: Connection, sql: str) -> tuple[list[Node], bool]:
    """The syntax trees of some SQL, and whether it is a query; none of what cannot be parsed."""
    for text, query in ((sql, True), (f"select {sql}", False)):
        answer = connection.execute("select json_serialize_sql(?::varchar)", [text]).fetchall()
        tree = json.loads(answer[0][0])
        if not tree["error"]:
            return tree["statements"], query
    return [], False


def _function(node: Node) -> str | None:
    """What a part of a tree depends on other than rows: a function, or a sample of rows."""
    if node.get("sample"):
        return "using sample" if node.get("type") == "SELECT_NODE" else "tablesample"
    name = str(node.get("function_name", "")).lower()
    # age(moment) is the time since then; age(one, other) is the time between the two.
    if name == "age" and node["class"] == "FUNCTION":
        of_column = node["schema"].lower() not in _NOT_A_COLUMN  # moment.age()
        return name if len(node["arguments"]) + of_column == 1 else None
    return name if name in FUNCTIONS or name in WORDS else None


def _word(node: Node) -> str | None:
    """The word that a part of a tree is: a function without parentheses, or a column."""
    names: list[str] = node["column_names"] if node.get("class") == "COLUMN_REF" else []
    word = names[0].lower() if len(names) == 1 else None
    return word if word in WORDS else None


def _defined(trees: list[Node]) -> Iterator[str]:
    """Names in lower case that SQL gives to columns of its own, and to parameters of lambdas."""
    for node in walk(trees):
        if node.get("class") == "LAMBDA":
            yield from filter(None, map(_word, walk(node["lhs"])))
        yield from map(str.lower, node.get("column_name_alias") or ())
        yield from map(str.lower, node.get("aliases") or ())  # of a WITH clause
        alias = str(node.get("alias") or "").lower()
        if alias != _word(node):  # `current_date as current_date` is the function
            yield alias
