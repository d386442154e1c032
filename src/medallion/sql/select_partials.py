"""Partial results of a divided SELECT over some rows, and its result over those of all rows.

They are equal to the last bit: sums are of integers and decimals, and so are means.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count
from typing import TYPE_CHECKING

from medallion.sql.distinct_parts import has_integers, list_columns, with_counts, with_parts
from medallion.sql.divided_select import COMBINED, FIGURE, AggregateCall, DividedSelect
from medallion.sql.expressions import columns_sql, explained, public, select_text
from medallion.sql.partial_calls import SAFE_DIGITS
from medallion.sql.relations import PART, Inputs, quote, stored
from medallion.sql.select_tree import tables_of

if TYPE_CHECKING:
    from duckdb.sqltypes import DuckDBPyType

    from medallion.sql.relations import Relation

_INTEGERS = frozenset(("smallint", "integer", "bigint"))


def partial_results(select: DividedSelect, flat: Relation, inputs: Inputs) -> Relation | None:
    """A row for each group of the rows of `flat`; None when they would not combine exactly.

    With a column PART in `flat`, a row for each group of each part.
    """
    if not are_exact(select, flat):
        return None
    distinct = [call.argument for call in select.calls if call.distinct and call.argument]
    rows = stored(flat, inputs.connection) if has_integers(flat, distinct) else flat
    keys = [PART, *select.keys] if PART in flat.columns else select.keys
    columns = [quote(key) for key in keys]
    for place, call in enumerate(select.calls):
        if not call.distinct:
            parts = _parts(call)
            columns += [f"{sql} as {quote(_part(place, part))}" for part, sql in parts.items()]
    lists = list_columns(rows, {name: name for name in distinct})
    columns += [f"{sql} as {quote(name)}" for name, sql in lists.items()]
    by = f"group by {columns_sql(keys)}" if keys else ""
    listed = ", ".join(columns) or "count(*) as rows"
    groups = inputs.sql(f"select {listed} from flat {by}", flat=rows)
    return with_parts(groups, rows, keys, distinct, inputs) if distinct else groups


def are_exact(select: DividedSelect, flat: Relation) -> bool:
    """Whether the order of the rows of `flat` is without effect on the result of the query."""
    types = _types(flat)
    return all(_is_exact(call, types) for call in select.calls)


def combined_results(select: DividedSelect, partials: Relation, inputs: Inputs) -> Relation:
    """The result of the query over all rows, from the partial results of their parts."""
    counted = with_counts(partials, select.keys, inputs)
    return _result(select, [*map(_combined, count(), select.calls)], counted, inputs)


def whole_result(select: DividedSelect, flat: Relation, inputs: Inputs) -> Relation:
    """The result of the query over the rows of `flat`, to which that of parts of them is equal.

    DuckDB computes the mean of a decimal in one of two ways that differ in the last bit.
    """
    types = _types(flat)
    return _result(select, [_whole(call, types) for call in select.calls], flat, inputs)


def _result(
    select: DividedSelect, figures: Sequence[str], rows: Relation, inputs: Inputs
) -> Relation:
    columns = [quote(key) for key in select.keys]
    columns += [f"{sql} as {quote(f'{FIGURE}{place}')}" for place, sql in enumerate(figures)]
    by = f"group by {columns_sql(select.keys)}" if select.keys else ""
    combined = inputs.sql(f"select {', '.join(columns)} from rows {by}", rows=rows)
    names = tables_of(select.rest)
    tables = {name.lower(): table for name, table in inputs.tables.items()}
    visible = {
        name: table.project(columns_sql(public(table)))
        for name, table in tables.items()
        if name in names
    }
    with explained("sql"):
        text = select_text(inputs.connection, select.rest)
        return inputs.sql(text, **visible, **{COMBINED: combined})


def _types(rows: Relation) -> dict[str, DuckDBPyType]:
    return dict(zip(rows.columns, rows.types, strict=True))


def _is_exact(call: AggregateCall, types: Mapping[str, DuckDBPyType]) -> bool:
    """Whether the order of the rows, and so their division, is without effect."""
    if call.argument is None or call.function not in ("sum", "avg"):
        return True
    type_ = types[call.argument]
    if type_.id == "decimal":
        return int(str(dict(type_.children)["precision"])) <= SAFE_DIGITS
    return type_.id in _INTEGERS


def _parts(call: AggregateCall) -> dict[str, str]:
    """SQL of the partial results of a call, by name."""
    if call.argument is None:
        return {"count": "count(*)"}
    functions = ("sum", "count") if call.function == "avg" else (call.function,)
    return {function: f"{function}({quote(call.argument)})" for function in functions}


def _combined(place: int, call: AggregateCall) -> str:
    """SQL of a call over the partial results of a group."""
    if call.distinct:
        return f"coalesce(max({quote(call.argument or '')}), 0)"
    size = f"cast(coalesce(sum({quote(_part(place, 'count'))}), 0) as bigint)"
    if call.function in ("count", "count_star"):
        return size
    if call.function == "avg":
        return f"cast(sum({quote(_part(place, 'sum'))}) as double) / {size}"
    return f"{call.function}({quote(_part(place, call.function))})"


def _whole(call: AggregateCall, types: Mapping[str, DuckDBPyType]) -> str:
    """SQL of a call over the rows of a group."""
    if call.argument is None:
        return "count(*)"
    value = quote(call.argument)
    if call.function == "avg" and _is_exact(call, types):
        return f"cast(sum({value}) as double) / count({value})"
    return f"{call.function}({'distinct ' if call.distinct else ''}{value})"


def _part(place: int, part: str) -> str:
    """The name of the column of a partial result of a call."""
    return f"{part}_{place}"
