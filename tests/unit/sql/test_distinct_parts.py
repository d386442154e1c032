"""Distinct values counted from parts of the rows are as many as those of all rows."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medallion.contracts import Inputs
from medallion.sql import distinct_parts
from medallion.sql.distinct_parts import CHUNK, list_columns, with_counts, with_parts
from medallion.sql.relations import stored, viewed
from tests.example_counts import examples

if TYPE_CHECKING:
    from medallion.contracts import Relation

TYPES = {"key": pa.string(), "big": pa.int64(), "small": pa.uint8(), "text": pa.string(),
         "wide": pa.uint64(), "x": pa.float64(), "list": pa.list_(pa.int64())}  # fmt: skip
COLUMNS = [name for name in TYPES if name != "key"]
EDGES = [0, 1, -1, CHUNK - 1, CHUNK, -CHUNK, -CHUNK - 1, 2**63 - 1, -(2**63), 2**62]
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "key": st.none() | st.sampled_from(["", "a", "b"]),
            "big": st.none() | st.sampled_from(EDGES) | st.integers(-(2**63), 2**63 - 1),
            "small": st.none() | st.integers(0, 255),
            "text": st.none() | st.sampled_from(["", "a", "é"]),
            "wide": st.none() | st.integers(0, 2**64 - 1),
            "x": st.none() | st.floats(),
            "list": st.none() | st.lists(st.none() | st.integers(0, 2), max_size=2),
        }
    ),
    max_size=20,
)


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as connection:
        yield connection


def relation(connection: duckdb.DuckDBPyConnection, rows: list[dict[str, Any]]) -> Relation:
    columns = {name: pa.array([row[name] for row in rows], type_) for name, type_ in TYPES.items()}
    return stored(connection.from_arrow(pa.table(columns)), connection)


def partial(
    connection: duckdb.DuckDBPyConnection,
    rows: list[dict[str, Any]],
    keys: list[str],
    columns: list[str],
) -> Relation | None:
    part = relation(connection, rows)
    by = ", ".join(keys)
    lists = list_columns(part, {column: column for column in columns})
    figures = [f'{sql} as "{name}"' for name, sql in {"size": "count(*)", **lists}.items()]
    groups = part.aggregate(", ".join([*keys, *figures]), by)
    return with_parts(groups, part, keys, columns, Inputs(connection))


@settings(max_examples=examples(20, 40))
@given(rows=ROWS, cuts=st.lists(st.integers(0, 20), max_size=2), grouped=st.booleans())
def test_any_parts_give_the_number_of_all_values(
    connection: duckdb.DuckDBPyConnection,
    rows: list[dict[str, Any]],
    cuts: list[int],
    grouped: bool,
) -> None:
    keys = ["key"] if grouped else []
    places = [0, *sorted(cuts), 20]
    parts = [rows[one:two] for one, two in pairwise(places)]
    partials = [partial(connection, part, keys, COLUMNS) for part in parts]
    unions = [f"from {viewed(each)}" for each in partials if each is not None]
    assert len(unions) == len(parts)
    together = connection.sql(" union all ".join(unions))
    counts = ", ".join(f"coalesce(max({column}), 0)" for column in COLUMNS)
    counted = with_counts(together, keys, Inputs(connection))
    distinct = ", ".join(f"count(distinct {column})" for column in COLUMNS)
    answers = [
        sorted(table.aggregate(", ".join([*keys, sql]), ", ".join(keys)).fetchall(), key=repr)
        for table, sql in ((counted, counts), (relation(connection, rows), distinct))
    ]
    assert answers[0] == answers[1]


def test_values_that_are_nearly_as_large_as_the_rows_are_not_stored(
    connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = dict.fromkeys(TYPES)
    near = [{**row, "big": number} for number in range(16)]
    far = [{**row, "big": number * CHUNK} for number in range(16)]
    texts = [{**row, "text": str(number)} for number in range(16)]
    few = [{**row, "text": str(number % 4)} for number in range(16)]
    monkeypatch.setattr(distinct_parts, "SMALL", CHUNK // 8)
    monkeypatch.setattr(distinct_parts, "FEW", 3)
    assert partial(connection, near, [], ["big"]) is not None
    assert partial(connection, far, [], ["big"]) is None
    assert partial(connection, few, [], ["text"]) is not None
    assert partial(connection, texts, [], ["text"]) is None
    assert partial(connection, near, [], ["big", "text"]) is not None


def test_partial_results_without_distinct_values_are_as_they_were(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    partials = connection.sql("select 1 as part_0")
    assert with_counts(partials, [], Inputs(connection)) is partials
