"""The OpenAPI document: whatever refuses a request before its path is looked at is documented for all paths."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from falcon.testing import TestClient

from medallion_api.app import assemble
from medallion_api.keys import new_key
from tests.api import project
from tests.api.test_served import get

KEY, ENTRY = new_key("ann")
PROBLEM = "application/problem+json"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("closed")
    project.write(folder, api=project.API + f"  keys: {ENTRY}\n  rate_limit: 1000/hour\n")
    project.load(folder).run()
    return folder


@pytest.fixture(scope="module")
def document(folder: Path) -> Any:
    api = assemble(project.load(folder))
    yield TestClient(api.app).simulate_get("/openapi.json", headers={"X-API-Key": KEY}).json
    api.reading.store.close()


@pytest.fixture(scope="module")
def place(folder: Path) -> Iterator[str]:
    with project.gunicorn(folder, 1) as place:
        yield place


def paths_of(document: Any) -> dict[str, Any]:
    """Every path, its parts filled in, and its documented responses."""
    return {
        quote(re.sub(r"\{\w+\}", "1", path)): operations["get"]["responses"]
        for path, operations in document["paths"].items()
    }


def raw(place: str, request: bytes) -> tuple[int, str]:
    """The status and the content type that bytes are answered with."""
    host, _, port = place.partition(":")
    with socket.create_connection((host, int(port)), timeout=90) as connection:
        connection.sendall(request)
        answer = b""
        while b"\r\n\r\n" not in answer:
            part = connection.recv(10_000)
            assert part, answer
            answer += part
    head = answer.partition(b"\r\n\r\n")[0].decode("latin-1").lower()
    (media,) = re.findall("content-type: (.*)\r?$", head, re.MULTILINE)
    return int(head.split()[1]), media.strip()


REQUESTS = {
    "no key": (b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n", 401),
    "long query": (b"GET %s?a=" + b"a" * 8_100 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
    "long line": (b"GET %s?a=" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
    "many fields": (b"GET %s HTTP/1.1\r\nHost: x\r\n" + b"X-A: a\r\n" * 100 + b"\r\n", 431),
    "long field": (b"GET %s HTTP/1.1\r\nHost: x\r\nX-A: " + b"a" * 70_000 + b"\r\n\r\n", 431),
    "broken": (b"GET %s HTTP/1.1\r\nHost: x\r\nX-A: a\0b\r\n\r\n", 400),
    "coding": (b"GET %s HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: strange\r\n\r\n", 501),
}


@pytest.mark.parametrize("name", list(REQUESTS))
def test_what_any_request_may_meet_is_documented_for_every_path(
    place: str, document: Any, name: str
) -> None:
    template, expected = REQUESTS[name]
    for path, responses in paths_of(document).items():
        status, media = raw(place, template.replace(b"%s", path.encode()))
        if path in ("/health", "/health/ready") and expected == 401:
            assert status == 200
            continue
        assert (status, media) == (expected, PROBLEM), path
        assert list(responses[str(status)]["content"]) == [PROBLEM]


def test_rates_and_a_lost_store_are_documented_for_every_path(
    document: Any, tmp_path: Path
) -> None:
    project.write(tmp_path, api=project.API + "  rate_limit: 1/hour\n")
    project.load(tmp_path).run()
    document = paths_of(document)
    with project.gunicorn(tmp_path, 1) as place:
        (tmp_path / "lake/serving.db").rename(tmp_path / "aside.db")
        seen = {path: [get(place, path) for _ in range(2)] for path in document}
    for path, answers in seen.items():
        for status, headers, _ in answers:
            assert headers["content-type"] in document[path][str(status)]["content"], (path, status)
    assert {status for answers in seen.values() for status, _, _ in answers} == {200, 429, 503}


def test_only_what_may_be_is_documented(pipeline_document: Any) -> None:
    """Neither keys nor rates: no 401, no 429."""
    for path, responses in paths_of(pipeline_document).items():
        assert not {"401", "429"} & set(responses), path
        assert {"200", "400", "414", "431", "500", "501", "503"} <= set(responses), path


@pytest.fixture
def pipeline_document(tmp_path: Path) -> Iterator[Any]:
    project.publish(tmp_path)
    api = assemble(project.load(tmp_path))
    yield json.loads(TestClient(api.app).simulate_get("/openapi.json").text)
    api.reading.store.close()
