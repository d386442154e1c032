"""Try one transform or expectation on a few rows, as an engine would."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from medallion.contracts import ASIDE, ORIGIN, ROW, Inputs, RowExpectation, Transform
from medallion.sql.expressions import prepare

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    from medallion.contracts import Relation

    Rows: TypeAlias = Sequence[Mapping[str, Any]] | pa.Table


@dataclass(frozen=True)
class Outcome:
    """What a transform made of its rows.

    `rows` are those that came out, in input order where rows keep their identity; `types` their DuckDB
    types by column; `set_aside` tuples of (input position from 0, fate, rule, column, value).
    """

    rows: list[dict[str, Any]]
    types: dict[str, str]
    set_aside: list[tuple[int, str, str, str | None, str | None]]


def apply_transform(transform: Transform, rows: Rows, **inputs: Rows) -> Outcome:
    """Run a transform on rows (dicts or an Arrow table) and other tables, by name."""
    connection = _connect()
    relation = _relation(connection, "rows", rows)
    others = Inputs(
        connection, {name: _relation(connection, name, table) for name, table in inputs.items()}
    )
    aside: list[tuple[Any, ...]] = []
    removed = transform.set_aside(relation, others)
    if removed is not None:
        others.sql("select * from removed", removed=removed).create("set_aside")
        aside = sorted(connection.table("set_aside").fetchall())
    judged = transform.judge(relation, others)
    if removed is not None:
        relation = others.sql(
            f"select * from rows anti join set_aside using ({ROW})", rows=relation
        )
    made = transform.apply(relation, others)
    if ROW in made.columns:
        made = made.order(ROW)
    if judged is not None:
        _agree(judged, made, aside)
    types = {
        name: str(kind)
        for name, kind in zip(made.columns, made.types, strict=True)
        if name not in (ROW, ORIGIN)
    }
    out = [dict(zip(made.columns, values, strict=True)) for values in made.fetchall()]
    return Outcome([{name: row[name] for name in types} for row in out], types, aside)


def violations(
    expectation: RowExpectation, rows: Rows, **inputs: Rows
) -> list[tuple[int, str | None, str | None]]:
    """The rows that break an expectation: (input position from 0, column, value)."""
    connection = _connect()
    others = Inputs(
        connection, {name: _relation(connection, name, table) for name, table in inputs.items()}
    )
    return sorted(expectation.violations(_relation(connection, "rows", rows), others).fetchall())


def _agree(judged: Relation, made: Relation, aside: list[tuple[Any, ...]]) -> None:
    """A transform that judges in one pass must come to what `set_aside` and `apply` do."""
    kept = judged.filter(f"{ASIDE} is null").project(f"* exclude ({ASIDE})").order(ROW)
    assert (kept.columns, kept.types, kept.fetchall()) == (
        made.columns,
        made.types,
        made.fetchall(),
    )
    told = judged.filter(f"{ASIDE} is not null").project(f"{ROW}, {ASIDE}").fetchall()
    found = [(row, json.loads(text)) for row, text in told]
    assert (
        sorted(
            (row, *(said[name] for name in ("fate", "rule", "column", "value")))
            for row, said in found
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
