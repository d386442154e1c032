"""The commands and the Python of docs/api.md, run against the shop under gunicorn."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import medallion as md
from tests.api import project

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs/api.md").read_text()
COMMANDS = re.findall(r"^\$ (curl .*)$", TEXT, re.MULTILINE)
EXPECTED = [
    lambda said: [row.keys() for row in said["rows"]] == [{"client_id", "total_spent"}] * 2,
    lambda said: said.keys() == {"client_id", "country"} and said["client_id"] == 17,
    lambda said: said["count"] == 9 and len(said["rows"]) == 1,
    lambda said: sum(group["count"] for group in said["facets"]["country"]) == 1500,
    lambda said: said["rows"][0]["clients"] > 0 and isinstance(said["rows"][0]["spent"], Decimal),
    lambda said: "did you mean 'country'" in said["errors"][0]["detail"],
    lambda said: said == 304,
]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("shop")
    shutil.copy(ROOT / "examples/shop/medallion.yaml", folder)
    shutil.copytree(ROOT / "examples/shop/data", folder / "data")
    md.Pipeline.load(folder / "medallion.yaml").run()
    with project.gunicorn(folder) as place:
        yield place


def test_every_command_has_its_expectation() -> None:
    assert len(COMMANDS) == len(EXPECTED)


@pytest.mark.parametrize(
    ("command", "holds"), list(zip(COMMANDS, EXPECTED, strict=False)), ids=range(len(EXPECTED))
)
def test_curl(place: str, command: str, holds: Any) -> None:
    made = command.replace("localhost:8000", place)
    said = subprocess.run(["bash", "-c", made], capture_output=True, text=True, timeout=300).stdout
    assert holds(json.loads(said, parse_float=Decimal)), said


def test_the_page_to_try_it_on_draws_itself(place: str, tab: Any) -> None:
    tab.goto(f"http://{place}/docs")
    tab.locator(".opblock-summary-path", has_text="/stats/summary").first.wait_for()
    tab.locator("#operations-default-stats_summary").get_by_role("button").first.click()
    tab.get_by_role("button", name="Try it out").click()
    tab.get_by_role("button", name="Execute").click()
    tab.get_by_text("x-release").first.wait_for()


def test_python(place: str) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    made = code.replace("localhost:8000", place)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", made], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("'") == 6


def test_a_new_key_is_shown_with_its_hash() -> None:
    said = subprocess.run(
        [sys.executable, "-m", "medallion_api.keys", "ann"], capture_output=True, text=True
    ).stdout
    assert re.search(r"ann:[0-9a-f]{64}$", said, re.MULTILINE)


def test_the_page_names_every_key_of_the_section() -> None:
    from medallion_api.section import Api, Endpoint

    for name in (*Api.model_fields, *Endpoint.model_fields):
        assert f"`{name}`" in TEXT or f"{name}:" in TEXT, name
