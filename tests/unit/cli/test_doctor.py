"""`medallion doctor`: every check with its outcome, and what to do about a failed one."""

from __future__ import annotations

from pathlib import Path

from tests.unit.cli.conftest import Call


def test_a_working_project_passes_every_check(call: Call, published: Path) -> None:
    probes = call(published, "doctor", "--json")
    assert probes.code == 0
    assert {probe["outcome"] for probe in probes.json} <= {"ok", "warning"}
    assert {"declaration", "lake"} <= {probe["name"] for probe in probes.json}
    result = call(published, "doctor")
    assert (result.code, result.err) == (0, "")
    assert result.out.splitlines()[-1] == "all checks passed"


def test_a_failed_check_has_its_advice_and_is_the_exit_code(call: Call, published: Path) -> None:
    (published / "clients.csv").unlink()
    probes = call(published, "doctor", "--json")
    assert probes.code == 1
    (failed,) = (probe for probe in probes.json if probe["outcome"] == "failure")
    assert "clients.csv" in failed["said"]
    assert failed["advice"]
    result = call(published, "doctor")
    assert result.code == 1
    assert result.out.splitlines()[-1] == f"1 of {len(probes.json)} checks failed"
    assert "→ " in result.out


def test_an_invalid_declaration_is_a_failed_check(call: Call, published: Path) -> None:
    (published / "medallion.yaml").write_text("name: shop\ntables: {gold: {a: {}}}\n")
    probes = call(published, "doctor", "--json")
    assert probes.code == 1
    assert [probe["name"] for probe in probes.json if probe["outcome"] == "failure"] == [
        "declaration"
    ]
    assert call(published, "-q", "doctor") == (1, "", "")
