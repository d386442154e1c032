"""A client package that openapi-python-client generates from the document, installed nowhere, asked under gunicorn."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest
from falcon.testing import TestClient
from packaging.version import Version

from tests.api import project

USE = """
import json, sys
from datetime import date
from api_client import Client
from api_client.api.default import tables, things, things_thing_id
from api_client.models import ThingsFieldsItem, ThingsSortItem

with Client(base_url=sys.argv[1], raise_on_unexpected_status=True) as client:
    listed = tables.sync(client=client)
    page = things.sync(
        client=client,
        colour_in=["red", "green"],
        fields=[ThingsFieldsItem.THING_ID, ThingsFieldsItem.COLOUR],
        sort=[ThingsSortItem.COLOUR, ThingsSortItem("-thing_id")],
        limit=3,
        seen_lte=date(2024, 1, 5),
        count="exact",
    )
    one = things_thing_id.sync(thing_id=1, client=client)
    refused = things.sync_detailed(client=client, cursor="no")
    names = [table.name for table in listed.tables]
    rows = [row.to_dict() for row in page.rows]
    problem = refused.parsed.errors[0].parameter
    print(json.dumps([names, rows, page.count, one.to_dict(), refused.status_code, problem]))
"""
API = """\
api:
  endpoints:
    /things: {table: things, sort: -price}
    /a-b: {table: things}
    /a_b: {table: things}
    /1st: {table: things}
    /class: {table: total, single: true}
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("project")
    project.write(folder, api=API)
    project.load(folder).run()
    with project.gunicorn(folder, 1) as place:
        yield place


def document(place: str) -> bytes:
    connection = HTTPConnection(place, timeout=60)
    connection.request("GET", "/openapi.json")
    body = connection.getresponse().read()
    connection.close()
    return body


def test_a_generated_client_works(place: str, tmp_path: Path) -> None:
    (tmp_path / "openapi.json").write_bytes(document(place))
    (tmp_path / "settings.yml").write_text(
        "project_name_override: api-client\npackage_name_override: api_client\npost_hooks: []\n"
    )
    generate = [
        sys.executable,
        "-m",
        "openapi_python_client",
        "generate",
        "--path",
        "openapi.json",
        "--meta",
        "setup",
    ]
    generate += ["--config", "settings.yml", "--fail-on-warning"]
    generated = subprocess.run(generate, cwd=tmp_path, capture_output=True, text=True)
    assert generated.returncode == 0, generated.stdout + generated.stderr
    package = tmp_path / "api-client"
    for file in package.rglob("*.py"):
        ast.parse(file.read_text())
    use = [sys.executable, "-c", USE, f"http://{place}"]
    used = subprocess.run(use, cwd=package, capture_output=True, text=True)
    assert used.returncode == 0, used.stderr
    names, rows, count, one, status, parameter = json.loads(used.stdout)
    assert {"things", "pairs", "names"} <= set(names)
    assert count == 74
    assert [row["colour"] for row in rows] == ["green"] * 3
    assert all(row.keys() == {"thing_id", "colour"} for row in rows)
    assert (one["made"], one["seen"]) == ("2024-01-01T13:00:00", "2024-01-01T11:00:00+00:00")
    assert (status, parameter) == (400, "cursor")


def test_a_generator_finds_a_version_and_names(place: str) -> None:
    described = json.loads(document(place))
    version = Version(described["info"]["version"])
    assert len(version.release) == 3
    assert described["x-release"] != described["info"]["version"]
    names = [
        operation["operationId"]
        for path in described["paths"].values()
        for operation in path.values()
    ]
    assert len({name.lower() for name in names}) == len(names)
    assert all(name.isascii() and name.isidentifier() for name in names)
    assert {"a_b", "a_b_2", "path_1st"} <= set(names)


@pytest.mark.parametrize(
    ("parameter", "items"),
    [("colour__in", ["red", "blue"]), ("fields", ["colour", "day"]), ("sort", ["day", "-rate"])],
)
def test_lists_come_item_by_item_or_with_commas(
    client: TestClient, parameter: str, items: list[str]
) -> None:
    commas = client.simulate_get(f"/things?limit=7&{parameter}={','.join(items)}")
    repeated = client.simulate_get(
        "/things?limit=7&" + "&".join(f"{parameter}={item}" for item in items)
    )
    assert commas.status_code == 200
    assert commas.json["rows"] == repeated.json["rows"]
