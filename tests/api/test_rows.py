"""Rows over HTTP, compared with the lake's tables."""

from __future__ import annotations

import csv
import gzip
import io
import json
from decimal import Decimal
from math import inf
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import medallion as md

if TYPE_CHECKING:
    from falcon.testing import Result, TestClient

Row = dict[str, Any]


@pytest.fixture(scope="module")
def things(pipeline: md.Pipeline) -> list[Row]:
    rows: list[Row] = pipeline.lake.table("gold.things").to_arrow().to_pylist()
    return sorted(rows, key=lambda row: row["thing_id"])


def get(client: TestClient, path: str, status: int = 200, **headers: str) -> Result:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    result = client.simulate_get(path, headers=given)
    assert result.status_code == status, result.text
    return result


def ids(result: Result) -> list[int]:
    return [row["thing_id"] for row in result.json["rows"]]


def exact(result: Result) -> Any:
    return json.loads(result.text, parse_float=Decimal)


def test_a_page_has_the_default_sort_and_limit_and_links_to_the_next(
    client: TestClient, things: list[Row]
) -> None:
    expected = [row["thing_id"] for row in sorted(things, key=lambda row: -row["price"])]
    found, path, pages = [], "/things", 0
    while path:
        result = get(client, path)
        found += ids(result)
        pages += 1
        link = result.headers.get("Link")
        assert (link is None) == (result.json["cursor"] is None)
        path = link.partition(">")[0].removeprefix("<") if link else ""
    assert found == expected
    assert pages == 13


def test_every_value_is_exact(client: TestClient, things: list[Row]) -> None:
    rows = exact(get(client, "/tables/things?limit=250&sort=thing_id"))["rows"]
    assert [row["price"] for row in rows] == [row["price"] for row in things]
    assert [row["large"] for row in rows] == [9007199254740993 + number for number in range(250)]
    assert rows[3] | {"price": 0, "rate": 0} == {
        "thing_id": 3,
        "name": "thing 3",
        "colour": "red",
        "price": 0,
        "rate": 0,
        "even": False,
        "day": "2024-01-04",
        "large": 9007199254740996,
        "made": "2024-01-01T15:00:00",
        "seen": "2024-01-01T13:00:00Z",
        "note": "n3",
    }


@pytest.mark.parametrize(
    ("query", "holds"),
    [
        ("colour=red", lambda row: row["colour"] == "red"),
        ("colour__ne=red", lambda row: row["colour"] != "red"),
        (
            "price__gte=100&price__lt=110.5",
            lambda row: Decimal(100) <= row["price"] < Decimal("110.5"),
        ),
        (
            "colour__in=red,blue&even=true",
            lambda row: row["colour"] in ("red", "blue") and row["even"],
        ),
        ("name__contains=12", lambda row: "12" in row["name"]),
        ("name__startswith=thing%202", lambda row: row["name"].startswith("thing 2")),
        ("note__isnull=true", lambda row: row["note"] is None),
        ("day__lte=2024-01-03", lambda row: row["day"].isoformat() <= "2024-01-03"),
        (
            "made__gt=2024-01-10T00:00:00",
            lambda row: row["made"].isoformat() > "2024-01-10T00:00:00",
        ),
        ("large__in=9007199254740993,9007199254740994", lambda row: row["thing_id"] < 2),
        ("name__in=%22thing%201%22", lambda row: row["name"] == "thing 1"),
        ("name__in=", lambda _: False),
        ("colour__in=red&colour__in=blue", lambda row: row["colour"] != "green"),
        (
            "name__in=%22thing%201%22&name__in=thing%202,thing%203",
            lambda row: row["thing_id"] in (1, 2, 3),
        ),
        ("made__lte=2024-01-03", lambda row: row["made"].isoformat() < "2024-01-04"),
        ("made=2024-01-03", lambda row: row["made"].isoformat().startswith("2024-01-03")),
        ("seen__gt=2024-01-03", lambda row: row["seen"].isoformat() >= "2024-01-04"),
        ("name__search=TH%C3%8FNG%202", lambda row: row["name"].startswith("thing 2")),
        ("note=&even=false", lambda row: row["note"] == ""),
    ],
)
def test_filters(client: TestClient, things: list[Row], query: str, holds: Any) -> None:
    expected = [row["thing_id"] for row in things if holds(row)]
    result = get(client, f"/tables/things?{query}&limit=250&sort=thing_id&count=exact")
    assert ids(result) == expected
    assert result.json["count"] == len(expected) == int(result.headers["X-Total-Count"])


