"""`medallion correct`: edited rejects become corrections."""

from __future__ import annotations

import csv
from pathlib import Path

from tests.unit.cli.conftest import Call


def edit(call: Call, folder: Path, file: str, **cells: str) -> Path:
    """The rejects of the clients in a file, with new cells in the first row."""
    path = folder / file
    assert call(folder, "quarantine", "gold.clients", "--edit", str(path)).code == 0
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    rows[0].update(cells)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_an_edited_file_is_stored_and_applied(call: Call, published: Path) -> None:
    path = edit(call, published, "rejects.csv", age="35")
    result = call(published, "correct", "gold.clients", str(path), "--note", "asked her")
    assert result.code == 0, result.err
    first, *_, last = result.out.splitlines()
    assert first.endswith("record 2 of clients.csv: age")
    assert last == f"next: medallion -C {published} run"
    assert call(published, "plan", "--json").json["steps"][0]["why"] == (
        "1 correction of clients.csv"
    )
    assert call(published, "run").code == 0
    again = call(published, "correct", "gold.clients", str(path), "--json").json
    assert again == {"added": [], "unchanged": 0, "known": 1}


def test_a_file_that_is_not_valid_stores_nothing(call: Call, published: Path) -> None:
    path = edit(call, published, "rejects.csv", age="35", _reject="1")
    result = call(published, "correct", "gold.clients", str(path))
    assert result.code == 1
    assert "row 2: '1' in _reject is not a rejected record" in result.err
    assert call(published, "corrections", "--json").json == []
    missing = call(published, "correct", "gold.clients", str(published / "none.csv"))
    assert missing.code == 2
