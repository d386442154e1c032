"""`medallion correct`: edited rejects become corrections."""

from __future__ import annotations

import csv
from pathlib import Path

from medallion.lake.lease import lease
from medallion.storage import open_storage
from tests.unit.cli.conftest import Call, write_project


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
    assert first.endswith("record 2 of clients.csv: age: x → 35")
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


def test_changes_are_listed_up_to_a_number(call: Call, tmp_path: Path) -> None:
    write_project(tmp_path)
    (tmp_path / "clients.csv").write_text(
        "id,name,age\n" + "".join(f"{number},Zoë,x\n" for number in range(23))
    )
    assert call(tmp_path, "run", "--quiet").code == 0
    path = tmp_path / "rejects.csv"
    assert call(tmp_path, "quarantine", "gold.clients", "--edit", str(path)).code == 0
    path.write_text(path.read_text().replace(",x,", ",35,"))
    result = call(tmp_path, "correct", "gold.clients", str(path))
    lines = result.out.splitlines()
    assert lines[19].endswith("record 20 of clients.csv: age: x → 35")
    assert lines[20] == f"and 3 more: medallion -C {tmp_path} corrections lists them"
    assert lines[21] == "23 corrections stored"


def test_a_run_that_writes_keeps_corrections_from_being_stored(call: Call, published: Path) -> None:
    path = edit(call, published, "rejects.csv", age="35")
    with lease(open_storage(str(published / "lake"))):
        result = call(published, "correct", "gold.clients", str(path))
        revoked = call(published, "corrections", "--revoke", "x")
    assert result.code == 1
    assert "no correction was stored: run" in result.err
    assert "no correction was revoked: run" in revoked.err
    assert call(published, "corrections", "--json").json == []


def test_an_edit_file_is_not_overwritten(call: Call, published: Path) -> None:
    path = edit(call, published, "rejects.csv", age="35")
    content = path.read_bytes()
    result = call(published, "quarantine", "gold.clients", "--edit", str(path))
    assert (result.code, "the file exists" in result.err) == (2, True)
    assert path.read_bytes() == content


def test_a_dry_run_shows_what_a_run_would_make_of_the_records(call: Call, published: Path) -> None:
    path = edit(call, published, "rejects.csv", age="35")
    result = call(published, "correct", "gold.clients", str(path), "--dry-run")
    assert result.code == 0, result.err
    header, _, row, *_, said, _, advice = result.out.splitlines()
    assert header.split() == ["file", "record", "table", "outcome", "why,", "or", "row"]
    assert row.split()[:4] == ["clients.csv", "2", "gold.clients", "kept"]
    assert "age=35" in row
    assert said.startswith("1 of 1 corrected record would be kept")
    assert advice == f"next: medallion -C {published} correct gold.clients {path}"
    assert call(published, "corrections", "--json").json == []
    path = edit(call, published, "invalid.csv", age="y")
    shown = call(published, "correct", "gold.clients", str(path), "--dry-run", "--json").json
    (record,) = shown["records"]
    assert (record["record"], record["outcome"], record["rows"]) == (2, "quarantined", [])
