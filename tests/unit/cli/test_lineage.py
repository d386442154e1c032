"""`medallion lineage`: text, JSON and Mermaid."""

from __future__ import annotations

from pathlib import Path

from tests.unit.cli.conftest import Call


def test_a_column_is_shown_down_to_its_file(call: Call, unpublished: Path) -> None:
    result = call(unpublished, "lineage", "gold.clients.age")
    assert (result.code, result.err) == (0, "")
    assert result.out.splitlines() == [
        "gold.clients.age  int64",
        "    cast integer  (steps[1].cast)",
        "← bronze.clients.age  text",
        "    ← clients.csv",
    ]


def test_json_has_inputs_and_uses(call: Call, unpublished: Path) -> None:
    lineage = call(unpublished, "lineage", "bronze.clients.id", "--json").json
    assert lineage["files"] == "clients.csv"
    assert lineage["decides_rows_of"] == ["gold.clients"]
    (downstream,) = lineage["downstream"]
    assert downstream["inputs"] == [{"table": "bronze.clients", "column": "id"}]
    (use,) = lineage["uses"]
    assert use["path"] == "sinks.serving.tables.clients.key[0]"


def test_mermaid_is_a_flowchart(call: Call, unpublished: Path) -> None:
    result = call(unpublished, "lineage", "gold.clients.age", "--mermaid")
    assert result.out.startswith("flowchart LR\n")


def test_an_unknown_column_is_refused(call: Call, unpublished: Path) -> None:
    result = call(unpublished, "lineage", "gold.clients.agee")
    assert (result.code, result.out) == (2, "")
    assert "did you mean 'age'?" in result.err
