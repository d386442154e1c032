"""What is refused, and how it is told: problems that name what is wrong and leak nothing."""

from __future__ import annotations

import json

import pytest
from falcon.testing import TestClient

import medallion as md
from medallion_api.app import assemble


@pytest.mark.parametrize(
    ("query", "parameter", "told"),
    [
        ("colr=red", "colr", "did you mean 'colour'"),
        ("limit=1&limit=2", "limit", "more than once"),
        ("limit=0", "limit", "from 1 to 1000"),
        ("limit=1001", "limit", "from 1 to 1000"),
        ("limit=ten", "limit", "whole number"),
        ("price=abc", "price", "not a valid decimal"),
        ("price__gte=1%3Bdrop", "price__gte", "not a valid decimal"),
        ("day=2024-02-30", "day", "2024-12-31"),
        ("even=perhaps", "even", "true or false"),
        ("sort=colour,colour", "sort", "once"),
        ("sort=-nope", "sort", "takes one of"),
        ("fields=nope", "fields", "takes one of"),
        ("format=xml", "format", "json, ndjson, csv, spreadsheet, parquet, arrow"),
        ("count=all", "count", "exact"),
        ("cursor=abc", "cursor", "damaged"),
        ("cursor=bnVsbA", "cursor", "damaged"),
        ("limit=all&cursor=abc", "cursor", "limit=all"),
        ("facet=colour&format=csv", "facet", "JSON"),
        ("colour[$ne]=x", "colour[$ne]", "no such parameter"),
        ("$where=1", "$where", "no such parameter"),
        ("_row=1", "_row", "no such parameter"),
        ("price__like=1", "price__like", "no such parameter"),
        (
            "price__contains=1",
            "price__contains",
            "is of type decimal, which cannot be filtered by 'contains'",
        ),
        ("made__in=2024-01-01", "made__in", "is a day"),
        ("made__ne=2024-01-01", "made__ne", "`gte` and `lte`"),
        ("made=2024-01-01T12:00:00Z", "made", "without a time zone"),
        ("name__search=" + "x" * 101, "name__search", "at most 100 characters"),
        ("sort=colour&sort=colour", "sort", "once"),
        ("name=%ff", "", "cannot be read"),
    ],
)
def test_a_wrong_parameter_is_named(
    client: TestClient, query: str, parameter: str, told: str
) -> None:
    result = client.simulate_get(f"/things?{query}")
    assert result.status_code == 400
    assert result.headers["Content-Type"] == "application/problem+json"
    (fault,) = result.json["errors"]
    assert fault["parameter"] == parameter
    assert told in fault["detail"]


def test_a_column_that_is_not_filtered_by_is_named_with_those_that_are(client: TestClient) -> None:
    for query in ("name=x", "name__gte=x"):
        (fault,) = client.simulate_get(f"/few?{query}").json["errors"]
        assert "'name' cannot be filtered by at this path" in fault["detail"]
        assert fault["allowed"] == ["colour", "price"]
    (fault,) = client.simulate_get("/things/3?colour=red").json["errors"]
    assert "takes no filters" in fault["detail"]


def test_everything_wrong_is_told_at_once(client: TestClient) -> None:
    result = client.simulate_get("/things?price=x&even=y&nope=1")
    assert {fault["parameter"] for fault in result.json["errors"]} == {"price", "even", "nope"}


def test_a_cursor_serves_no_other_question(client: TestClient) -> None:
    cursor = client.simulate_get("/things?limit=5").json["cursor"]
    for query in ("sort=thing_id", "colour=red"):
        result = client.simulate_get(f"/things?{query}&cursor={cursor}")
        assert result.status_code == 400
        assert "another query" in result.json["errors"][0]["detail"]
    changed = cursor[:10] + ("A" if cursor[10] != "A" else "B") + cursor[11:]
    assert client.simulate_get(f"/things?cursor={changed}").status_code == 400


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/nope", {}, 404),
        ("GET", "/tables/thngs", {}, 404),
        ("GET", "/docs/../gunicorn_conf.py", {}, 404),
        ("POST", "/things", {}, 405),
        ("DELETE", "/things/1", {}, 405),
        ("GET", "/things", {"Accept": "image/png"}, 406),
        ("GET", "/things", {"Accept": "nonsense"}, 406),
        ("GET", "/things?name=" + "a" * 8000, {}, 414),
    ],
)
def test_every_error_is_a_problem(
    client: TestClient, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    result = client.simulate_request(method, path, headers=headers)
    assert result.status_code == status
    assert result.headers["Content-Type"] == "application/problem+json"
    assert result.json["status"] == status
    assert result.json["title"]
    assert result.json["request_id"] == result.headers["X-Request-Id"]


@pytest.mark.parametrize(
    "value", ["'; drop table things--", '{"$gt": ""}', "$where", "x\x00y", "' or 1=1 --", "%"]
)
def test_injections_are_just_text(client: TestClient, value: str) -> None:
    for operator in ("", "__contains", "__startswith"):
        result = client.simulate_get("/tables/things", params={f"name{operator}": value})
        assert result.status_code == 200
        assert result.json["rows"] == []
    assert client.simulate_get("/tables/things?limit=1").json["rows"]


def test_a_fault_of_ours_tells_nothing(
    pipeline: md.Pipeline, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    api = assemble(pipeline)
    client = TestClient(api.app)
    monkeypatch.setattr("medallion_api.resources.rows.stream", lambda *_: 1 / 0)
    result = client.simulate_get("/things", headers={"X-Request-Id": "abc-1"})
    api.reading.store.close()
    assert result.status_code == 500
    assert "division" not in result.text
    assert str(pipeline.base) not in result.text
    assert result.json["request_id"] == "abc-1"
    assert "ZeroDivisionError" in caplog.text


def test_a_request_id_that_could_harm_is_replaced(client: TestClient) -> None:
    for given in ("a b", "x" * 65, "<script>"):
        assert (
            client.simulate_get("/health", headers={"X-Request-Id": given}).headers["X-Request-Id"]
            != given
        )


def test_the_access_log_is_json(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", "medallion_api.access"):
        client.simulate_get("/things?limit=1", headers={"X-Request-Id": "log-1"})
    (line,) = [json.loads(record.message) for record in caplog.records]
    assert (line["method"], line["target"], line["status"], line["id"]) == (
        "GET",
        "/things?limit=1",
        200,
        "log-1",
    )
