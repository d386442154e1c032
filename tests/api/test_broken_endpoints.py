"""Endpoints that do not fit the tables: `check` refuses each at its place; a server that has them serves the rest."""

from __future__ import annotations

from pathlib import Path

import pytest
from falcon.testing import TestClient

import medallion as md
from medallion.errors import DeclarationError
from medallion_api import wsgi
from tests.api import project

ENDPOINTS = """\
api:
  endpoints:
    /things: {table: things, sort: -price, limit: 20}
    /unknown: {table: thinks}
    /sorted: {table: total, sort: -revenu, single: true}
    /filtered: {table: total, filters: [orders, custmer]}
    /shown:
      table: total
      fields:
        - orders
        - revenues
    /only-the-data-knows: {table: things, sort: pricee}
"""
PROBLEMS = [
    (
        "    /unknown: {table: ",
        "api.endpoints./unknown.table",
        "no served table 'thinks'; did you mean 'things'?",
    ),
    (
        "    /sorted: {table: total, sort: ",
        "api.endpoints./sorted.sort",
        "no column 'revenu' in 'total'; did you ",
    ),
    (
        "    /filtered: {table: total, filters: [orders, ",
        "api.endpoints./filtered.filters[1]",
        "no column 'custmer' ",
    ),
    (
        "        - ",
        "api.endpoints./shown.fields[1]",
        "no column 'revenues' in 'total'; did you mean 'revenue'?",
    ),
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project that was run, and then got endpoints that do not fit."""
    project.publish(tmp_path)
    declaration = tmp_path / "medallion.yaml"
    declaration.write_text(declaration.read_text().replace(project.API, ENDPOINTS))
    monkeypatch.setenv(wsgi.CONFIG, str(declaration))
    return tmp_path


def test_check_names_each_with_its_place(folder: Path) -> None:
    with pytest.raises(DeclarationError) as caught:
        project.load(folder)
    lines = (folder / "medallion.yaml").read_text().splitlines()
    for (before, path, message), problem in zip(PROBLEMS, caught.value.problems, strict=True):
        _, line, column = problem.place.rsplit(":", 2)
        assert lines[int(line) - 1].startswith(before)
        assert int(column) == len(before) + 1
        assert problem.path == path
        assert problem.message.startswith(message)


@pytest.fixture
def client(folder: Path) -> TestClient:
    return TestClient(wsgi.assemble(md.Pipeline.load(folder / "medallion.yaml", serving=True)).app)


def test_the_others_are_served(client: TestClient) -> None:
    for path in (
        "/",
        "/health",
        "/health/ready",
        "/things",
        "/tables/total",
        "/openapi.json",
        "/quality",
    ):
        assert client.simulate_get(path).status_code == 200, path
    paths = client.simulate_get("/openapi.json").json["paths"]
    assert "/things" in paths
    assert not {"/unknown", "/sorted", "/filtered", "/shown", "/only-the-data-knows"} & paths.keys()


@pytest.mark.parametrize(
    ("path", "status", "detail"),
    [
        ("/unknown", 404, "has no table 'thinks'; did you mean 'things'?"),
        (
            "/sorted",
            500,
            "this endpoint is not declared correctly: no column 'revenu' in gold.total; did you mean ",
        ),
        (
            "/filtered",
            500,
            "this endpoint is not declared correctly: no column 'custmer' in gold.total",
        ),
        (
            "/shown",
            500,
            "this endpoint is not declared correctly: no column 'revenues' in gold.total",
        ),
        (
            "/only-the-data-knows",
            500,
            "this endpoint is not declared correctly: no column 'pricee' in gold.things",
        ),
    ],
)
def test_a_broken_one_says_what_is_wrong(
    client: TestClient, path: str, status: int, detail: str
) -> None:
    answer = client.simulate_get(path)
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert detail in answer.json["detail"]


def test_the_same_under_gunicorn(folder: Path) -> None:
    import httpx

    with project.gunicorn(folder, 1) as place:
        statuses = [
            httpx.get(f"http://{place}{path}").status_code
            for path in ("/health", "/things", "/sorted")
        ]
    assert statuses == [200, 200, 500]
    assert "medallion.yaml" in (folder / "api.log").read_text()


def test_a_process_without_a_declaration_is_alive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "medallion.yaml").write_text("name: [not closed\n")
    monkeypatch.setenv(wsgi.CONFIG, str(tmp_path / "medallion.yaml"))
    wsgi.assembled.cache_clear()
    client = TestClient(wsgi.app)
    assert client.simulate_get("/health").json == {"status": "alive"}
    answer = client.simulate_get("/things")
    assert (answer.status_code, answer.headers["Content-Type"]) == (503, "application/problem+json")
    assert answer.json["detail"] == "the declaration cannot be loaded; its problems are in the log"
