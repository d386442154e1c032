"""Which rows of its tables the rows of an SQL query were made of.

The query is rewritten to a flat one, without groups, of the ids of the rows that its FROM clause
combines, next to the values by which a row of the result is recognised: those that it is grouped
by, or all of them. A table in FROM that is a query itself is computed, and followed in turn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from medallion.errors import StepError
from medallion.sql.expressions import columns_sql, explained, public, select_text
from medallion.sql.relations import ROW, Inputs, quote, stored
from medallion.sql.row_matching import equal_others, matching, recognised
from medallion.sql.select_tree import (
    Node,
    aggregate_functions,
    base_table,
    distinct,
    flattened,
    groups_of,
    limited,
    place_of,
    refuse,
    subqueries,
    table_name,
    with_tables,
)

if TYPE_CHECKING:
    from medallion.sql.relations import Relation


@dataclass(frozen=True)
class Wanted:
    """Rows of the result of a query, with the names of their columns by position in it."""

    rows: Relation
    columns: Mapping[int, str]


@dataclass(frozen=True)
class NamedRows:
    """Rows that a query reads: of an input, with `_row`, or of a query, which has names too."""

    rows: Relation
    query: Node | None = None
    scope: Mapping[str, NamedRows] = field(default_factory=dict)


@dataclass(frozen=True)
class Leaf:
    """A table of a FROM clause: its name, and its numbered rows."""

    name: str
    rows: Relation
    source: NamedRows


class SelectTrace:
    """Follows rows of the result of one query, used once.

    Parameters: `tables` are the inputs by name in lower case, with `_row`. `traced` has relations
    of `_row` by the same names.
    """

    def __init__(self, inputs: Inputs, tables: Mapping[str, Relation]) -> None:
        self.inputs = inputs
        self.scope = {name: NamedRows(rows) for name, rows in tables.items()}
        self.traced: dict[str, list[Relation]] = {}
        self.aggregates = aggregate_functions()

    def key(self, node: Node) -> list[int] | None:
        """The positions of the columns that a query groups by.

        None when it does not group, or not only by columns of its result.
        """
        if node["type"] != "SELECT_NODE":
            return None
        refuse(node)
        groups = groups_of(node, self.aggregates)
        if groups is None:
            return None
        columns = self._columns(node, self._within(node, self.scope))
        places = [place_of(group, node["select_list"], columns) for group in groups]
        positions = [place for place in places if place is not None]
        return positions if len(positions) == len(places) else None

    def run(self, node: Node, wanted: Wanted) -> None:
        """Follow rows of the result of a query. Raises StepError saying why it cannot."""
        self._run(node, wanted, self.scope)

    def _run(self, node: Node, wanted: Wanted, scope: Mapping[str, NamedRows]) -> None:
        if node["type"] not in ("SELECT_NODE", "SET_OPERATION_NODE"):
            raise StepError("it is recursive")
        scope = self._within(node, scope)
        if node["type"] == "SELECT_NODE":
            self._select(node, wanted, scope)
            return
        kind = node["setop_type"]
        if kind not in ("UNION", "EXCEPT", "INTERSECT") or limited(node):
            raise StepError(f"it has {'LIMIT of ' * limited(node)}{kind.replace('_', ' ')}")
        if kind != "UNION" and node["setop_all"]:
            raise StepError(f"it has {kind} ALL, which keeps some of equal rows")
        inputs = self.inputs
        if kind == "UNION" and not inputs.incomplete:
            rows = self._relation(node, scope, {})
            self._recognised(rows, rows.columns, wanted)
            inputs = replace(inputs, incomplete=True)
        # A row of EXCEPT is one of the first query only.
        for child in node["children"][: 1 if kind == "EXCEPT" else None]:
            rows = self._relation(child, scope, {})
            chosen = self._stored(self._recognised(rows, rows.columns, wanted, inputs))
            self._run(child, Wanted(chosen, dict(enumerate(rows.columns))), scope)

    def _select(self, node: Node, wanted: Wanted, scope: Mapping[str, NamedRows]) -> None:
        refuse(node)
        for query in subqueries(node["select_list"]):
            self._follow_value(query, scope)
        leaves: dict[str, Leaf] = {}

        def numbered(table: Node) -> Node:
            leaf, column = self._leaf(table, scope), f"_row_{len(leaves)}"
            leaves[column] = leaf
            return base_table(f"_leaf{column}", table, leaf.name.rpartition(".")[2])

        from_table = with_tables(node["from_table"], numbered)
        groups = groups_of(node, self.aggregates)
        items = node["select_list"]
        if groups is not None:
            items, wanted = self._grouped(node, groups, wanted, scope)
        flat = flattened(node, from_table, items, list(leaves))
        if groups is None and limited(node) and not distinct(node):
            flat["modifiers"] = node["modifiers"]  # equal rows may be left out
        self._follow(self._relation(flat, scope, leaves), wanted, leaves)

    def _grouped(
        self,
        node: Node,
        groups: Sequence[Node],
        wanted: Wanted,
        scope: Mapping[str, NamedRows],
    ) -> tuple[list[Node], Wanted]:
        """The expressions that the rows are grouped by, and the wanted values of them."""
        items, columns = node["select_list"], self._columns(node, scope)
        places = [place_of(group, items, columns) for group in groups]
        shown = sorted({place for place in places if place is not None})
        if None not in places:
            names = {number: wanted.columns[place] for number, place in enumerate(shown)}
            return [items[place] for place in shown], Wanted(wanted.rows, names)
        keys = [
            group if place is None else items[place]
            for group, place in zip(groups, places, strict=True)
        ]
        keyed = {**node, "select_list": [*items, *keys], "modifiers": [], "cte_map": {"map": []}}
        rows = self._relation(keyed, scope, {})
        groups_wanted = self._recognised(rows, rows.columns[: len(items)], wanted)
        if limited(node) and not distinct(node) and len(groups_wanted) > len(wanted.rows):
            raise StepError("its LIMIT leaves out equal rows")
        hidden = rows.columns[len(items) :]
        values = self._stored(groups_wanted.project(columns_sql(hidden)).distinct())
        return keys, Wanted(values, dict(enumerate(hidden)))

    def _follow(self, flat: Relation, wanted: Wanted, leaves: Mapping[str, Leaf]) -> None:
        """Note the ids of the rows that were combined to the wanted ones, and follow queries."""
        ids = {f"_id{column}": leaf for column, leaf in leaves.items()}
        if not ids:
            return
        # A star shows the numbers of the rows, too.
        names = [name for name in flat.columns if not name.startswith(("_id_row_", "_row_"))]
        combined = self._stored(self._recognised(flat, names, wanted).project(columns_sql(ids)))
        for column, leaf in ids.items():
            rows = combined.filter(f"{column} is not null").project(f"{column} as {ROW}")
            query = leaf.source.query
            if query is None:
                self.traced.setdefault(leaf.name, []).append(rows)
                continue
            chosen = self._stored(matching(leaf.rows, rows, [ROW], self.inputs))
            if not self.inputs.incomplete and equal_others(leaf.rows, chosen, self.inputs):
                raise StepError("it uses some of equal rows of a query")
            columns = dict(enumerate(public(leaf.rows)))
            self._run(query, Wanted(chosen, columns), leaf.source.scope)

    def _recognised(
        self,
        rows: Relation,
        names: Sequence[str],
        wanted: Wanted,
        inputs: Inputs | None = None,
    ) -> Relation:
        if wanted.columns and max(wanted.columns) >= len(names):
            raise StepError("its columns cannot be followed")
        pairs = {names[place]: name for place, name in wanted.columns.items()}
        return recognised(rows, wanted.rows, pairs, inputs or self.inputs)

    def _follow_value(self, query: Node, scope: Mapping[str, NamedRows]) -> None:
        """Follow a query whose value the select list uses."""
        try:
            rows = self._stored(self._relation(query, scope, {}))
        except StepError as error:
            raise StepError("it has a subquery that reads its outer row") from error
        self._run(query, Wanted(rows, dict(enumerate(rows.columns))), scope)

    def _within(self, node: Node, scope: Mapping[str, NamedRows]) -> Mapping[str, NamedRows]:
        """The names that a query may read, with those that its WITH clause defines."""
        for entry in node["cte_map"]["map"]:
            query, names = entry["value"]["query_node"], entry["value"]["aliases"]
            if query["type"] == "RECURSIVE_CTE_NODE":
                raise StepError("it is recursive")
            rows = self._relation(query, scope, {})
            pairs = zip(rows.columns, [*names, *rows.columns[len(names) :]], strict=True)
            rows = rows.project(", ".join(f"{quote(old)} as {quote(new)}" for old, new in pairs))
            scope = {**scope, entry["key"].lower(): NamedRows(rows, query, scope)}
        return scope

    def _leaf(self, table: Node, scope: Mapping[str, NamedRows]) -> Leaf:
        if table["type"] == "SUBQUERY":
            query = table["subquery"]["node"]
            try:
                source = NamedRows(self._relation(query, scope, {}), query, scope)
            except StepError as error:
                raise StepError("it has a subquery that reads its outer row") from error
            return Leaf("", self._numbered(source.rows), source)
        name = table_name(table)
        source = scope[name]
        return Leaf(
            name, source.rows if source.query is None else self._numbered(source.rows), source
        )

    def _columns(self, node: Node, scope: Mapping[str, NamedRows]) -> frozenset[str]:
        """The names of the columns of the FROM clause, in lower case."""
        star = {"class": "STAR", "type": "STAR", "alias": "", "query_location": 0}
        star |= {"query_location_length": 0, "relation_name": "", "exclude_list": []}
        star |= {"replace_list": [], "columns": False, "expr": None}
        star |= {"qualified_exclude_list": [], "rename_list": []}
        every = {**flattened(node, node["from_table"], [star], []), "where_clause": None}
        return frozenset(map(str.lower, self._relation(every, scope, {}).columns))

    def _relation(
        self, node: Node, scope: Mapping[str, NamedRows], leaves: Mapping[str, Leaf]
    ) -> Relation:
        """The result of a query over the names of a scope, and over numbered tables."""
        tables = {
            name: named.rows.project(columns_sql(public(named.rows)))
            for name, named in scope.items()
        }
        for column, leaf in leaves.items():
            names = columns_sql(public(leaf.rows))
            tables[f"_leaf{column}"] = leaf.rows.project(f"{names}, {ROW} as {column}")
        with explained("sql"):
            return self.inputs.sql(select_text(self.inputs.connection, node), **tables)

    def _stored(self, rows: Relation) -> Relation:
        return stored(rows, self.inputs.connection)

    def _numbered(self, rows: Relation) -> Relation:
        return self._stored(self._stored(rows).project(f"row_number() over () as {ROW}, *"))
