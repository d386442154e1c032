"""`medallion releases`: the kept releases, and which one is current."""

from __future__ import annotations

from pathlib import Path

from tests.unit.cli.conftest import CLIENTS, Call


def test_releases_are_listed_with_the_current_one_marked(call: Call, published: Path) -> None:
    (published / "clients.csv").write_text(CLIENTS + "4,Dan,50\n")
    assert call(published, "run").code == 0
    items = {item["id"]: item for item in call(published, "releases", "--json").json}
    first, second = sorted(items)
    assert [items[first]["current"], items[second]["current"]] == [False, True]
    assert [items[first]["previous"], items[second]["previous"]] == [None, first]
    assert items[first]["tables"] == {"bronze.clients": 4, "gold.clients": 2}
    assert items[second]["tables"] == {"bronze.clients": 5, "gold.clients": 3}
    lines = {line.split()[0]: line.split() for line in call(published, "releases").out.splitlines()}
    assert "current" not in lines[first]
    assert lines[second][1] == "current"
    assert lines[second][-3:] == ["2", "8", first]
    assert lines[first][-2:] == ["2", "6"]


def test_without_a_release_it_says_what_to_run(call: Call, unpublished: Path) -> None:
    expected = f"nothing is published yet; next: medallion -C {unpublished} run\n"
    assert call(unpublished, "releases") == (0, expected, "")
    assert call(unpublished, "releases", "--json").json == []
