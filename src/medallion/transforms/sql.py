"""`sql`: one SELECT over the table's inputs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import field_validator

from medallion.contracts import ORIGIN, ROW, Grain, Inputs, Scope, Transform
from medallion.errors import StepError, did_you_mean
from medallion.sql.expressions import columns_sql, explained, parse_select, public

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

    Raises StepError when the query is not a single SELECT, or names an unknown table or column.
    """

    name: ClassVar[str] = "sql"
    value_field: ClassVar[str | None] = "query"
    scope: ClassVar[Scope] = "table"
    grain: ClassVar[Grain] = "new"

    query: str

    @field_validator("query")
    @classmethod
    def _selects(cls, query: str) -> str:
        words = re.sub(r"--[^\n]*|/\*.*?\*/|\(", " ", query, flags=re.DOTALL).split()
        if not words or words[0].lower() not in ("select", "with", "from", "values"):
            raise ValueError(f"write one SELECT{f', not {words[0]!r}' if words else ''}")
        return query

    def apply(self, rows: Relation, inputs: Inputs) -> Relation:
        tables = {name.lower(): table for name, table in {**inputs.tables, "rows": rows}.items()}
        query = re.sub(r"[;\s]+$", "", self.query)
        used = _tables(parse_select(inputs.connection, query), tables, frozenset())
        visible = {name: tables[name].project(columns_sql(public(tables[name]))) for name in used}
        with explained("sql"):
            result = inputs.sql(query, **visible)
        for name in (ROW, ORIGIN):
            if name in result.columns:
                raise StepError(f"sql: a column of the result has the reserved name {name!r}")
        return result


def _tables(tree: Any, known: Mapping[str, Relation], local: frozenset[str]) -> set[str]:
    """The inputs that a syntax tree reads; `local` are the names defined by WITH clauses so far."""
    if isinstance(tree, list):
        return set[str]().union(*(_tables(child, known, local) for child in tree))
    if not isinstance(tree, dict):
        return set()
    found: set[str] = set()
    if tree.get("type") == "RECURSIVE_CTE_NODE":
        local |= {tree["cte_name"].lower()}
    for entry in tree.get("cte_map", {}).get("map", ()):
        found |= _tables(entry["value"], known, local)
        local |= {entry["key"].lower()}
    found |= _read(tree, known, local)
    children = [child for name, child in tree.items() if name != "cte_map"]
    return found | _tables(children, known, local)


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
