"""The syntax tree of a SELECT, as DuckDB gives it: its groups, subqueries and tables."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, TypeAlias

from medallion.errors import StepError
from medallion.sql.expressions import walk

Node: TypeAlias = dict[str, Any]

_ONE_SIDED = ("SEMI", "ANTI")  # joins that show only the columns of their left side
_SOURCES = ("TABLE_FUNCTION", "EXPRESSION_LIST", "EMPTY")  # rows of a FROM clause that are no input


@cache
def aggregate_functions() -> frozenset[str]:
    """The names of DuckDB's aggregate functions."""
    import duckdb

    query = "select function_name from duckdb_functions() where function_type = 'aggregate'"
    with duckdb.connect() as connection:
        return frozenset(name for (name,) in connection.execute(query).fetchall())


def outer(node: object) -> Iterator[Node]:
    """Every object of an expression, but those within its subqueries."""
    if isinstance(node, dict):
        yield node
        if node.get("class") == "SUBQUERY":
            node = [node["child"]]
        for child in node.values() if isinstance(node, dict) else node:
            yield from outer(child)
    elif isinstance(node, list):
        for child in node:
            yield from outer(child)


def subqueries(node: object) -> list[Node]:
    """The queries in an expression whose values it uses."""
    return [each["subquery"]["node"] for each in outer(node) if each.get("class") == "SUBQUERY"]


def calls(node: object, functions: frozenset[str]) -> bool:
    """Whether an expression calls one of these functions, itself and not as a window function."""
    return any(
        each.get("class") == "FUNCTION" and each["function_name"] in functions
        for each in outer(node)
    )


def groups_of(node: Node, aggregates: frozenset[str]) -> list[Node] | None:
    """The expressions that a SELECT groups by; None when it does not group."""
    items: list[Node] = node["select_list"]
    if node["aggregate_handling"] == "FORCE_AGGREGATES":
        return [item for item in items if not calls(item, aggregates)]
    groups: list[Node] = node["group_expressions"]
    aggregated = calls([*items, node["having"]], aggregates)
    return groups if groups or aggregated else None


def place_of(group: Node, items: Sequence[Node], columns: frozenset[str]) -> int | None:
    """The position of a grouping expression in the select list; None when it is missing.

    `columns` are those of the FROM clause in lower case, which a name means before it means an
    alias.
    """
    if group["class"] == "CONSTANT" and group["literal"]["kind"] == "INTEGER":
        return int(group["literal"]["text"]) - 1
    for place, item in enumerate(items):
        if bare(item) == bare(group):
            return place
    if group["class"] == "COLUMN_REF" and len(group["column_names"]) == 1:
        name = group["column_names"][0].lower()
        for place, item in enumerate(items):
            if item["alias"].lower() == name and name not in columns:
                return place
    return None


def refuse(node: Node) -> None:
    """Raise StepError when rows of a SELECT depend on more than the rows that they combine."""
    window = any(each.get("class") == "WINDOW" for each in outer(node["select_list"]))
    if window or node["qualify"]:
        raise StepError("it has a window function")
    if len(node["group_sets"]) > 1:
        raise StepError("it groups by several sets of columns")
    if any(modifier.get("distinct_on_targets") for modifier in node["modifiers"]):
        raise StepError("it has DISTINCT ON")
    if node["sample"]:
        raise StepError("it takes a sample")
    if node["group_expressions"] or node["aggregate_handling"] == "FORCE_AGGREGATES":
        # Each may be several columns of the result, whose positions then are not the items'.
        if any(each.get("class") == "STAR" for each in outer(node["select_list"])):
            raise StepError("it groups a star")
        if calls(node["select_list"], frozenset({"unnest"})):
            raise StepError("it groups and has unnest")


def limited(node: Node) -> bool:
    """Whether a query keeps a number of rows."""
    return any(each["type"].startswith("LIMIT") for each in node["modifiers"])


def distinct(node: Node) -> bool:
    """Whether a query keeps one of equal rows."""
    return any(each["type"] == "DISTINCT_MODIFIER" for each in node["modifiers"])


def flattened(node: Node, from_table: Node, items: Sequence[Node], ids: Sequence[str]) -> Node:
    """A SELECT of other items and of ids, without groups and order."""
    return {
        **node,
        "from_table": from_table,
        "select_list": [*items, *(reference(name, f"_id{name}") for name in ids)],
        "modifiers": [],
        "cte_map": {"map": []},
        "group_expressions": [],
        "group_sets": [],
        "having": None,
        "qualify": None,
        "aggregate_handling": "STANDARD_HANDLING",
    }


def with_tables(table: Node, replace: Callable[[Node], Node]) -> Node:
    """A FROM clause with the tables replaced whose rows it shows.

    Raises StepError for one that is neither a table nor a query.
    """
    if table["type"] == "JOIN":
        left = with_tables(table["left"], replace)
        shown = table["join_type"] not in _ONE_SIDED
        return {
            **table,
            "left": left,
            "right": with_tables(table["right"], replace) if shown else table["right"],
        }
    if table["type"] in ("BASE_TABLE", "SUBQUERY"):
        if table["sample"]:
            raise StepError("it takes a sample")
        return replace(table)
    if table["type"] not in _SOURCES:
        raise StepError(f"it has {table['type'].replace('_', ' ')}")
    return table


def base_table(name: str, table: Node, alias: str) -> Node:
    """A table of a FROM clause that is known by the name of another."""
    return {
        "type": "BASE_TABLE",
        "alias": table["alias"] or alias,
        "sample": None,
        "query_location": 0,
        "query_location_length": 0,
        "schema_name": "",
        "table_name": name,
        "column_name_alias": table["column_name_alias"],
        "catalog_name": "",
        "at_clause": None,
        "qualified_name": {"path": [name]},
    }


def tables_of(node: object) -> frozenset[str]:
    """The names of all tables that a query reads, in lower case."""
    return frozenset(table_name(each) for each in walk(node) if each.get("type") == "BASE_TABLE")


def table_name(table: Node) -> str:
    """The name of a table of a FROM clause, as inputs are named, in lower case."""
    return ".".join(table["qualified_name"]["path"]).lower()


def has_only_columns(node: object, columns: Collection[str]) -> bool:
    """Whether every name in a query is one of these columns, and none a table, nor a star."""
    names = {name.lower() for name in columns}
    return all(
        each.get("class") != "STAR"
        and (each.get("class") != "COLUMN_REF" or each["column_names"][-1].lower() in names)
        for each in walk(node)
    )


def reference(name: str, alias: str = "") -> Node:
    """A column as an expression."""
    return {
        "class": "COLUMN_REF",
        "type": "COLUMN_REF",
        "alias": alias,
        "query_location": 0,
        "query_location_length": 0,
        "column_names": [name],
    }


def bare(node: Any) -> Any:
    """A part of a tree without its place in the text and its alias."""
    if isinstance(node, Mapping):
        left_out = ("alias", "query_location", "query_location_length")
        return {key: bare(item) for key, item in node.items() if key not in left_out}
    return [bare(item) for item in node] if isinstance(node, list) else node
