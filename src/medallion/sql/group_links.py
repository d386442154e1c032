"""Which columns of the tables of a FROM clause have the value of a column that it is grouped by.

Equalities of joins link columns. A link leads from a column to one of another table whose rows take
part only where both are equal, and never from the side of an outer join that may be absent.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from medallion.errors import StepError
from medallion.sql.select_tree import Node, table_name

Place: TypeAlias = tuple[str, str]
"""A table as the FROM clause calls it, and its column, both in lower case."""

Types: TypeAlias = Mapping[str, Mapping[str, str]]
"""The types of columns, by name of the table and of the column, both in lower case."""

_LEADS = {"INNER": (True, True), "LEFT": (True, False), "RIGHT": (False, True)}
_LEADS |= {"SEMI": (True, False), "ANTI": (True, False)}


@dataclass(frozen=True)
class GroupColumns:
    """How the rows of a table take part in the groups of a step.

    `key` has, by column of the result, the column of the table with the same value: a row of the
    table takes part in no group that has another value there. `reads` are all columns that the
    step reads of the table.
    """

    key: Mapping[str, str]
    reads: tuple[str, ...]


@dataclass(frozen=True)
class _Side:
    """The tables of a part of a FROM clause, and where a column without a table may be from."""

    tables: frozenset[str]
    columns: Mapping[str, frozenset[Place]]


class GroupLinks:
    """The links of one FROM clause. Raises StepError for one that has other tables than inputs.

    Parameters: `types` are those of the inputs.
    """

    def __init__(self, from_table: Node, types: Types) -> None:
        self._types = types
        self._names: dict[str, str] = {}  # of the inputs, by what the FROM clause calls them
        self._absent: set[str] = set()  # tables whose rows an outer join may lack
        self._links: defaultdict[Place, set[Place]] = defaultdict(set)
        self._every = self._side(from_table)

    def columns_of(self, group: Node) -> dict[str, str]:
        """The column of each input, by name, that has the value of a grouping expression."""
        place = self._place(group, self._every)
        if place is None or place[0] in self._absent:
            return {}
        columns: dict[str, str] = {}
        waiting = [place]
        while waiting:
            table, column = waiting.pop()
            if self._names[table] not in columns:
                columns[self._names[table]] = column
                waiting += sorted(self._links[table, column])
        return columns

    def _side(self, node: Node) -> _Side:
        if node["type"] == "BASE_TABLE":
            return self._table(node)
        if node["type"] != "JOIN" or node["join_type"] not in _LEADS:
            raise StepError("it joins tables in a way that has no links")
        if node["ref_type"] not in ("REGULAR", "CROSS"):
            raise StepError("it joins tables in a way that has no links")
        left, right = self._side(node["left"]), self._side(node["right"])
        forth, back = _LEADS[node["join_type"]]
        for one, two in self._equal(node, left, right):
            if self._type(one) == self._type(two):
                self._links[one] |= {two} if forth else set()
                self._links[two] |= {one} if back else set()
        self._absent |= right.tables if not back else frozenset()
        self._absent |= left.tables if not forth else frozenset()
        return _joined(node, left, right)

    def _table(self, node: Node) -> _Side:
        name = table_name(node)
        alias = (node["alias"] or name.rpartition(".")[2]).lower()
        if name not in self._types or name in self._names.values() or alias in self._names:
            raise StepError("it does not read each input once")
        if node["sample"] or node["column_name_alias"]:
            raise StepError("it takes a sample, or renames columns of a table")
        self._names[alias] = name
        columns = {column: frozenset([(alias, column)]) for column in self._types[name]}
        return _Side(frozenset([alias]), columns)

    def _equal(self, node: Node, left: _Side, right: _Side) -> Iterator[tuple[Place, Place]]:
        """The columns of both sides that a join requires to be equal."""
        for name in map(str.lower, node["using_columns"]):
            one, two = _only(left, name), _only(right, name)
            if one and two:
                yield one, two
        for each in _conjuncts(node["condition"]):
            if each["type"] == "COMPARE_EQUAL":
                operands = (each["left"], each["right"])
                for here, there in (operands, operands[::-1]):
                    one, two = self._place(here, left), self._place(there, right)
                    if one and two:
                        yield one, two

    def _place(self, node: Node, side: _Side) -> Place | None:
        """The column of a side that an expression is; None when it is anything else."""
        if node["class"] != "COLUMN_REF":
            return None
        *tables, column = map(str.lower, node["column_names"])
        if not tables:
            return _only(side, column)
        (table, *more) = tables
        known = not more and table in side.tables and column in self._types[self._names[table]]
        return (table, column) if known else None

    def _type(self, place: Place) -> str:
        return self._types[self._names[place[0]]][place[1]]


def _joined(node: Node, left: _Side, right: _Side) -> _Side:
    tables, columns = left.tables | right.tables, dict(left.columns)
    if node["join_type"] in ("SEMI", "ANTI"):
        return _Side(tables, columns)
    merged = {name.lower() for name in node["using_columns"]}
    for name, places in right.columns.items():
        if name not in merged:
            columns[name] = columns.get(name, frozenset()) | places
        elif node["join_type"] == "RIGHT":
            columns[name] = places
    return _Side(tables, columns)


def _only(side: _Side, column: str) -> Place | None:
    places = side.columns.get(column, frozenset())
    return next(iter(places)) if len(places) == 1 else None


def _conjuncts(condition: Node | None) -> Iterator[Node]:
    """The conditions that all have to be met."""
    if condition is None:
        return
    if condition["type"] == "CONJUNCTION_AND":
        for child in condition["children"]:
            yield from _conjuncts(child)
    else:
        yield condition
