"""`medallion plan`: what a run would do, and why; nothing is written."""

from __future__ import annotations

from pathlib import Path

from tests.unit.cli.conftest import CLIENTS, Call


def decisions(call: Call, folder: Path, *options: str) -> dict[str, str]:
    steps = call(folder, "plan", "--json", *options).json["steps"]
    return {step["table"]: step["decision"] for step in steps}


def lines(text: str) -> list[list[str]]:
    """The words of each line below the header."""
    return [line.split() for line in text.splitlines()[2:] if line]


def test_a_new_project_computes_every_table(call: Call, unpublished: Path) -> None:
    result = call(unpublished, "plan")
    assert result.code == 0
    assert lines(result.out) == [
        ["bronze.clients", "compute", "it", "is", "new"],
        ["gold.clients", "compute", "bronze.clients", "will", "change"],
        ["2", "tables", "to", "compute;", "next:", "medallion", "-C", str(unpublished), "run"],
    ]
    assert not (unpublished / "lake").exists()


def test_nothing_is_computed_unless_everything_is_to_be(call: Call, published: Path) -> None:
    assert "up to date: a run would compute nothing" in call(published, "plan").out
    unchanged = {"bronze.clients": "unchanged", "gold.clients": "unchanged"}
    assert decisions(call, published) == unchanged
    assert set(decisions(call, published, "--full").values()) == {"compute"}


def test_a_selection_that_leaves_a_table_out_of_date_would_not_publish(
    call: Call, published: Path
) -> None:
    (published / "clients.csv").write_text(CLIENTS + "4,Dan,50\n")
    chosen = {"bronze.clients": "compute", "gold.clients": "left"}
    assert decisions(call, published, "--only", "bronze.clients") == chosen
    assert decisions(call, published, "--to", "bronze.clients") == chosen
    assert decisions(call, published, "--from", "bronze.clients") == {
        "bronze.clients": "compute",
        "gold.clients": "compute",
    }
    document = call(published, "plan", "--json", "--only", "bronze.clients").json
    assert document["stale"] == ["gold.clients"]
    text = call(published, "plan", "--only", "bronze.clients").out
    assert "a run would not publish: gold.clients would be out of date" in text


def test_an_unknown_table_is_refused_with_a_suggestion(call: Call, unpublished: Path) -> None:
    result = call(unpublished, "plan", "--only", "gold.client")
    assert result.code == 2
    assert "did you mean 'gold.clients'" in result.err


def test_warnings_of_kept_tables_are_repeated(call: Call, unpublished: Path) -> None:
    (unpublished / "clients.csv").write_text("id,name,age,\n1,Ann,30\n")
    assert call(unpublished, "run").code == 0
    warning = "column 4 has neither a name nor values and is omitted"
    assert f"warning: bronze.clients: clients.csv: {warning}" in call(unpublished, "plan").out
    steps = call(unpublished, "plan", "--json").json["steps"]
    assert [len(step["warnings"]) for step in steps] == [1, 0]


def test_quiet_prints_nothing(call: Call, unpublished: Path) -> None:
    assert call(unpublished, "-q", "plan") == (0, "", "")
