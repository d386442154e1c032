"""The objects of a clean JSON file as Parquet."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from medallion.contracts import Parsed
from medallion.errors import SourceError
from medallion.formats.json_objects import NoObjectsError, Shape, read_objects
from medallion.records import Column

Rows = list[tuple[Any, ...]]


def objects(
    folder: Path,
    connection: duckdb.DuckDBPyConnection,
    content: str,
    shape: Shape = "newline_delimited",
) -> tuple[Parsed, Rows]:
    text, part = folder / "text[1]", folder / "part"
    text.write_bytes(content.encode())
    parsed = read_objects(text, shape, "a.json", part, connection)
    assert sorted(path.name for path in folder.iterdir()) == ["part", "text[1]"]
    rows = connection.execute(f"from read_parquet('{part}')").fetchall()
    assert parsed.rows == len(rows)
    return parsed, rows


@pytest.mark.parametrize("shape", ["newline_delimited", "array"])
def test_rows_are_in_order_and_keys_in_that_of_their_first_values(
    tmp_path: Path, connection: duckdb.DuckDBPyConnection, shape: Shape
) -> None:
    lines = ['{"b": 1, "it\'s": "é"}', '{"a": "2025-01-02", "b": null}', '{"b": -1}']
    content = f"[{', '.join(lines)}]" if shape == "array" else "\n".join(lines)
    parsed, rows = objects(tmp_path, connection, content, shape)
    assert [(column.name, column.type) for column in parsed.columns] == [
        ("b", "int64"),
        ("it's", "text"),
        ("a", "text"),
    ]
    assert rows == [(1, "é", None), (None, None, "2025-01-02"), (-1, None, None)]
    assert parsed.warnings == ()


def test_integers_beyond_64_bits_become_decimals(
    tmp_path: Path, connection: duckdb.DuckDBPyConnection
) -> None:
    parsed, rows = objects(tmp_path, connection, '{"n": 18446744073709551615, "m": 1}')
    assert [column.type for column in parsed.columns] == ["decimal(38,0)", "int64"]
    assert rows == [(Decimal(2**64 - 1), 1)]


def test_numbers_that_a_double_would_change_become_text_with_a_warning(
    tmp_path: Path, connection: duckdb.DuckDBPyConnection
) -> None:
    content = '{"x": 1e400, "y": [0.5], "z": "1"}\n{"x": 0.1234567890123456789}\n{"x": 2}'
    parsed, rows = objects(tmp_path, connection, content)
    assert parsed.columns == (
        Column(name="x", type="text", source_type="number"),
        Column(name="y", type="list<float64>"),
        Column(name="z", type="text"),
    )
    assert rows == [
        ("1e400", [0.5], "1"),
        ("0.1234567890123456789", None, None),
        ("2", None, None),
    ]
    assert parsed.warnings[0] == (
        "2 numbers with more digits than a float64 keeps; such columns were read as text"
    )


def test_values_without_a_common_type_become_text(
    tmp_path: Path, connection: duckdb.DuckDBPyConnection
) -> None:
    parsed, rows = objects(tmp_path, connection, '{"v": 1}\n{"v": "x"}\n{"v": {"a": [1]}}')
    assert parsed.columns == (Column(name="v", type="text", source_type="json"),)
    assert rows == [("1",), ("x",), ('{"a":[1]}',)]
    assert parsed.warnings == ("'v' has values without a common type and was read as text",)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ('{"a": 1}\n[1]', "1 of its 2 values is not a JSON object"),
        ('{"a": 1}\n[1]\n2', "2 of its 3 values are not JSON objects"),
        ('{"a": ' + "[" * 130 + "1" + "]" * 130 + "}", "1 of its 1 value is nested more than 126"),
        ('{"a": 1, "a": 2}', 'duplicate key "a"'),
        ('{"a": }', ""),
    ],
)
def test_other_values_are_left_to_the_careful_reader(
    tmp_path: Path, connection: duckdb.DuckDBPyConnection, content: str, says: str
) -> None:
    with pytest.raises(NoObjectsError) as error:
        objects(tmp_path, connection, content)
    assert says in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{}\n{}", "has no object with a key"),
        ('{"a": 1, "A": 2}', "duplicate column name"),
        ('{"_row": 1}', "'_row' is reserved"),
    ],
)
def test_keys_that_cannot_be_columns_are_refused(
    tmp_path: Path, connection: duckdb.DuckDBPyConnection, content: str, says: str
) -> None:
    with pytest.raises(SourceError, match=f"^a.json: .*{says}"):
        objects(tmp_path, connection, content)
