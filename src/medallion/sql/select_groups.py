"""The groups of a divided SELECT that some rows of its tables take part in, and their order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from medallion.errors import StepError
from medallion.sql.divided_select import COMBINED, DividedSelect
from medallion.sql.expressions import explained, public, select_text, walk
from medallion.sql.group_links import GroupColumns, GroupLinks
from medallion.sql.relations import Inputs
from medallion.sql.select_tree import Node, bare, reference

if TYPE_CHECKING:
    from medallion.sql.relations import Relation


def grouped_tables(
    select: DividedSelect, tables: Mapping[str, Relation]
) -> dict[str, GroupColumns]:
    """How the rows of the tables of a query take part in its groups.

    `tables` are the inputs by name in lower case. Raises StepError when groups depend on more than
    rows of their own.
    """
    if any(each.get("class") == "SUBQUERY" for each in walk([select.flat, select.rest])):
        raise StepError("it has a subquery")
    _order(select)
    names = {
        name: {column.lower(): column for column in public(rows)} for name, rows in tables.items()
    }
    types = {name: dict(_types(rows)) for name, rows in tables.items()}
    links = GroupLinks(select.flat["from_table"], types)
    keys: dict[str, dict[str, str]] = {}
    for shown, group in _shown_keys(select):
        for name, column in links.columns_of(group).items():
            keys.setdefault(name, {})[shown] = names[name][column]
    read = _names(select.flat)
    return {
        name: GroupColumns(
            key,
            tuple(public(tables[name]))
            if read is None
            else tuple(column for low, column in names[name].items() if low in read),
        )
        for name, key in keys.items()
    }


def in_order(select: DividedSelect, result: Relation, inputs: Inputs) -> Relation:
    """Rows of the result in the order that the query asks for."""
    order = _order(select)
    if not order:
        return result
    items = [reference(name) for name in select.names]
    node = {**select.rest, "select_list": items, "where_clause": None, "modifiers": order}
    with explained("sql"):
        return inputs.sql(select_text(inputs.connection, node), **{COMBINED: result})


def _order(select: DividedSelect) -> list[Node]:
    """Its ORDER BY, of columns of the result. Raises StepError for anything else."""
    shown = [
        (bare(item), name)
        for item, name in zip(select.rest["select_list"], select.names, strict=True)
    ]
    modifiers = []
    for modifier in select.rest["modifiers"]:
        if modifier["type"] != "ORDER_MODIFIER":
            raise StepError("it leaves out rows of the result")
        orders = [
            {**each, "expression": _ordered(each["expression"], shown)}
            for each in modifier["orders"]
        ]
        modifiers.append({**modifier, "orders": orders})
    return modifiers


def _ordered(term: Node, shown: list[tuple[Any, str]]) -> Node:
    """A term of an ORDER BY as a column of the result."""
    if term["class"] == "CONSTANT":
        return term  # the number of the column
    names = {name.lower(): name for _, name in shown}
    columns = term.get("column_names", [])
    if len(columns) == 1 and columns[0].lower() in names:
        return reference(names[columns[0].lower()])
    for item, name in shown:
        if item == bare(term):
            return reference(name)
    raise StepError("it orders by something else than columns of the result")


def _shown_keys(select: DividedSelect) -> Iterator[tuple[str, Node]]:
    """The columns of the result that are groups, each with the expression that is grouped by."""
    for key, group in zip(select.keys, select.flat["select_list"], strict=False):
        for item, name in zip(select.rest["select_list"], select.names, strict=True):
            if bare(item) == bare(reference(key)):
                yield name, group
                break


def _types(rows: Relation) -> Iterator[tuple[str, str]]:
    for name, type_ in zip(rows.columns, rows.types, strict=True):
        yield name.lower(), str(type_)


def _names(node: Node) -> frozenset[str] | None:
    """All names in a query that may be columns, in lower case; None when a star may be any."""
    names: set[str] = set()
    for each in walk(node):
        if each.get("class") in ("STAR", "LAMBDA"):
            return None
        names |= {name.lower() for name in each.get("column_names", ())}
        names |= {name.lower() for name in each.get("using_columns", ())}
    return frozenset(names)
