"""The types that JSON values are read as."""

from __future__ import annotations

import json
from typing import Any

import duckdb
import pytest

from medallion.formats.json_types import (
    column_types,
    cut,
    exact_numbers,
    holds,
    looked_at,
    mixed,
    source_types,
    widened,
)


def nested(levels: int) -> Any:
    return {"a": nested(levels - 1)} if levels else "BIGINT"


def objects(connection: duckdb.DuckDBPyConnection, *texts: str) -> str:
    """A relation with the column `json`."""
    connection.execute(
        "create table objects as select unnest(?)::json as json", [list(texts)]
    ).fetchall()
    return "objects"


def test_each_kind_has_a_logical_type() -> None:
    kinds = {
        "n": "UBIGINT",
        "huge": "HUGEINT",
        "x": "DOUBLE",
        "ok": "BOOLEAN",
        "t": "VARCHAR",
        "none": "NULL",
        "any": "JSON",
        "wide": "WIDE",
        "empty": "EMPTY",
        "in": {"a": ["BIGINT"], "b c": [{"d": "NULL"}]},
    }
    assert {name: str(type_) for name, type_ in column_types(kinds).items()} == {
        "n": "int64",
        "huge": "int64",
        "x": "float64",
        "ok": "boolean",
        "t": "text",
        "none": "null",
        "any": "text",
        "wide": "decimal(38,0)",
        "empty": "struct<>",
        "in": 'struct<a: list<int64>, "b c": list<struct<d: null>>>',
    }


def test_values_that_nest_too_deeply_are_cut_to_text() -> None:
    assert cut(nested(32)) == nested(32)
    assert cut(["BIGINT"]) == ["BIGINT"]
    assert cut({"a": {"b": {"c": "BIGINT"}}}, levels=2) == {"a": {"b": "TEXT"}}
    assert cut([[["BIGINT"]]], lists=2) == [["TEXT"]]
    assert cut({"a": [{"b": ["BIGINT"]}]}, lists=1) == {"a": [{"b": "TEXT"}]}


@pytest.mark.parametrize("keys", [{"": "BIGINT"}, {"a": "BIGINT", "A": "NULL"}, {"ß": 1, "SS": 1}])
def test_objects_whose_keys_no_struct_can_have_are_text(keys: dict[str, Any]) -> None:
    assert cut({"x": keys, "y": "BIGINT"}) == {"x": "TEXT", "y": "BIGINT"}
    assert cut([keys]) == ["TEXT"]


def test_integers_that_a_double_would_change_are_text(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    rows = objects(
        connection,
        '{"id": 9007199254740993, "x": 9007199254740992, "in": {"a/~b": [0.5]}}',
        '{"id": 0.5, "x": 0.5, "in": {"a/~b": [1, -9007199254740993]}}',
    )
    keys = {"id": "DOUBLE", "x": "DOUBLE", "in": {"a/~b": ["DOUBLE"]}, "t": "VARCHAR"}
    assert looked_at(keys, rows, connection) == {
        "id": "NUMBER",
        "x": "DOUBLE",
        "in": {"a/~b": ["NUMBER"]},
        "t": "VARCHAR",
    }


def test_empty_objects_decide_no_type(connection: duckdb.DuckDBPyConnection) -> None:
    rows = objects(
        connection,
        '{"a": {}, "b": {}, "c": [{}, null], "d": {"~/": {}}, "e": [{}, "{}"], "f": [{}]}',
        '{"a": null, "b": 1, "c": [[]], "d": {"~/": "x"}, "e": null, "f": [null]}',
    )
    keys = {
        "a": "JSON",
        "b": "JSON",
        "c": ["JSON"],
        "d": {"~/": "JSON"},
        "e": ["JSON"],
        "f": ["JSON"],
    }
    assert looked_at(keys, rows, connection) == keys | {"a": "EMPTY", "f": ["EMPTY"]}


@pytest.mark.parametrize("key", ['a"b', "a\\b"])
def test_a_key_that_no_path_of_duckdb_can_name_is_text(
    connection: duckdb.DuckDBPyConnection, key: str
) -> None:
    rows = objects(connection, json.dumps({key: [0.5]}))
    assert looked_at({key: ["DOUBLE"]}, rows, connection) == {key: ["NUMBER"]}


def test_only_integers_beyond_64_bits_are_widened(connection: duckdb.DuckDBPyConnection) -> None:
    rows = objects(
        connection,
        '{"n": 9223372036854775807, "big": 1, "list": [1, 9223372036854775808], "t": 1}',
        '{"n": -9223372036854775808, "big": -9223372036854775809, "list": null}',
    )
    keys = {"n": "BIGINT", "big": "HUGEINT", "list": ["UBIGINT"], "t": "VARCHAR"}
    expected = {"n": "BIGINT", "big": "WIDE", "list": ["WIDE"], "t": "VARCHAR"}
    assert widened(keys, rows, connection) == expected


def test_the_types_in_the_file_are_those_of_columns_read_as_text() -> None:
    keys = {"a": "JSON", "b": "BIGINT", "c": [{"d": "NUMBER", "e": "VARCHAR"}], "f": "TEXT"}
    assert source_types(keys) == {
        "a": "json",
        "c": "list<struct<d: number, e: text>>",
        "f": "json",
    }
    assert holds(keys, "NUMBER", "EMPTY")
    assert not holds(keys, "DOUBLE", "EMPTY")


def test_warnings_name_the_values_read_as_text() -> None:
    keys = {"a": "JSON", "b": {"c": [{"d": "NUMBER"}]}, "e": ["TEXT"], "f": "VARCHAR"}
    assert list(mixed(keys)) == [
        "'a' has values without a common type and was read as text",
        "'b.c[].d' has values without a common type and was read as text",
        "'e[]' nests too deeply, or has keys that no column can have, and was read as JSON text",
    ]


def test_exact_numbers_take_the_place_of_doubles_only() -> None:
    keys = {"a": "DOUBLE", "b": [{"c": "DOUBLE", "d": "BIGINT"}]}
    assert exact_numbers(keys) == {"a": "NUMBER", "b": [{"c": "NUMBER", "d": "BIGINT"}]}
    assert exact_numbers("DOUBLE") == "NUMBER"
    assert keys["a"] == "DOUBLE"
