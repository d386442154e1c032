"""Documents written column by column are those that pymongo would write of the same rows."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from math import inf, nan
from typing import Any

import pyarrow as pa
import pytest
from bson import CodecOptions, decode
from bson.binary import Binary
from bson.decimal128 import Decimal128
from bson.int64 import Int64

from medallion.query.column_types import kind_of
from medallion.sinks.mongodb.bson_encoder import documents_of, small_batches

DAY = date(2024, 2, 29)
KEPT = datetime(1969, 12, 31, 23, 59, 59, 123000, UTC)
MOMENT = datetime(1969, 12, 31, 23, 59, 59, 123456)
COLUMNS: dict[str, tuple[str, pa.DataType, list[Any], list[Any]]] = {
    "small": ("int32", pa.int32(), [1, -5, None, 2**31 - 1], [1, -5, None, 2**31 - 1]),
    "large": ("int64", pa.int64(), [1, -(2**63), None, 2**63 - 1], [1, -(2**63), None, 2**63 - 1]),
    "huge": ("int128", pa.decimal128(38, 0), [1, -7, None, 2**40], [1, -7, None, 2**40]),
    "amount": (
        "decimal(12,2)",
        pa.decimal128(12, 2),
        [Decimal("1.50"), Decimal("-0.01"), None, Decimal(0)],
        ["1.50", "-0.01", None, "0.00"],
    ),
    "long": (
        "decimal(38,4)",
        pa.decimal128(38, 4),
        [Decimal("123456789012345678901234567890.1234"), Decimal("-1.0000"), None, Decimal(2)],
        ["123456789012345678901234567890.1234", "-1.0000", None, "2.0000"],
    ),
    "rate": ("float64", pa.float64(), [0.5, nan, None, -inf], [0.5, None, None, -inf]),
    "single": ("float32", pa.float32(), [0.5, nan, None, 2.0], [0.5, None, None, 2.0]),
    "name": (
        "text",
        pa.string(),
        ["naïve 🙂", "", None, "nul\0inside"],
        ["naïve 🙂", "", None, "nul\0inside"],
    ),
    "kind": (
        "text",
        pa.dictionary(pa.int8(), pa.string()),
        ["a", "b", None, "a"],
        ["a", "b", None, "a"],
    ),
    "active": ("boolean", pa.bool_(), [True, False, None, True], [True, False, None, True]),
    "day": (
        "date",
        pa.date32(),
        [DAY, date(1, 1, 1), None, date(9999, 12, 31)],
        [
            datetime(2024, 2, 29, tzinfo=UTC),
            datetime(1, 1, 1, tzinfo=UTC),
            None,
            datetime(9999, 12, 31, tzinfo=UTC),
        ],
    ),
    "at": (
        "timestamp",
        pa.timestamp("us"),
        [MOMENT, MOMENT + timedelta(days=1), None, MOMENT],
        [KEPT, KEPT + timedelta(days=1), None, KEPT],
    ),
    "seen": (
        "timestamptz",
        pa.timestamp("us", "Europe/Paris"),
        [datetime(2024, 6, 1, 12, tzinfo=UTC), None, None, datetime(2024, 1, 1, tzinfo=UTC)],
        [datetime(2024, 6, 1, 12, tzinfo=UTC), None, None, datetime(2024, 1, 1, tzinfo=UTC)],
    ),
    "data": ("binary", pa.binary(), [b"\0\xff", b"", None, b"x"], [b"\0\xff", b"", None, b"x"]),
    "tags": (
        "list<text>",
        pa.list_(pa.string()),
        [["a", None], [], None, ["b"]],
        [["a", None], [], None, ["b"]],
    ),
    "detail": (
        "struct<price: decimal(8,2), since: date>",
        pa.struct([("price", pa.decimal128(8, 2)), ("since", pa.date32())]),
        [{"price": Decimal("1.20"), "since": DAY}, {"price": None, "since": None}, None, None],
        [
            {"price": "1.20", "since": datetime(2024, 2, 29, tzinfo=UTC)},
            {"price": None, "since": None},
            None,
            None,
        ],
    ),
}
KINDS = {name: kind_of(type_) for name, (type_, *_) in COLUMNS.items()}
AWARE: CodecOptions[dict[str, Any]] = CodecOptions(tz_aware=True, tzinfo=UTC)


def batch() -> pa.RecordBatch:
    return pa.record_batch(
        {name: pa.array(values, type_) for name, (_, type_, values, _) in COLUMNS.items()}
    )


def read(documents: list[bytes]) -> list[dict[str, Any]]:
    """The documents in Python's values, decimals as text."""
    return [plain(decode(document, codec_options=AWARE)) for document in documents]


def plain(value: Any) -> Any:
    if isinstance(value, Decimal128):
        return str(value.to_decimal())
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    return bytes(value) if isinstance(value, Binary) else value


def expected(first: int = 0) -> list[dict[str, Any]]:
    columns = {name: values for name, (*_, values) in COLUMNS.items()}
    return [
        {"_id": first + row, **{name: columns[name][row] for name in columns}} for row in range(4)
    ]


def test_every_kind_is_written_with_and_without_nulls() -> None:
    documents, nulls = documents_of(batch(), KINDS, (), range(7, 11))
    assert read(documents) == expected(7)
    assert nulls == set(COLUMNS)
    documents, nulls = documents_of(batch().slice(0, 1), KINDS, (), [7])
    assert read(documents) == expected(7)[:1]
    assert nulls == set()


def test_a_slice_is_written_as_its_own_rows() -> None:
    documents, _ = documents_of(batch().slice(1, 2), KINDS, (), [0, 1])
    assert [document | {"_id": 0} for document in read(documents)] == [
        row | {"_id": 0} for row in expected()[1:3]
    ]
    assert documents_of(batch().slice(1, 0), KINDS, (), []) == ([], set())


def test_integers_take_4_or_8_bytes() -> None:
    for values, kind in (([1, -(2**31)], int), ([1, 2**31], Int64)):
        documents, _ = documents_of(
            pa.record_batch({"n": pa.array(values)}), {"n": kind_of("int64")}, (), [0, 1]
        )
        assert {type(decode(document)["n"]) for document in documents} == {kind}


def test_the_key_is_the_id() -> None:
    rows = batch().slice(0, 2)
    assert [
        document["_id"] for document in read(documents_of(rows, KINDS, ("name",), [0, 1])[0])
    ] == [
        "naïve 🙂",
        "",
    ]
    idents = [
        document["_id"] for document in read(documents_of(rows, KINDS, ("day", "small"), [0, 1])[0])
    ]
    assert idents == [{"day": row["day"], "small": row["small"]} for row in expected()[:2]]
    assert [list(ident) for ident in idents] == [["day", "small"]] * 2


def test_a_number_that_does_not_fit_is_reported() -> None:
    too_large = pa.record_batch({"n": pa.array([2**70], pa.decimal128(38, 0))})
    with pytest.raises(OverflowError, match="column 'n': an integer too large"):
        documents_of(too_large, {"n": kind_of("int128")}, (), [0])


def test_large_batches_are_sliced() -> None:
    rows = pa.record_batch({"text": pa.array(["x" * (1 << 20)] * 100)})
    slices = list(small_batches(rows))
    assert [piece.num_rows for piece in slices] == [25] * 4
    single_row = pa.record_batch({"text": pa.array(["x" * (40 << 20)])})
    assert list(small_batches(single_row)) == [single_row]