def test_fields_and_facets(client: TestClient) -> None:
    result = get(
        client, "/things?fields=colour,thing_id&limit=1&sort=thing_id&facet=colour,even&price__lt=5"
    )
    assert result.json["rows"] == [{"colour": "red", "thing_id": 0}]
    facets = result.json["facets"]
    assert facets["colour"][0] == {"value": "red", "count": 2}
    assert sorted(group["count"] for group in facets["colour"]) == [1, 1, 2]
    assert sorted(map(str, facets["even"])) == [
        "{'value': False, 'count': 2}",
        "{'value': True, 'count': 2}",
    ]


def test_an_endpoint_shows_its_fields_alone(client: TestClient) -> None:
    assert get(client, "/few?limit=1").json["rows"] == [
        {"thing_id": 0, "colour": "red", "price": 0.0}
    ]
    assert set(get(client, "/few/7").json) == {"thing_id", "colour", "price"}
    for query in ("name=x", "fields=name", "facet=name"):
        get(client, f"/few?{query}", 400)


def test_one_row_by_its_key(client: TestClient) -> None:
    assert get(client, "/things/17").json["name"] == "thing 17"
    assert get(client, "/things/1000", 404).json["detail"] == "no such row"
    assert "thing_id" in get(client, "/things/abc", 400).json["detail"]
    assert get(client, f"/tables/pairs/{quote('a/b', safe='')}/2", 404).json["status"] == 404
    assert get(client, "/stats/total").json == {"orders": 3, "revenue": 37.75}
    get(client, "/tables/total/1", 404)


@pytest.mark.parametrize("query", ["", "?limit=all"])
@pytest.mark.parametrize(
    ("form", "media"), [("parquet", "vnd.apache.parquet"), ("arrow", "vnd.apache.arrow.stream")]
)
def test_columnar_formats(
    client: TestClient, things: list[Row], form: str, media: str, query: str
) -> None:
    result = get(client, f"/tables/things{query or '?limit=250'}", Accept=f"application/{media}")
    assert result.headers["Content-Type"] == f"application/{media}"
    assert f".{form}" in result.headers["Content-Disposition"]
    read = (
        pq.read_table(io.BytesIO(result.content))
        if form == "parquet"
        else pa.ipc.open_stream(result.content).read_all()
    )
    rows = read.to_pylist()
    assert [row["price"] for row in rows] == [row["price"] for row in things]
    assert [row["day"] for row in rows] == [row["day"] for row in things]
    assert [row["made"] for row in rows] == [row["made"] for row in things]
    assert [row["seen"] for row in rows] == [row["seen"] for row in things]
    assert (read.schema.field("made").type, read.schema.field("seen").type) == (
        pa.timestamp("us"),
        pa.timestamp("us", "UTC"),
    )


def test_text_formats_and_exports_are_alike(client: TestClient, things: list[Row]) -> None:
    lines = get(client, "/tables/things?limit=all", Accept="application/x-ndjson").text.splitlines()
    whole = exact(get(client, "/tables/things?limit=all"))
    assert [json.loads(line, parse_float=Decimal) for line in lines] == whole["rows"]
    assert whole["rows"] == exact(get(client, "/tables/things?limit=250"))["rows"]
    table = list(
        csv.DictReader(io.StringIO(get(client, "/tables/things?limit=all&format=csv").text))
    )
    assert [row["name"] for row in table] == [row["name"] for row in things]
    assert [Decimal(row["price"]) for row in table] == [row["price"] for row in things]
    assert [row["even"] for row in table[:2]] == ["true", "false"]
    assert (table[3]["made"], table[3]["day"], table[0]["note"]) == (
        "2024-01-01T15:00:00",
        "2024-01-04",
        "",
    )
    assert table[3]["seen"] == "2024-01-01T13:00:00Z"


