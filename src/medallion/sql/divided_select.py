"""A SELECT with aggregates, divided: what it needs of parts of one of its tables, and the rest.

Its FROM clause and conditions are applied to a part of the table and give the values that are
grouped and aggregated. The partial results of all parts then stand for its groups and aggregates in
the select list, HAVING and ORDER BY. A query of which this would not give exactly the same rows is
refused.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from medallion.errors import StepError
from medallion.sql.expressions import walk
from medallion.sql.select_tree import (
    Node,
    aggregate_functions,
    bare,
    base_table,
    flattened,
    groups_of,
    outer,
    reference,
    refuse,
    table_name,
)

COMBINED = "_combined"
"""The name of the table of the combined partial results in the rest of the query."""

KEY, FIGURE = f"{COMBINED}_key_", f"{COMBINED}_figure_"
"""How the names of its columns begin; their numbers follow."""

ARGUMENT = f"{COMBINED}_argument_"

_FUNCTIONS = frozenset({"count", "count_star", "sum", "avg", "min", "max"})
_ONE: Node = {
    "class": "CONSTANT",
    "type": "VALUE_CONSTANT",
    "alias": f"{ARGUMENT}none",
    "query_location": 0,
    "query_location_length": 0,
    "literal": {"kind": "INTEGER", "text": "1"},
}
_LEFT, _RIGHT = {"INNER", "LEFT", "SEMI", "ANTI"}, {"INNER", "RIGHT"}


@dataclass(frozen=True)
class AggregateCall:
    """One call of an aggregate function; `argument` names the column of its values, if any."""

    function: str
    argument: str | None
    distinct: bool


@dataclass(frozen=True)
class DividedSelect:
    """The parts of a query.

    `flat` selects the columns `keys` and the arguments of `calls`; `rest` selects the result from
    COMBINED, which has the keys and a column for each call, whose names begin with FIGURE. `names`
    are those of the columns of the result.
    """

    flat: Node
    rest: Node
    keys: tuple[str, ...]
    calls: tuple[AggregateCall, ...]
    names: tuple[str, ...]


def divided(node: Node) -> DividedSelect:
    """A query as its parts. Raises StepError when it cannot be divided."""
    if node["type"] != "SELECT_NODE" or node["cte_map"]["map"]:
        raise StepError("it is not a single SELECT")
    refuse(node)
    names = [name for each in walk(node) for name in each.get("column_names", ())]
    if any(name.startswith(COMBINED) for name in names):
        raise StepError(f"it uses a name that begins with {COMBINED}")
    groups = groups_of(node, aggregate_functions())
    if groups is None:
        raise StepError("it does not aggregate")
    return _Division(node, groups).parts()


def is_divisible(node: Node, main: Collection[str]) -> bool:
    """Whether the rows of the FROM clause are those of the parts of one of its tables.

    `main` are the names of the table, in lower case.
    """
    reads = [each for each in walk(node) if each.get("type") == "BASE_TABLE"]
    reads = [each for each in reads if table_name(each) in main]
    if len(reads) != 1 or reads[0]["sample"]:
        return False
    table = node["from_table"]
    while table is not reads[0]:
        if table["type"] != "JOIN" or table["ref_type"] not in ("REGULAR", "CROSS", "NATURAL"):
            return False
        in_left = any(each is reads[0] for each in walk(table["left"]))
        right = any(each is reads[0] for each in walk(table["right"]))
        if not (in_left or right) or table["join_type"] not in (_LEFT if in_left else _RIGHT):
            return False
        table = table["left" if in_left else "right"]
    return True


class _Division:
    def __init__(self, node: Node, groups: Sequence[Node]) -> None:
        self.node = node
        self.items: list[Node] = node["select_list"]
        self.groups = [self._group(group) for group in groups]
        self.bare_groups = [bare(group) for group in self.groups]
        self.calls: list[Node] = []

    def parts(self) -> DividedSelect:
        names = tuple(self._name(item) for item in self.items)
        items = [
            {**self._replaced(item), "alias": name}
            for item, name in zip(self.items, names, strict=True)
        ]
        order = [self._modifier(each, names) for each in self.node["modifiers"]]
        having = self._replaced(self.node["having"])
        for each in outer([items, having]):
            self._require_combined(each)
        calls = [_call(call, place) for place, call in enumerate(self.calls)]
        keys = tuple(f"{KEY}{place}" for place in range(len(self.groups)))
        arguments = [
            {**call["arguments"][0]["expression"], "alias": parsed.argument}
            for call, parsed in zip(self.calls, calls, strict=True)
            if parsed.argument
        ]
        values = [{**group, "alias": key} for group, key in zip(self.groups, keys, strict=True)]
        flat = flattened(self.node, self.node["from_table"], [*values, *arguments] or [_ONE], [])
        empty = {"alias": "", "column_name_alias": []}
        rest = {
            **flattened(self.node, base_table(COMBINED, empty, COMBINED), items, []),
            "where_clause": having,
            "modifiers": order,
        }
        return DividedSelect(flat, rest, keys, tuple(calls), names)

    def _group(self, group: Node) -> Node:
        """The expression that a group is; an item of the select list may stand for it."""
        if group["class"] == "CONSTANT" and group["literal"]["kind"] == "INTEGER":
            if self.node["aggregate_handling"] == "FORCE_AGGREGATES":
                return group
            return self.items[int(group["literal"]["text"]) - 1]
        names = {item["alias"].lower() for item in self.items if bare(item) != bare(group)}
        if group["class"] == "COLUMN_REF" and group["column_names"][-1].lower() in names:
            raise StepError("it groups by a name that may be an alias")
        return group

    def _name(self, item: Node) -> str:
        if item["alias"]:
            return str(item["alias"])
        if item["class"] != "COLUMN_REF":
            raise StepError("a column of its result has no name")
        return str(item["column_names"][-1])

    def _modifier(self, modifier: Node, names: Sequence[str]) -> Node:
        if modifier["type"] != "ORDER_MODIFIER":
            return modifier
        aliases = {name.lower() for name in names}

        def term(order: Node) -> Node:
            expression = order["expression"]
            name = expression.get("column_names", [""])
            if len(name) == 1 and name[0].lower() in aliases:
                return order  # of the result
            replaced = self._replaced(expression)
            for each in outer(replaced):
                self._require_combined(each)
            return {**order, "expression": replaced}

        return {**modifier, "orders": [term(order) for order in modifier["orders"]]}

    def _replaced(self, tree: Any) -> Any:
        """An expression with references to keys and figures in place of groups and aggregates."""
        if isinstance(tree, list):
            return [self._replaced(each) for each in tree]
        if not isinstance(tree, dict):
            return tree
        if "class" in tree:
            if (part := bare(tree)) in self.bare_groups:
                return reference(f"{KEY}{self.bare_groups.index(part)}")
            if tree["class"] == "FUNCTION" and tree["function_name"] in aggregate_functions():
                return reference(f"{FIGURE}{self._place(tree)}")
            if tree["class"] == "SUBQUERY":
                return {**tree, "child": self._replaced(tree["child"])}
        return {name: self._replaced(child) for name, child in tree.items()}

    def _place(self, call: Node) -> int:
        for place, other in enumerate(self.calls):
            if bare(other) == bare(call):
                return place
        self.calls.append(call)
        return len(self.calls) - 1

    def _require_combined(self, node: Node) -> None:
        """Raise StepError for a column of the FROM clause, which the partial results lack."""
        if node.get("class") == "COLUMN_REF" and not node["column_names"][0].startswith(COMBINED):
            raise StepError(
                f"it uses {node['column_names'][-1]!r} outside of groups and aggregates"
            )


def _call(call: Node, place: int) -> AggregateCall:
    function, arguments = call["function_name"], call["arguments"]
    plain = not (call["filter"] or call["order_bys"]["orders"] or call["export_state"])
    if function not in _FUNCTIONS or not plain or len(arguments) > 1:
        raise StepError(f"it calls {function} in a way that has no partial results")
    if call["distinct"] and function in ("sum", "avg"):
        raise StepError(f"it calls {function} of distinct values")
    distinct = bool(call["distinct"]) and function == "count"
    return AggregateCall(function, f"{ARGUMENT}{place}" if arguments else None, distinct)
