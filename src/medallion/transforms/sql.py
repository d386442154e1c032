"""`sql`: one SELECT over the table's inputs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import field_validator

from medallion.contracts import (
    MAIN,
    ORIGIN,
    PART,
    ROW,
    Columns,
    Grain,
    Inputs,
    Scope,
    StepOrigins,
    Transform,
)
from medallion.errors import StepError, did_you_mean
from medallion.sql.column_origins import select_origins
from medallion.sql.divided_select import DividedSelect, divided, is_divisible
from medallion.sql.expressions import columns_sql, explained, parse_select, public, select_text
from medallion.sql.group_links import GroupColumns
from medallion.sql.row_matching import joined
from medallion.sql.select_groups import grouped_tables, in_order
from medallion.sql.select_partials import are_exact, combined_results, partial_results, whole_result
from medallion.sql.select_trace import SelectTrace, Wanted
from medallion.sql.select_tree import Node, has_only_columns, reference

if TYPE_CHECKING:
    from medallion.contracts import Relation

_FUNCTIONS = frozenset({"unnest", "range", "generate_series", "json_each", "json_tree"})


class Sql(Transform):
    """Computes a table by one SQL query, in DuckDB's dialect.

    - `query`: a single SELECT over the names in the table's `from`; the result of the previous
      steps is also called `rows`. It cannot read other tables, files or URLs.

    ```yaml
    country_stats:
      from: {purchases: silver.purchases, clients: silver.clients}
      steps:
        - sql: |
            select country, count(*) as purchases, sum(amount) as revenue
            from purchases join clients using (client_id) group by country order by country
    ```

    When partitions of the first table in `from` change, only their partial results are computed, if
    the query is one SELECT with `count`, `sum`, `avg`, `min` or `max` over that table and others
    that are joined to it, and its sums and means are of integers or decimals. A mean of these is
    the exact sum as a float, divided by the number of values. Of such a query with many groups,
    only the groups of changed rows are computed, if tables are joined by equal columns.

    Raises StepError when the query is not a single SELECT, or names an unknown table or column.
    """

    name: ClassVar[str] = "sql"
    value_field: ClassVar[str | None] = "query"
    scope: ClassVar[Scope] = "table"
    grain: ClassVar[Grain] = "new"
    separates_parts: ClassVar[bool] = True

    query: str

    @field_validator("query")
    @classmethod
    def _selects(cls, query: str) -> str:
        words = re.sub(r"--[^\n]*|/\*.*?\*/|\(", " ", query, flags=re.DOTALL).split()
        if not words or words[0].lower() not in ("select", "with", "from", "values"):
            raise ValueError(f"write one SELECT{f', not {words[0]!r}' if words else ''}")
        return query

    def expressions(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        yield ("query",), self.query

    def column_origins(
        self, rows: tuple[str, ...], others: Mapping[str, Columns]
    ) -> StepOrigins | None:
        return select_origins(self.query, {**others, MAIN: rows})

    def apply(self, rows: Relation, inputs: Inputs) -> Relation:
        tree = self._tree(inputs)
        visible = _visible(tree, rows, inputs)
        result = self._result(visible, inputs)
        select = _divided(tree, result.columns)
        if select is None or not any(call.function == "avg" for call in select.calls):
            return result
        flat = inputs.sql(select_text(inputs.connection, select.flat), **visible)
        return whole_result(select, flat, Inputs(inputs.connection, visible))

    def partial(self, rows: Relation, inputs: Inputs) -> Relation | None:
        tree = self._tree(inputs)
        visible = _visible(tree, rows, inputs)
        select = _divided(tree, self._result(visible, inputs).columns)
        if select is None or not is_divisible(tree, _names_of(rows, inputs)):
            return None
        node = select.flat
        if PART in rows.columns:
            if not has_only_columns(
                node, {name for each in visible.values() for name in each.columns}
            ):
                return None  # a row as a value would have its part
            node = {**node, "select_list": [*node["select_list"], reference(PART)]}
        flat = inputs.sql(select_text(inputs.connection, node), **visible)
        return partial_results(select, flat, inputs)

    def combine(self, partials: Relation, inputs: Inputs) -> Relation:
        return combined_results(divided(self._tree(inputs)), partials, inputs)

    def group_columns(self, rows: Relation, inputs: Inputs) -> Mapping[str, GroupColumns] | None:
        tree = self._tree(inputs)
        visible = _visible(tree, rows, inputs)
        select = _divided(tree, self._result(visible, inputs).columns)
        if select is None:
            return None
        flat = inputs.sql(select_text(inputs.connection, select.flat), **visible)
        if not are_exact(select, flat):
            return None
        main = _names_of(rows, inputs)
        if len(main & visible.keys()) > 1:
            return None  # a row takes part under two names
        with suppress(StepError):
            names = {name.lower(): name for name in inputs.tables} | dict.fromkeys(main, MAIN)
            return {
                names[name]: columns for name, columns in grouped_tables(select, visible).items()
            }
        return None

    def arranged(self, result: Relation, inputs: Inputs) -> Relation:
        return in_order(divided(self._tree(inputs)), result, inputs)

    def trace_key(self, rows: Relation, inputs: Inputs) -> tuple[str, ...] | None:
        trace, tree = self._trace(rows, inputs)
        positions, names = trace.key(tree), self.apply(rows, inputs).columns
        return None if positions is None else tuple(names[place] for place in positions)

    def trace(self, result: Relation, rows: Relation, inputs: Inputs) -> Mapping[str, Relation]:
        trace, tree = self._trace(rows, inputs)
        names = self.apply(rows, inputs).columns
        shown = {place: name for place, name in enumerate(names) if name in result.columns}
        trace.run(tree, Wanted(result, shown))
        names_of = {name.lower(): name for name in (*inputs.tables, MAIN)}
        return {names_of[name]: joined(parts) for name, parts in trace.traced.items()}

    def _result(self, visible: Mapping[str, Relation], inputs: Inputs) -> Relation:
        """The result of the query as it is written. Raises StepError."""
        with explained("sql"):
            result = inputs.sql(re.sub(r"[;\s]+$", "", self.query), **visible)
        for name in (ROW, ORIGIN):
            if name in result.columns:
                raise StepError(f"sql: a column of the result has the reserved name {name!r}")
        return result

    def _trace(self, rows: Relation, inputs: Inputs) -> tuple[SelectTrace, Node]:
        tables = {name.lower(): table for name, table in {**inputs.tables, MAIN: rows}.items()}
        return SelectTrace(inputs, tables), self._tree(inputs)

    def _tree(self, inputs: Inputs) -> Node:
        return parse_select(inputs.connection, re.sub(r"[;\s]+$", "", self.query))


def _names_of(rows: Relation, inputs: Inputs) -> set[str]:
    """The names of the main table in a query, in lower case."""
    return {MAIN, *(name.lower() for name, table in inputs.tables.items() if table is rows)}


def _divided(tree: Node, columns: Sequence[str]) -> DividedSelect | None:
    """The parts of a query whose result has these columns; None when it cannot be divided."""
    with suppress(StepError):
        select = divided(tree)
        return select if select.names == tuple(columns) else None
    return None


def _visible(tree: Node, rows: Relation, inputs: Inputs) -> dict[str, Relation]:
    """The tables that a query reads, without reserved columns."""
    tables = {name.lower(): table for name, table in {**inputs.tables, MAIN: rows}.items()}
    used = _tables(tree, tables, frozenset())
    return {name: tables[name].project(columns_sql(public(tables[name]))) for name in used}


def _tables(tree: Any, known: Mapping[str, Relation], local: frozenset[str]) -> set[str]:
    """The inputs that a syntax tree reads; `local` are the names defined by WITH clauses so far."""
    if isinstance(tree, list):
        return set[str]().union(*(_tables(child, known, local) for child in tree))
    if not isinstance(tree, dict):
        return set()
    names: set[str] = set()
    if tree.get("type") == "RECURSIVE_CTE_NODE":
        local |= {tree["cte_name"].lower()}
    for entry in tree.get("cte_map", {}).get("map", ()):
        names |= _tables(entry["value"], known, local)
        local |= {entry["key"].lower()}
    names |= _read(tree, known, local)
    children = [child for name, child in tree.items() if name != "cte_map"]
    return names | _tables(children, known, local)


def _read(
    node: Mapping[str, Any], known: Mapping[str, Relation], local: frozenset[str]
) -> set[str]:
    kind = node.get("type")
    if kind == "BASE_TABLE":
        name = ".".join(node["qualified_name"]["path"]).lower()
        if name in local:
            return set()
        if name not in known:
            hint = "a query reads only the tables in `from`; add it there under an alias"
            raise StepError(f"sql: no table {name!r}{did_you_mean(name, known)}", hint=hint)
        return {name}
    if kind == "TABLE_FUNCTION":
        function = str(node["function"]["function_name"]).lower()
        if function not in _FUNCTIONS:
            raise StepError(
                f"sql: {function}() is not allowed",
                hint="declare what it reads as a table's `source`",
            )
    if kind == "SHOW_REF":
        raise StepError("sql: DESCRIBE, SHOW and SUMMARIZE are not allowed")
    return set()
