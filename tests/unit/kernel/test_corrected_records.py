"""Corrections of the records of a file: rows of its Parquet file, and records without one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest

from medallion.contracts import Parsed
from medallion.kernel.corrected_records import CorrectedFile, CorrectedRecords
from medallion.kernel.temp_tables import TempTables
from medallion.records import Column, Correction

QUERY = (
    "select * from (values (1::bigint, 'x', [1.5::double], 1.10::decimal(9,2)), "
    '(2, null, [], null), (3, \'z\', null, -0.05)) t(a, "b""c", d, e)'
)
COLUMNS = tuple(
    Column(name=name, type=type_)
    for name, type_ in [
        ("a", "int64"),
        ('b"c', "text"),
        ("d", "list<float64>"),
        ("e", "decimal(9,2)"),
    ]
)


def correction(record: int, original: dict[str, Any], **values: str | None) -> Correction:
    named = {name.replace("bc", 'b"c'): value for name, value in values.items()}
    return Correction(
        id=str(record),
        table="silver.a",
        source="bronze.a",
        file="a.csv",
        sha256="",
        record=record,
        original=json.dumps(original),
        values=named,
    )


def original(position: int) -> dict[str, Any]:
    rows = [[1, "x", [1.5], 1.1], [2, None, [], None], [3, "z", None, -0.05]]
    return dict(zip(["a", 'b"c', "d", "e"], rows[position], strict=True)) | {"other": None}


def apply(
    folder: Path,
    *corrections: Correction,
    rejects: tuple[tuple[int, str, str], ...] = (),
    added: Mapping[str, str] | None = None,
    query: str = QUERY,
) -> tuple[CorrectedFile, list[tuple[Any, ...]]]:
    target = folder / "a.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"copy ({query}) to '{target}'")
        parsed = Parsed(COLUMNS, 3, rejects)
        records = CorrectedRecords(parsed, target, TempTables(connection), added or {})
        result = records.apply(corrections)
        rows = connection.execute(f"from read_parquet('{target}')").fetchall()
        assert [path.name for path in folder.iterdir()] == ["a.parquet"]
    return result, [tuple(str(value) for value in row) for row in rows]


def test_values_are_replaced_in_their_types(tmp_path: Path) -> None:
    result, rows = apply(
        tmp_path,
        correction(1, original(0), a="7", d="[2, 3.5]", e=None),
        correction(3, original(2), bc="ü", e="12.50"),
    )
    assert rows == [
        ("7", "x", "[2.0, 3.5]", "None"),
        ("2", "None", "[]", "None"),
        ("3", "ü", "None", "12.50"),
    ]
    assert (result.unapplied, result.parsed.rows) == ((), 3)


def test_a_record_that_could_not_be_split_takes_its_place(tmp_path: Path) -> None:
    rejects = ((1, "too short", "p"), (3, "too short", "q"), (4, "too short", "r"))
    values: dict[str, str | None] = {"a": "9", "bc": "new", "d": None, "e": "0"}
    result, rows = apply(
        tmp_path,
        correction(4, {"text": "r"}, **values),
        correction(1, {"text": "p"}, **values),
        correction(5, original(1), a="5"),
        rejects=rejects,
    )
    assert [row[0] for row in rows] == ["9", "1", "9", "5", "3"]
    assert result.unapplied == ()
    assert (result.parsed.rows, result.parsed.rejects) == (5, ((3, "too short", "q"),))


@pytest.mark.parametrize(
    "misfit",
    [
        correction(1, {**original(0), "a": 2}, a="7"),
        correction(1, {"a": 1}, a="7"),
        correction(1, original(0), f="7"),
        correction(1, original(0), a="x"),
        correction(1, original(0), d="[x]"),
        correction(4, original(0), a="7"),
        correction(1, {"text": "x"}, a="7"),
    ],
)
def test_what_does_not_fit_is_not_applied(misfit: Correction, tmp_path: Path) -> None:
    other = correction(2, original(1), a="5")
    result, rows = apply(tmp_path, misfit, other)
    assert result.unapplied == (misfit.id,)
    assert [row[0] for row in rows] == ["1", "5", "3"]
    assert result.parsed == Parsed(COLUMNS, 3)


def test_added_columns_are_not_compared_and_are_filled_in(tmp_path: Path) -> None:
    added = {"a": "({record})::bigint", 'b"c': "'x'"}
    values: dict[str, str | None] = {"d": "[1]", "e": "0"}
    result, rows = apply(
        tmp_path,
        correction(3, {**original(1), "a": 9, 'b"c': "other file"}, e="1"),
        correction(2, {"text": "q"}, **values),
        correction(4, original(2), a="5"),
        rejects=((2, "too short", "q"),),
        added=added,
    )
    assert result.unapplied == ("4",)
    assert rows == [
        ("1", "x", "[1.5]", "1.10"),
        ("2", "x", "[1.0]", "0.00"),
        ("2", "None", "[]", "1.00"),
        ("3", "z", "None", "-0.05"),
    ]


@pytest.mark.parametrize("value", ["'nan'::double", "['nan'::double, 1]", "{'x': 'nan'::float}"])
def test_a_record_with_nan_is_corrected(value: str, tmp_path: Path) -> None:
    query = f'select 1::bigint as a, \'x\' as "b""c", {value} as d, 1.5::decimal(9,2) as e'
    with duckdb.connect() as connection:
        ((text,),) = connection.execute(f"select to_json({value})::varchar").fetchall()
    record = {**original(0), "d": json.loads(text), "e": 1.5}
    result, rows = apply(tmp_path, correction(1, record, a="7"), query=query)
    assert (result.unapplied, rows[0][0]) == ((), "7")
