"""`medallion repair`: what was rebuilt, what was recomputed, and what is lost."""

from __future__ import annotations

from pathlib import Path

from tests.unit.cli.conftest import Call, damaged_file


def test_an_undamaged_lake_needs_no_repair(call: Call, published: Path) -> None:
    assert call(published, "repair") == (0, "nothing is damaged\n", "")
    assert call(published, "repair", "--json").json == {"repairs": [], "run": None}


def test_a_plain_copy_is_rebuilt(call: Call, published: Path) -> None:
    copy = published / "lake/gold/clients.parquet"
    data = copy.read_bytes()
    copy.unlink()
    result = call(published, "repair")
    assert result.code == 0
    assert result.out.startswith("repaired: ")
    assert copy.read_bytes() == data
    assert call(published, "verify").code == 0


def test_a_damaged_table_is_recomputed_and_published(call: Call, published: Path) -> None:
    damaged_file(published)
    result = call(published, "repair", "--json")
    assert result.code == 0
    assert "recompute" in {item["outcome"] for item in result.json["repairs"]}
    assert result.json["run"]["status"] == "succeeded"
    assert call(published, "verify").code == 0
    assert call(published, "repair").out == "nothing is damaged\n"


def test_what_cannot_be_rebuilt_is_listed_as_lost(call: Call, published: Path) -> None:
    (original,) = (published / "lake/bronze/clients/objects").iterdir()
    original.unlink()
    (published / "clients.csv").write_text("id,name,age\n1,Ann,30\n")
    result = call(published, "repair")
    assert result.code == 1
    (lost,) = (line for line in result.out.splitlines() if line.startswith("lost: "))
    assert original.name in lost
    assert lost.endswith(" is without it")
    assert result.out.splitlines()[-1].startswith("recomputed: release ")
