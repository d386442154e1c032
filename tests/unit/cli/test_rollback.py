"""`medallion rollback`: an earlier release becomes current."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.unit.cli.conftest import CLIENTS, Call


@pytest.fixture
def twice(call: Call, published: Path) -> Path:
    """A project with two releases, of two rows and of three."""
    (published / "clients.csv").write_text(CLIENTS + "4,Dan,50\n")
    assert call(published, "run").code == 0
    return published


def releases(call: Call, folder: Path) -> tuple[list[str], str]:
    """The releases, oldest first, and the current one."""
    items = call(folder, "releases", "--json").json
    (current,) = (item["id"] for item in items if item["current"])
    return sorted(item["id"] for item in items), current


def served_rows(folder: Path) -> int:
    with sqlite3.connect(folder / "shop.db") as database:
        ((count,),) = database.execute("select count(*) from clients")
    database.close()
    return int(count)


def test_the_previous_release_is_current_again_in_lake_and_database(
    call: Call, twice: Path
) -> None:
    (first, second), current = releases(call, twice)
    assert (current, served_rows(twice)) == (second, 3)
    result = call(twice, "rollback")
    assert result.code == 0
    lines = result.out.splitlines()
    assert lines[0].startswith(f"rolled back: {second} → {first} (published ")
    assert lines[1] == f"next: medallion -C {twice} status"
    assert releases(call, twice)[1] == first
    assert served_rows(twice) == 2


def test_a_release_may_be_named_also_to_go_forward(call: Call, twice: Path) -> None:
    (first, second), _ = releases(call, twice)
    document = call(twice, "rollback", first, "--json").json
    assert document == {"before": second, "after": first}
    assert call(twice, "rollback", second, "--json").json == {"before": first, "after": second}
    assert served_rows(twice) == 3


def test_there_is_nothing_before_the_oldest_release(call: Call, published: Path) -> None:
    result = call(published, "rollback")
    assert (result.code, result.out) == (2, "")
    assert "is the oldest release kept" in result.err
    unknown = call(published, "rollback", "20250101-000000-000000")
    assert unknown.code == 2
    assert "20250101-000000-000000" in unknown.err
