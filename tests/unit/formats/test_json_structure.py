"""The keys and types of JSON values, of a whole file and of its batches."""

from __future__ import annotations

import json
from functools import reduce
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from medallion.contracts import literal
from medallion.formats import json_structure
from medallion.formats.json_structure import Structure, merged, structure, too_deep


def inferred(folder: Path, connection: duckdb.DuckDBPyConnection, *lines: str) -> Structure:
    file = folder / "a.ndjson"
    file.write_text("\n".join(lines))
    arguments = f"{literal(str(file))}, format='newline_delimited'"
    return structure(arguments, file.stat().st_size, connection)


@pytest.mark.parametrize("batches", [False, True])
def test_types_are_those_of_all_values_and_other_values_are_counted(
    tmp_path: Path,
    connection: duckdb.DuckDBPyConnection,
    monkeypatch: pytest.MonkeyPatch,
    batches: bool,
) -> None:
    if batches:
        monkeypatch.setattr(json_structure, "_WHOLE", 0)
        monkeypatch.setattr(json_structure, "_BATCH", 2)
    deep = '{"z":' + "[" * 126 + "1" + "]" * 126 + "}"
    assert inferred(
        tmp_path,
        connection,
        '{"id": 1, "day": "2025-01-02", "x": -1}',
        '{"id": 2.5, "in": {"a": [true]}, "x": 18446744073709551615}',
        deep,
        '{"day": null, "in": {"b": 1}, "": "x"}',
    ) == Structure(
        {
            "id": "DOUBLE",
            "day": "VARCHAR",
            "x": "HUGEINT",
            "in": {"a": ["BOOLEAN"], "b": "UBIGINT"},
            "": "VARCHAR",
        },
        values=4,
        others=0,
        deep=1,
    )


@pytest.mark.parametrize(
    "line", ["[1]", "5", "null", '{"a": NaN}', '{"a": -Infinity}', '{"a": [1, ]}', '{"a": 1, }']
)
def test_values_that_are_not_strict_objects_are_counted(
    tmp_path: Path, connection: duckdb.DuckDBPyConnection, line: str
) -> None:
    content = inferred(tmp_path, connection, line, '{"a": "[nan, inf, }"}')
    assert (content.values, content.others, content.deep) == (2, 1, 0)


def test_a_file_of_empty_objects_has_no_keys(
    tmp_path: Path, connection: duckdb.DuckDBPyConnection
) -> None:
    assert inferred(tmp_path, connection, "{}", "{}") == Structure({}, 2, 0, 0)


@pytest.mark.parametrize(("levels", "deep"), [(1, False), (100, False), (125, False), (126, True)])
@pytest.mark.parametrize("brackets", [("[", "]"), ('{"a":', "}")])
def test_the_deepest_value_that_duckdb_can_read(
    connection: duckdb.DuckDBPyConnection, levels: int, deep: bool, brackets: tuple[str, str]
) -> None:
    value = '{"a":' + brackets[0] * levels + "1" + brackets[1] * levels + "}"
    query = f"select {too_deep('text')} from (select ?::varchar as text)"
    assert connection.execute(query, [value]).fetchall() == [(deep,)]
    assert connection.execute(query, [value + "]"]).fetchall() == [(False,)]


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        ("NULL", "BIGINT", "BIGINT"),
        ("UBIGINT", "BIGINT", "HUGEINT"),
        ("HUGEINT", "UBIGINT", "HUGEINT"),
        ("BIGINT", "DOUBLE", "DOUBLE"),
        ("VARCHAR", "BIGINT", "JSON"),
        ("VARCHAR", "VARCHAR", "VARCHAR"),
        (["NULL"], ["BIGINT"], ["BIGINT"]),
        (["BIGINT"], "BIGINT", "JSON"),
        ({"a": "BIGINT"}, {"b": "VARCHAR"}, {"a": "BIGINT", "b": "VARCHAR"}),
        ({"a": ["NULL"]}, {"a": "NULL"}, {"a": ["NULL"]}),
    ],
)
def test_two_types_merge_in_either_order(one: Any, other: Any, both: Any) -> None:
    assert merged(one, other) == both
    assert merged(other, one) == both


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.just("x"),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from("abc"), inner, min_size=1, max_size=3)
    ),
    max_leaves=6,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(JSON_VALUES, min_size=2, max_size=4))
def test_structures_merge_as_those_of_all_values_together(connection, values):
    def structure(of: list[object]) -> object:
        query = "select json_group_structure(text::json) from (select unnest(?) as text)"
        return json.loads(
            connection.execute(query, [[json.dumps(value) for value in of]]).fetchall()[0][0]
        )

    assert reduce(merged, (structure([value]) for value in values)) == structure(values)


def test_keys_are_in_the_order_of_their_first_values(tmp_path, connection):
    paths = []
    for number in range(40):
        paths.append(str(tmp_path / f"{number}.ndjson"))
        lines = f'{{"k{number}":1}}\n' * (1 if number % 2 else 20_000)
        (tmp_path / f"{number}.ndjson").write_text(lines)
    files = f"{paths}, format='newline_delimited'"
    keys = [f"k{number}" for number in range(40)]
    for _ in range(5):
        assert list(json_structure.structure(files, 1, connection).types) == keys
