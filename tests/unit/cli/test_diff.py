"""`medallion diff`: what differs between two releases."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.cli.conftest import CLIENTS, Call


@pytest.fixture
def changed(call: Call, published: Path) -> Path:
    """The folder of a project with two releases: Ann is older, and Dan is new."""
    (published / "clients.csv").write_text(CLIENTS.replace("Ann,30", "Ann,36") + "4,Dan,50\n")
    assert call(published, "run").code == 0
    return published


def test_rows_are_printed_with_old_and_new_values(call: Call, changed: Path) -> None:
    code, out, _ = call(changed, "diff", "gold.clients")
    lines = [line.split() for line in out.splitlines() if line]
    assert code == 0
    assert ["gold.clients", "2", "3", "1", "1", "0"] in lines
    assert "changed id = 1: age 30 → 36 (+6, +20 %)" in out
    assert "added   id = 4, name = Dan, age = 50" in out
    assert "sum of age: 71 → 127 (+56, +78.87 %)" in out
    assert "because bronze.clients: file clients.csv changed" in out
    assert "bronze.clients changed" not in out


def test_json_has_every_figure(call: Call, changed: Path) -> None:
    first, second = sorted(item["id"] for item in call(changed, "releases", "--json").json)
    diff = call(changed, "diff", first, second, "gold.clients", "--json", "--limit", "1").json
    assert (diff["before"], diff["after"]) == (first, second)
    (table,) = diff["tables"]
    assert (table["changed"], table["added"], table["removed"]) == (1, 1, 0)
    assert table["rows"] == [
        {
            "status": "changed",
            "key": {"id": 1},
            "values": {"age": {"before": 30, "after": 36, "change": 6, "percent": 20.0}},
        }
    ]


def test_markdown_and_html(call: Call, changed: Path) -> None:
    out = call(changed, "diff", "--markdown").out
    assert "| gold.clients | 2 | 3 | 1 | 1 | 0 |" in out
    page = call(changed, "diff", "--html").out
    assert page.startswith("<!doctype html>")
    assert "<td>changed</td><td>id = 1</td><td>age 30 → 36 (+6, +20 %)</td>" in page


def test_three_releases_cannot_be_compared(call: Call, published: Path) -> None:
    code, _, error = call(published, "diff", "1", "2", "3")
    assert (code, "name two releases at most" in error) == (2, True)


def test_the_release_before_is_missing(call: Call, published: Path) -> None:
    code, _, error = call(published, "diff")
    assert code == 2
    assert "is the oldest release kept" in error
