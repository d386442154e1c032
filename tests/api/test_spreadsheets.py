"""CSV for spreadsheets over HTTP: pages, exports and single rows, answered at once, in a thread and from memory."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterator

import pytest

from tests.api import project
from tests.api.test_served import get

HOSTILE = [
    "=1+1",
    "+1",
    "-1+cmd|' /C calc'!A0",
    "@SUM(A1)",
    "\t=1",
    "\n=1",
    "  =1",
    "＝1",
    "a=b",
    "",
    'é, "q"',
    "'=1",
]
INERT = [f"'{text}" for text in HOSTILE[:8]] + HOSTILE[8:]
API = """\
api:
  endpoints:
    /texts: {table: texts, sort: number}
    /first: {table: texts, sort: number, single: true}
"""
BOM = b"\xef\xbb\xbf"
HEADER = ["number", "'=text", "'-amount", "list", "bytes"]


@pytest.fixture(scope="module", params=["sqlite", "mongodb"])
def place(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("texts")
    mongodb = request.param == "mongodb"
    url = (
        f"{request.getfixturevalue('mongodb_server')}/sheets"
        if mongodb
        else "sqlite:lake/serving.db"
    )
    path = project.write(folder, url, API)
    texts = ", ".join("'" + text.replace("'", "''") + "'" for text in HOSTILE)
    query = f"""
        select cast(number as integer) as number, text as "=text", cast(-number as decimal(6,2)) as "-amount",
               ['=1'] as list, from_base64('+/8=') as bytes
        from (select unnest([{texts}]) as text, unnest(range({len(HOSTILE)})) as number)"""
    table = (
        "    texts:\n      from: silver.orders\n      steps:\n        - sql: "
        + json.dumps(query)
        + "\n"
    )
    text = path.read_text().replace(
        "    things:\n      from:", f"{table}    things:\n      from:", 1
    )
    path.write_text(
        text.replace(
            "      ends: {key: id}\n", "      ends: {key: id}\n      texts: {key: number}\n"
        )
    )
    project.load(folder).run()
    with project.gunicorn(folder, 1) as place:
        yield place


def read(data: bytes) -> list[list[str]]:
    assert data.startswith(BOM)
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize(
    "path", ["/texts?format=spreadsheet", "/tables/texts?limit=all&sort=number&format=spreadsheet"]
)
def test_no_text_and_no_name_is_a_formula(place: str, path: str) -> None:
    answers = [get(place, path) for _ in range(3)]  # of which the last come from what is kept
    for status, headers, body in answers:
        assert (status, headers["content-type"], body) == (
            200,
            "text/csv; charset=utf-8",
            answers[0][2],
        )
        assert headers["content-disposition"].endswith('.csv"')
    header, *rows = read(answers[0][2])
    assert header == HEADER
    assert [row[1] for row in rows] == INERT
    assert [row[2] for row in rows] == [
        "0.00",
        *(f"-{number}.00" for number in range(1, len(HOSTILE))),
    ]
    assert {(row[3], row[4]) for row in rows} == {('["=1"]', "'+/8=")}
    coded = get(place, path, Accept_Encoding="gzip")
    body = gzip.decompress(coded[2]) if coded[1].get("content-encoding") == "gzip" else coded[2]
    assert body == answers[0][2]


@pytest.mark.parametrize("path", ["/first", "/texts/0", "/tables/texts/0"])
def test_a_single_row_too(place: str, path: str) -> None:
    expected = [HEADER, ["0", "'=1+1", "0.00", '["=1"]', "'+/8="]]
    assert read(get(place, f"{path}?format=spreadsheet")[2]) == expected


def test_plain_csv_stays_as_it_is(place: str) -> None:
    for path, headers in (("/texts?format=csv", {}), ("/texts", {"Accept": "text/csv"})):
        status, given, body = get(place, path, **headers)
        assert (status, body[:6], given["content-type"]) == (
            200,
            b"number",
            "text/csv; charset=utf-8",
        )
        assert [row[1] for row in csv.reader(io.StringIO(body.decode(), newline=""))][1:] == HOSTILE
    tags = {get(place, f"/texts?format={form}")[1]["etag"] for form in ("csv", "spreadsheet")}
    assert len(tags) == 2


def test_facets_are_for_json_and_the_format_is_documented(place: str) -> None:
    assert get(place, "/texts?format=spreadsheet&facet=number")[0] == 400
    operations = json.loads(get(place, "/openapi.json")[2])["paths"]
    for path in ("/texts", "/texts/{number}", "/first", "/tables/texts"):
        (form,) = [
            each for each in operations[path]["get"]["parameters"] if each["name"] == "format"
        ]
        assert "spreadsheet" in form["schema"]["enum"]
