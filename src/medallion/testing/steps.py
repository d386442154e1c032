"""Apply one transform or expectation to a few rows, as an engine would."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from medallion.contracts import ASIDE, ORIGIN, ROW, Inputs, RowExpectation, Transform
from medallion.sql.duckdb_types import types_of
from medallion.sql.expressions import prepare

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    from medallion.contracts import Relation

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
    with its `set_aside` and `apply`.
    """
    connection = _connect()
    relation = _relation(connection, "rows", rows)
    tables = Inputs(
        connection, {name: _relation(connection, name, table) for name, table in inputs.items()}
    )
    aside: list[tuple[Any, ...]] = []
    removed = transform.set_aside(relation, tables)
    if removed is not None:
        tables.sql("select * from removed", removed=removed).create("set_aside")
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


def violations(
    expectation: RowExpectation, rows: Rows, **inputs: Rows
) -> list[tuple[int, str | None, str | None]]:
    """The violations of an expectation as tuples (input position from 0, column, value).

    Parameters: `rows` are dicts or an Arrow table; `inputs` are the other tables it reads, by name.
    """
    connection = _connect()
    tables = Inputs(
        connection, {name: _relation(connection, name, table) for name, table in inputs.items()}
    )
    return sorted(expectation.violations(_relation(connection, "rows", rows), tables).fetchall())


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


def _connect() -> duckdb.DuckDBPyConnection:
    import duckdb

    connection = duckdb.connect(config={"threads": 1})
    prepare(connection)
    return connection


def _relation(
    connection: duckdb.DuckDBPyConnection, name: str, rows: Rows
) -> duckdb.DuckDBPyRelation:
    import pyarrow as pa

    table = (
        rows if isinstance(rows, pa.Table) else pa.Table.from_pylist([dict(row) for row in rows])
    )
    table = table.append_column(ROW, pa.array(range(len(table)), pa.int64()))
    table = table.append_column(ORIGIN, pa.array(range(len(table)), pa.int64()))
    connection.register(f"_input_{name}", table)
    return connection.table(f"_input_{name}")
