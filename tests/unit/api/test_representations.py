"""Formats of rows: which one a request gets, and its bytes for values of every kind."""

from __future__ import annotations

import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from math import inf
from typing import Any

import falcon
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medallion.records import Column
from medallion_api.representations import (
    endless_columns,
    negotiate,
    spelled,
    stream,
    to_json,
)

COLUMNS = [
    Column(name="id", type="int64"),
    Column(name="name", type="text"),
    Column(name="price", type="decimal(12,2)"),
    Column(name="rate", type="float64"),
    Column(name="seen", type="timestamptz"),
    Column(name="raw", type="binary"),
    Column(name="tags", type="list<float64>"),
    Column(name="counts", type="map<text, int64>"),
]
ROW = {
    "id": 2**63 - 1,
    "name": 'Zoë, "the" 🙂',
    "price": Decimal("12.50"),
    "rate": -inf,
    "seen": datetime(2024, 12, 31, 23, 59, 59, tzinfo=UTC),
    "raw": b"\x00\xff",
    "tags": [1.5, inf, None],
    "counts": {"a": 1},
}
NULLS = dict.fromkeys(ROW)
AROUND = {"release": "one", "cursor": None}


def content(form: str, *batches: list[dict[str, Any]], columns: list[Column] = COLUMNS) -> bytes:
    return b"".join(stream(form, columns, batches, AROUND))


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("*/*", "json"),
        ("application/json", "json"),
        ("text/csv", "csv"),
        ("text/*", "csv"),
        ("application/json;q=0.1, application/x-ndjson", "ndjson"),
        ("application/vnd.apache.parquet", "parquet"),
        ("application/vnd.apache.arrow.stream, text/html", "arrow"),
    ],
)
def test_the_accepted_format(accept: str, form: str) -> None:
    assert negotiate(accept) == form


def test_a_named_format_goes_before_the_accepted_one() -> None:
    assert negotiate("application/json", "spreadsheet") == "spreadsheet"


@pytest.mark.parametrize("accept", ["text/html", "nonsense", "application/json;q=0"])
def test_a_format_that_there_is_not_is_refused_with_those_there_are(accept: str) -> None:
    with pytest.raises(falcon.HTTPNotAcceptable) as refusal:
        negotiate(accept)
    assert refusal.value.description == (
        "there is application/json, application/x-ndjson, text/csv, "
        "application/vnd.apache.parquet, application/vnd.apache.arrow.stream"
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("0.10"), "0.10"),
        (Decimal("1" + "0" * 30 + ".00"), "1" + "0" * 30 + ".00"),
        (2**64, "18446744073709551616"),
        ({"a": [-(2**70)]}, '{"a":[-1180591620717411303424]}'),
        (date(2024, 2, 29), '"2024-02-29"'),
        (datetime(2024, 1, 1, 12, tzinfo=UTC), '"2024-01-01T12:00:00Z"'),
        (datetime(2024, 1, 1, 12, 0, 0, 1), '"2024-01-01T12:00:00.000001"'),
        (b"\xff", '"/w=="'),
        ((1, "é"), '[1,"é"]'),
        (float("nan"), "null"),
    ],
)
def test_json_keeps_every_digit(value: Any, text: str) -> None:
    assert to_json(value).decode() == text


def test_json_of_anything_else_is_an_error() -> None:
    with pytest.raises(TypeError, match="object"):
        to_json([object()])


@settings(max_examples=30)
@given(st.recursive(st.none() | st.integers() | st.text() | st.booleans(), st.lists, max_leaves=8))
def test_json_is_read_back_as_it_was(value: Any) -> None:
    assert json.loads(to_json(value)) == value


def test_pages_of_json() -> None:
    first, second = {"id": 1}, {"id": 2}
    columns = COLUMNS[:1]
    page = b'{"release":"one","cursor":null,"rows":[%s]}'
    assert content("json", [first], [], [second], columns=columns) == page % b'{"id":1},{"id":2}'
    assert content("json", [], columns=columns) == page % b""
    assert content("json", columns=columns) == page % b""


def test_numbers_without_end_are_texts_in_json_at_any_depth() -> None:
    assert endless_columns(COLUMNS) == ["rate", "tags"]
    (row,) = json.loads(content("json", [ROW]))["rows"]
    assert (row["rate"], row["tags"]) == ("-Infinity", [1.5, "Infinity", None])
    assert spelled([NULLS], ["rate", "tags"]) == [NULLS]
    assert spelled([{"d": {"x": [inf]}}], ["d"]) == [{"d": {"x": ["Infinity"]}}]


def test_lines_of_ndjson() -> None:
    rows = [json.loads(line) for line in content("ndjson", [ROW], [NULLS]).splitlines()]
    assert rows[0]["name"] == ROW["name"]
    assert rows[0]["rate"] == "-Infinity"
    assert rows[1] == NULLS


def test_csv_quotes_what_must_be_and_tells_null_from_empty_text() -> None:
    values = (
        '9223372036854775807,"Zoë, ""the"" 🙂",12.50,-inf,2024-12-31T23:59:59Z,AP8=,'
        '"[1.5,""Infinity"",null]","{""a"":1}"'
    )
    lines = content("csv", [ROW], [NULLS, {**NULLS, "name": ""}]).decode().split("\r\n")
    assert lines == [
        "id,name,price,rate,seen,raw,tags,counts",
        values,
        ",,,,,,,",
        ',"",,,,,,',
        "",
    ]
    odd = [Column(name='a "b", c', type="text")]
    assert content("csv", columns=odd) == b'"a ""b"", c"\r\n'
    assert content("csv", [{'a "b", c': "x\ny"}], columns=odd).endswith(b'\r\n"x\ny"\r\n')


def test_csv_for_spreadsheets_has_no_formula_and_a_byte_order_mark() -> None:
    columns = [Column(name="=name", type="text"), Column(name="n", type="int64")]
    rows = [{"=name": "=1+1", "n": -1}, {"=name": "plain", "n": None}]
    text = content("spreadsheet", rows, columns=columns).decode()
    assert text == "\ufeff'=name,n\r\n'=1+1,-1\r\nplain,\r\n"


@pytest.mark.parametrize("form", ["parquet", "arrow"])
def test_columnar_formats_keep_types_and_values(form: str) -> None:
    data = io.BytesIO(content(form, [ROW], [NULLS]))
    table = pq.read_table(data) if form == "parquet" else pa.ipc.open_stream(data).read_all()
    assert table.schema.field("price").type == pa.decimal128(38, 2)
    assert table.schema.field("seen").type == pa.timestamp("us", "UTC")
    rows = table.to_pylist()
    assert rows == [{**ROW, "counts": [("a", 1)]}, NULLS]


@pytest.mark.parametrize("form", ["parquet", "arrow"])
def test_columnar_formats_without_rows_have_their_columns(form: str) -> None:
    data = io.BytesIO(content(form, []))
    table = pq.read_table(data) if form == "parquet" else pa.ipc.open_stream(data).read_all()
    assert (table.num_rows, table.column_names) == (0, [column.name for column in COLUMNS])


def test_small_batches_are_one_row_group_of_20_000_rows() -> None:
    columns = [Column(name="id", type="int64")]
    batches = [[{"id": number} for number in range(9_000)] for _ in range(4)]
    file = pq.ParquetFile(io.BytesIO(content("parquet", *batches, columns=columns)))
    groups = [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)]
    assert groups == [27_000, 9_000]
