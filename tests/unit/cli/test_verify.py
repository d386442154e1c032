"""`medallion verify`: stored data is read back; damage is listed and is the exit code."""

from __future__ import annotations

from pathlib import Path

from tests.unit.cli.conftest import Call, damaged_file


def test_an_undamaged_lake_passes(call: Call, published: Path) -> None:
    result = call(published, "verify")
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith("all checks passed: read back ")
    document = call(published, "verify", "--json")
    assert document.code == 0
    assert document.json["damages"] == []
    assert f"read back {document.json['objects']} objects" in result.out


def test_damage_is_listed_with_the_command_that_repairs_it(call: Call, published: Path) -> None:
    file = damaged_file(published)
    result = call(published, "verify")
    assert (result.code, result.err) == (1, "")
    *damages, advice = result.out.splitlines()
    assert [line for line in damages if str(file) in line]
    assert advice.startswith("  → medallion repair")
    document = call(published, "verify", "--json")
    assert document.code == 1
    assert str(file) in [damage["place"] for damage in document.json["damages"]]


def test_a_lost_file_and_a_lost_database_are_damage(call: Call, published: Path) -> None:
    (published / "lake/gold/clients.parquet").unlink()
    (published / "shop.db").unlink()
    result = call(published, "verify")
    assert result.code == 1
    assert "clients.parquet" in result.out
    assert "serving: the file does not exist" in result.out
