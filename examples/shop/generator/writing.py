"""Chance that is the same everywhere, and lines put into files in a given order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import duckdb


def connect(spill: str) -> duckdb.DuckDBPyConnection:
    """A connection with bounded memory and two macros.

    `pick(list, n)` is element n modulo the length; `written(day, day_first)` a date in one of two
    formats.
    """
    import duckdb

    con = duckdb.connect(config={"memory_limit": "1GB", "temp_directory": spill, "threads": 2})
    run(con, "set enable_progress_bar = false")
    run(con, "create macro pick(list, n) as list[cast(n as bigint) % len(list) + 1]")
    formats = (
        "case when day_first then strftime(day, '%d/%m/%Y') else strftime(day, '%Y-%m-%d') end"
    )
    run(con, f"create macro written(day, day_first) as {formats}")
    return con


def run(con: duckdb.DuckDBPyConnection, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    return con.execute(sql, list(values)).fetchall()


def strings(values: Iterable[str]) -> str:
    """Texts as an SQL list."""
    return "[" + ", ".join("'" + value.replace("'", "''") + "'" for value in values) + "]"


def draw(rng: Random, below: int) -> int:
    # Only random() itself is promised to stay the same in every version of Python.
    return int(rng.random() * below)


def draw_distinct(rng: Random, low: int, high: int, count: int) -> list[int]:
    """`count` different numbers from `low` up to `high`, in the order drawn."""
    drawn: dict[int, None] = {}
    while len(drawn) < count:
        drawn[low + draw(rng, high - low)] = None
    return list(drawn)


def write(
    con: duckdb.DuckDBPyConnection,
    path: Path,
    header: str,
    query: str,
    ragged: Sequence[tuple[int, str]],
) -> int:
    """Write the lines of `query` (place, tier, id, line) in that order.

    `ragged` lines (place, line) are inserted. Returns the number of records in the file.
    """
    places, lines = [place for place, _ in ragged], [line for _, line in ragged]
    ordered = f"""
        select line from (
            select -1 as place, 0 as tier, 0 as id, $1 as line
            union all select unnest($2::bigint[]), 9, unnest(range(len($2))), unnest($3::varchar[])
            union all from ({query})
        ) order by place, tier, id
    """
    # Lines are complete, with their quotes. A delimiter and a quote that occur in none of them keep
    # the writer from adding any.
    target = str(path).replace("'", "''")
    options = r"format csv, header false, delimiter e'\x01', quote e'\x02', escape e'\x02'"
    (written,) = run(con, f"copy ({ordered}) to '{target}' ({options})", header, places, lines)[0]
    return int(written) - 1
