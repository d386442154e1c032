"""Types in Delta tables: what is stored as another type, how it is read back, and refusals."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import medallion as md
from medallion.errors import StepError
from medallion.layers.delta.types import require_storable, schema_of
from medallion.records import Column
from medallion.records.column_type import column_type
from tests.delta_tables import DeltaReader

# SQL of a value; its Delta type, the logical type, the value that Delta readers get
VALUES: dict[str, tuple[str, object, str, Any]] = {
    "int8": ("(-128)::tinyint", "byte", "int8", -128),
    "int64": ("9223372036854775807", "long", "int64", 2**63 - 1),
    "uint8": ("255::utinyint", "short", "uint8", 255),
    "uint16": ("65535::usmallint", "integer", "uint16", 65_535),
    "uint32": ("4294967295::uinteger", "long", "uint32", 2**32 - 1),
    "uint64": ("18446744073709551615::ubigint", "decimal(20,0)", "uint64", Decimal(2**64 - 1)),
    "huge": ("sum(1::bigint)", "decimal(38,0)", "int128", Decimal(1)),
    "float32": ("1.5::float", "float", "float32", 1.5),
    "decimal": ("12.50::decimal(12,2)", "decimal(12,2)", "decimal(12,2)", Decimal("12.50")),
    "boolean": ("true", "boolean", "boolean", True),
    "text": ("'ä'", "string", "text", "ä"),
    "binary": (r"'\x00\xff'::blob", "binary", "binary", b"\x00\xff"),
    "date": ("date '2024-02-29'", "date", "date", dt.date(2024, 2, 29)),
    "time": ("time '10:30:00.5'", "string", "time", "10:30:00.5"),
    "uuid": (
        "'0e3ee3fb-7c09-4fb5-9d1b-1a1a1a1a1a1a'::uuid",
        "string",
        "uuid",
        "0e3ee3fb-7c09-4fb5-9d1b-1a1a1a1a1a1a",
    ),
    "json": ("""'{"a": 1}'::json""", "string", "json", '{"a": 1}'),
    "local": (
        "timestamp '2024-02-29 12:00:00.000001'",
        "timestamp_ntz",
        "timestamp",
        dt.datetime(2024, 2, 29, 12, 0, 0, 1),
    ),
    "seconds": (
        "timestamp_s '2024-02-29 12:00:00'",
        "timestamp_ntz",
        "timestamp(s)",
        dt.datetime(2024, 2, 29, 12),
    ),
    "zoned": (
        "timestamptz '2024-02-29 12:00:00+00'",
        "timestamp",
        "timestamptz",
        dt.datetime(2024, 2, 29, 12, tzinfo=dt.UTC),
    ),
    "list": (
        "[1::ubigint, null]",
        {"type": "array", "elementType": "decimal(20,0)", "containsNull": True},
        "list<uint64>",
        [Decimal(1), None],
    ),
    "struct": (
        "{'at': time '10:00:00', 'n': 1}",
        None,
        "struct<at: time, n: int32>",
        {"at": "10:00:00", "n": 1},
    ),
    "map": ("map {'k': 1::utinyint}", None, "map<text, uint8>", [("k", 1)]),
}


def test_values_of_every_type(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("n\n1\n")
    select = ", ".join(f'{sql} as "{name}"' for name, (sql, *_) in VALUES.items())
    pipeline = md.Pipeline(
        md.Declaration(
            name="types",
            sinks={},
            layers={"bronze": "raw", "silver": "delta"},
            tables={
                "bronze": {"a": md.Source(source="a.csv")},
                "silver": {
                    "a": md.Table(from_="bronze.a", steps=[{"sql": f"select {select} from a"}])
                },
            },
        ),
        base=tmp_path,
    )
    pipeline.run()
    release = pipeline.lake.current()
    assert release
    types = {column.name: column.type for column in release.tables["silver.a"].columns}
    assert types == {name: logical for name, (_, _, logical, _) in VALUES.items()}
    reader = DeltaReader(pipeline, "silver.a")
    delta = {
        field["name"]: field["type"]
        for field in schema_of(release.tables["silver.a"].columns, {})["fields"]
    }
    for name, (_, expected, *_) in VALUES.items():
        assert expected in (None, delta[name]), name
    (row,) = pa.table(reader.log().scan()).to_pylist()
    assert row == {name: value for name, (_, _, _, value) in VALUES.items()}
    (own,) = pipeline.lake.table("silver.a").to_arrow().to_pylist()
    assert own["uint64"] == 2**64 - 1
    assert own["time"] == dt.time(10, 30, 0, 500_000)
    assert own["list"] == [1, None]
    assert own["struct"] == {"at": dt.time(10), "n": 1}


@pytest.mark.parametrize(
    ("type_", "hint"),
    [
        ("timestamp(ns)", "cast it to timestamp, which has microseconds, or to text"),
        ("list<timestamptz(ns)>", "cast it to timestamptz"),
        ("struct<a: variant>", "cast it to another type"),
        ("geometry", "cast it to another type"),
    ],
)
def test_what_delta_does_not_have_is_refused(type_: str, hint: str) -> None:
    with pytest.raises(StepError) as caught:
        require_storable({"fine": column_type("int64"), "at": column_type(type_)})
    assert caught.value.message == f"column 'at' is {type_}, which a Delta table cannot have"
    assert hint in caught.value.hint
    assert "parquet layer" in caught.value.hint


@pytest.mark.parametrize("name", ["order id", "a,b", "x=y", "tab\tbed", "(n)"])
def test_names_that_delta_does_not_have_are_refused(name: str) -> None:
    with pytest.raises(StepError, match="names in a Delta table") as caught:
        require_storable({name: column_type("int64")})
    assert repr(name) in caught.value.message
    with pytest.raises(StepError, match="column 's', field") as caught:
        require_storable({"s": column_type(f'list<struct<"{name}": int64>>')})
    assert "rename" in caught.value.hint
    require_storable({"straße-1.ä": column_type("int64")})


def test_a_run_names_table_and_column(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("day,n\n2024-01-01,1\n")
    (tmp_path / "medallion.yaml").write_text(
        "name: types\nsinks: {}\nlayers: {bronze: raw, silver: delta}\ntables:\n"
        "  bronze: {a: {source: a.csv}}\n"
        "  silver:\n    a:\n      from: bronze.a\n      steps:\n"
        "        - sql: select n, cast(day as timestamp_ns) as moment from a\n"
    )
    with pytest.raises(StepError, match=r"silver.a: column 'moment' is timestamp\(ns\)"):
        md.Pipeline.load(tmp_path / "medallion.yaml").run()


def test_columns_have_the_names_of_the_schema() -> None:
    schema = schema_of([Column(name="a", type="map<text, list<uint8>>")], {})
    assert schema["fields"][0]["type"] == {
        "type": "map",
        "keyType": "string",
        "valueType": {"type": "array", "elementType": "short", "containsNull": True},
        "valueContainsNull": True,
    }