def test_null_and_empty_text_are_two_things_in_csv(client: TestClient) -> None:
    path = "/tables/things?fields=thing_id,note,name&thing_id__lt=3&sort=thing_id&format=csv"
    assert (
        get(client, path).text
        == 'thing_id,note,name\r\n0,,thing 0\r\n1,"",thing 1\r\n2,n2,thing 2\r\n'
    )
    rows = get(client, "/tables/names?format=csv&sort=name&fields=name").text
    assert rows == "name\r\nnaïve\r\nplain\r\nΩ/🙂\r\n日本\r\n"


def test_numbers_without_end_are_values_in_every_format(client: TestClient) -> None:
    rows = get(client, "/tables/ends").json["rows"]
    assert [row["number"] for row in rows] == ["Infinity", "-Infinity", None]
    assert [row["numbers"] for row in rows] == [["Infinity", 1.5], [None], None]
    assert get(client, "/tables/ends/1").json["number"] == "Infinity"
    assert [row["id"] for row in get(client, "/tables/ends?number__isnull=true").json["rows"]] == [
        3
    ]
    for text in ("inf", "Infinity"):
        assert [row["id"] for row in get(client, f"/tables/ends?number={text}").json["rows"]] == [1]
    lines = get(client, "/tables/ends?limit=all&format=ndjson").text.splitlines()
    assert [json.loads(line) for line in lines] == rows
    groups = get(client, "/groups/ends?by=number&metrics=most:max(number)&number__gt=0").json[
        "rows"
    ]
    assert groups == [{"number": "Infinity", "most": "Infinity"}]
    facets = get(client, "/tables/ends?facet=number").json["facets"]["number"]
    assert {group["value"] for group in facets} == {"Infinity", "-Infinity", None}
    table = pq.read_table(io.BytesIO(get(client, "/tables/ends?format=parquet").content))
    assert table["number"].to_pylist() == [inf, -inf, None]


def test_codings(client: TestClient) -> None:
    plain = get(client, "/tables/things").content
    zipped = get(client, "/tables/things", Accept_Encoding="gzip")
    assert gzip.decompress(zipped.content) == plain
    assert zipped.headers["ETag"] != get(client, "/tables/things").headers["ETag"]
    packed = get(client, "/tables/things", Accept_Encoding="gzip, zstd")
    assert packed.headers["Content-Encoding"] == "zstd"
    assert pa.input_stream(io.BytesIO(packed.content), compression="zstd").read() == plain
    export = get(client, "/tables/things?limit=all", Accept_Encoding="zstd, gzip")
    assert export.headers["Content-Encoding"] == "gzip"
    assert len(json.loads(gzip.decompress(export.content))["rows"]) == 250
    assert (
        "Content-Encoding" not in get(client, "/tables/things", Accept_Encoding="gzip;q=0").headers
    )


def test_head_has_the_headers_alone(client: TestClient) -> None:
    head = client.simulate_head("/things")
    full = get(client, "/things")
    assert head.content == b""
    for name in ("ETag", "Content-Type", "Content-Length", "X-Release", "Link"):
        assert head.headers[name] == full.headers[name]


@pytest.mark.parametrize("form", ["csv", "parquet", "arrow"])
def test_names_of_any_script_can_be_exported(client: TestClient, form: str) -> None:
    for path in (
        f"/names/{quote('日本')}?format={form}",
        f"/names/{quote('Ω/🙂', safe='')}?format={form}",
    ):
        result = get(client, path)
        assert "filename*=UTF-8''" in result.headers["Content-Disposition"]
