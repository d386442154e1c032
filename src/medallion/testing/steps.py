"""Apply one transform or expectation to a few rows, as an engine would."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from medallion.contracts import (
    ASIDE,
    MAIN,
    ORIGIN,
    PART,
    ROW,
    GroupColumns,
    Inputs,
    RowExpectation,
    Transform,
    quote,
    viewed,
)
from medallion.sql.duckdb_types import types_of
from medallion.sql.expressions import columns_sql, prepare
from medallion.sql.relations import stored
from medallion.sql.row_matching import matching

if TYPE_CHECKING:
    import pyarrow as pa

    from medallion.contracts import Connection, Relation

    Rows: TypeAlias = Sequence[Mapping[str, Any]] | pa.Table


@dataclass(frozen=True)
class Outcome:
    """The result of a transform.

    `rows` are the output rows, in input order where rows keep their identity; `types` are the
    types by column; `set_aside` are tuples (input position from 0, fate, rule, column,
    value).
    """

    rows: list[dict[str, Any]]
    types: dict[str, str]
    set_aside: list[tuple[int, str, str, str | None, str | None]]


def apply_transform(transform: Transform, rows: Rows, **inputs: Rows) -> Outcome:
    """Apply a transform to rows.

    Parameters: `rows` are dicts or an Arrow table; `inputs` are the other tables that the transform
    reads, by name. Raises what the transform raises, and AssertionError when its `judge` disagrees
    with its `set_aside` and `apply`, when it has scope "rows" and depends on other rows, when it
    only removes rows, has scope "key" and depends on rows of other keys, when its partial
    results do not combine to what `apply` returns, or when a group depends on rows of others.
    """
    connection, table = _connect(), _numbered(rows)
    outcome = _apply(transform, connection.cursor(), table, inputs)
    half = len(table) // 2
    if transform.scope == "rows" and half:
        part = _apply(transform, connection.cursor(), table.slice(half), inputs)
        aside = [row for row in outcome.set_aside if row[0] >= half]
        _check_scope(transform, part.set_aside, aside)
        _check_scope(transform, part.rows, outcome.rows[len(outcome.rows) - len(part.rows) :])
    if transform.scope == "key" and transform.only_removes and transform.key():
        some = _of_some_keys(connection.cursor(), table, transform.key())
        part = _apply(transform, connection.cursor(), some, inputs)
        numbers = set(some.column(ROW).to_pylist())
        aside = [row for row in outcome.set_aside if row[0] in numbers]
        _check_scope(transform, part.set_aside, aside)
    if type(transform).partial is not Transform.partial:
        for length in sorted({max(len(table) // divisor, 1) for divisor in (8, 2, 1)}):
            _check_partials(transform, connection.cursor(), table, length, inputs)
    if type(transform).group_columns is not Transform.group_columns:
        _check_groups(transform, connection.cursor(), table, inputs)
    return outcome


def _apply(
    transform: Transform, connection: Connection, table: pa.Table, others: Mapping[str, Rows]
) -> Outcome:
    relation, tables = _relations(connection, table, others)
    aside: list[tuple[Any, ...]] = []
    removed = transform.set_aside(relation, tables)
    if removed is not None:
        connection.execute(f"create temp table set_aside as from {viewed(removed)}").fetchall()
        aside = sorted(connection.table("set_aside").fetchall())
    judged = transform.judge(relation, tables)
    if removed is not None:
        relation = tables.sql(
            f"select * from rows anti join set_aside using ({ROW})", rows=relation
        )
    transformed = transform.apply(relation, tables)
    if ROW in transformed.columns:
        transformed = transformed.order(ROW)
    if judged is not None:
        _check_judgement(judged, transformed, aside)
    types = {
        name: str(type_)
        for name, type_ in types_of(transformed).items()
        if name not in (ROW, ORIGIN)
    }
    rows_out = [
        dict(zip(transformed.columns, values, strict=True)) for values in transformed.fetchall()
    ]
    return Outcome([{name: row[name] for name in types} for row in rows_out], types, aside)


def _check_partials(
    transform: Transform,
    connection: Connection,
    table: pa.Table,
    length: int,
    others: Mapping[str, Rows],
) -> None:
    """Assert that the partial results of parts of some length, and of none, combine to `apply`."""
    relation, tables = _relations(connection, table, others)
    expected = transform.apply(relation, tables)
    parts = []
    for start in (*range(0, len(table), length), len(table)):
        name = f"part_{start}"
        rows = _relation(connection, name, table.slice(start, length))
        partial = transform.partial(rows, tables)
        if partial is None:
            return
        reserved = {ROW, ORIGIN} & {*partial.columns}
        assert not reserved, f"{transform.name}: partial results have a reserved column"
        connection.execute(f"create temp table {name} as from {viewed(partial)}").fetchall()
        parts.append(f"select ({start}::bigint << 32) + rowid as {ROW}, * from {name}")
    partials = connection.sql(f"select * from ({' union all '.join(parts)}) order by {ROW}")
    if transform.separates_parts:
        number = f"cast({ROW} // {length} * {length} as integer) as {PART}"
        marked = relation.project(f"*, {number}")
        together = transform.partial(marked, Inputs(connection, tables.tables))
        _check_separated(transform, together, partials)
    combined = transform.combine(partials, Inputs(connection, tables.tables))
    same = (combined.columns, combined.types) == (expected.columns, expected.types)
    assert same, f"{transform.name}: combined partial results have other columns than `apply`"
    one, two = sorted(map(repr, combined.fetchall())), sorted(map(repr, expected.fetchall()))
    assert one == two, f"{transform.name}: partial results combine to other rows than `apply`"


def _check_separated(transform: Transform, together: Relation | None, partials: Relation) -> None:
    """Assert that the partial results of several parts at once are those of each part."""
    if together is None:
        return
    names = [name for name in partials.columns if name != ROW]
    one = together.project(columns_sql([PART, *names])).fetchall()
    two = partials.project(f"{ROW} >> 32, {columns_sql(names)}").fetchall()
    filled = {part for part, *_ in one}  # a part without rows may have a result of its own
    expected = [row for row in two if row[0] in filled]
    same = sorted(map(repr, map(_unordered, one))) == sorted(map(repr, map(_unordered, expected)))
    assert same, f"{transform.name}: partial results of parts differ when computed together"


def _unordered(row: tuple[Any, ...]) -> list[Any]:
    return [sorted(value, key=repr) if isinstance(value, list) else value for value in row]


def _check_groups(
    transform: Transform, connection: Connection, table: pa.Table, others: Mapping[str, Rows]
) -> None:
    """Assert that some groups are what `apply` makes of the rows that take part in them."""
    relation, tables = _relations(connection, table, others)
    columns = transform.group_columns(relation, tables) or {}
    result = transform.apply(relation, tables)
    for names in {tuple(each.key) for each in columns.values() if each.key}:
        ranked = f"dense_rank() over (order by {columns_sql(names)}) % 2 = 1"
        query = f"select distinct {columns_sql(names)} from result qualify {ranked}"
        keys = stored(tables.sql(query, result=result), connection)
        some = {
            alias: _of_groups(rows, columns.get(alias), keys, tables)
            for alias, rows in {**tables.tables, MAIN: relation}.items()
        }
        groups = transform.apply(some.pop(MAIN), Inputs(connection, some))
        one, two = (
            sorted(map(repr, matching(rows, keys, names, tables).fetchall()))
            for rows in (transform.arranged(groups, tables), result)
        )
        assert one == two, f"{transform.name}: a group depends on rows that take part in others"


def _of_groups(
    rows: Relation, columns: GroupColumns | None, keys: Relation, inputs: Inputs
) -> Relation:
    """The rows that take part in groups with these keys, if the columns of these are known."""
    if columns is None or not columns.key.keys() >= {*keys.columns}:
        return rows
    key = {columns.key[name]: name for name in keys.columns}
    renamed = keys.project(", ".join(f"{quote(old)} as {quote(new)}" for new, old in key.items()))
    return matching(rows, renamed, key, inputs)


def violations(
    expectation: RowExpectation, rows: Rows, **inputs: Rows
) -> list[tuple[int, str | None, str | None]]:
    """The violations of an expectation as tuples (input position from 0, column, value).

    Parameters: `rows` are dicts or an Arrow table; `inputs` are the other tables it reads, by name.
    Raises AssertionError when it has scope "rows" and depends on other rows, or scope "key" and
    depends on rows of other keys.
    """
    connection, table = _connect(), _numbered(rows)

    def broken(part: pa.Table) -> list[tuple[int, str | None, str | None]]:
        relation, tables = _relations(connection.cursor(), part, inputs)
        return sorted(expectation.violations(relation, tables).fetchall())

    every, half = broken(table), len(table) // 2
    if expectation.scope == "rows" and half:
        part = broken(table.slice(half))
        _check_scope(expectation, part, [row for row in every if row[0] >= half])
    if expectation.scope == "key" and expectation.key():
        some = _of_some_keys(connection.cursor(), table, expectation.key())
        numbers = set(some.column(ROW).to_pylist())
        _check_scope(expectation, broken(some), [row for row in every if row[0] in numbers])
    return every


def _check_scope(
    plugin: Transform | RowExpectation, part: Sequence[Any], every: Sequence[Any]
) -> None:
    """Assert that a part of the rows alone gives what it gives together with the others."""
    same = list(map(repr, part)) == list(map(repr, every))
    others = "other rows" if plugin.scope == "rows" else "rows of other keys"
    assert same, f"{plugin.name} has scope {plugin.scope!r}, but a row depends on {others}"


def _of_some_keys(connection: Connection, table: pa.Table, key: Sequence[str]) -> pa.Table:
    """The rows of every other key."""
    ranked = f"dense_rank() over (order by {columns_sql(key)})"
    rows = viewed(_relation(connection, "keyed", table))
    query = f"from {rows} qualify {ranked} % 2 = 1 order by {ROW}"
    return connection.sql(query).to_arrow_table()


def _check_judgement(judged: Relation, transformed: Relation, aside: list[tuple[Any, ...]]) -> None:
    """Assert that `judge`, the transform in one pass, agrees with `set_aside` and `apply`."""
    passed = judged.filter(f"{ASIDE} is null").project(f"* exclude ({ASIDE})").order(ROW)
    assert (passed.columns, passed.types, passed.fetchall()) == (
        transformed.columns,
        transformed.types,
        transformed.fetchall(),
    )
    refused = judged.filter(f"{ASIDE} is not null").project(f"{ROW}, {ASIDE}").fetchall()
    judgements = [(row, json.loads(text)) for row, text in refused]
    assert (
        sorted(
            (row, *(judgement[name] for name in ("fate", "rule", "column", "value")))
            for row, judgement in judgements
        )
        == aside
    )


def _connect() -> Connection:
    import duckdb

    return duckdb.connect(config={"threads": 1})


def _numbered(rows: Rows) -> pa.Table:
    """The rows as an Arrow table, with `_row` and `_origin`."""
    import pyarrow as pa

    table = (
        rows if isinstance(rows, pa.Table) else pa.Table.from_pylist([dict(row) for row in rows])
    )
    numbers = pa.array(range(len(table)), pa.int64())
    return table.append_column(ROW, numbers).append_column(ORIGIN, numbers)


def _relations(
    connection: Connection, table: pa.Table, others: Mapping[str, Rows]
) -> tuple[Relation, Inputs]:
    """The rows as a relation, and the other tables, on one connection."""
    prepare(connection)
    tables = {name: _relation(connection, name, _numbered(rows)) for name, rows in others.items()}
    return _relation(connection, "rows", table), Inputs(connection, tables)


def _relation(connection: Connection, name: str, table: pa.Table) -> Relation:
    connection.register(f"_input_{name}", table)
    return connection.table(f"_input_{name}")
