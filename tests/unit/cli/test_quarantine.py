"""`medallion quarantine`: rejected rows are counted, listed and written to files."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.copies import published_copy
from tests.unit.cli.conftest import Call, Output, write_project

REJECTED = """\
id,name,age
1,Ann,30
2,Zoë,x
x,=1+1,y
4,"line
break",z
"""


def write_rejected(folder: Path) -> Path:
    """A project with three rejected rows."""
    file = write_project(folder)
    (folder / "clients.csv").write_text(REJECTED, encoding="utf-8")
    return file


@pytest.fixture
def rejected(tmp_path: Path) -> Path:
    published_copy(write_rejected, tmp_path / "shop")
    return tmp_path / "shop"


def test_rejects_are_counted_by_rule_and_column(call: Call, rejected: Path) -> None:
    result = call(rejected, "quarantine")
    lines = result.out.splitlines()
    assert [line.split() for line in lines[2:4]] == [
        ["gold.clients", "cast", "age", "2"],
        ["gold.clients", "cast", "id", "1"],
    ]
    assert lines[-1] == f"next: medallion -C {rejected} quarantine gold.clients"
    assert call(rejected, "quarantine", "--json").json == [
        {"table": "gold.clients", "rule": "cast", "column": "age", "rows": 2},
        {"table": "gold.clients", "rule": "cast", "column": "id", "rows": 1},
    ]


def test_rows_have_their_file_record_rule_and_value(call: Call, rejected: Path) -> None:
    result = call(rejected, "quarantine", "gold.clients", "--limit", "2")
    lines = result.out.splitlines()
    assert lines[0].split() == ["file", "record", "rule", "column", "value"]
    assert [line.split() for line in lines[2:4]] == [
        ["clients.csv", "2", "cast", "age", "x"],
        ["clients.csv", "3", "cast", "id", "x"],
    ]
    assert lines[-1] == "2 of 3 rows; --output FILE writes them with the source records"
    rows = call(rejected, "quarantine", "gold.clients", "--json").json
    assert [row["row"] for row in rows] == [
        {"id": "2", "name": "Zoë", "age": "x"},
        {"id": "x", "name": "=1+1", "age": "y"},
        {"id": "4", "name": "line\nbreak", "age": "z"},
    ]
    assert len(call(rejected, "quarantine", "gold.clients", "--json", "--limit", "0").json) == 0


def test_files_have_all_rows_and_only_a_spreadsheet_has_formulas_escaped(
    call: Call, rejected: Path, tmp_path: Path
) -> None:
    plain, spreadsheet = tmp_path / "plain.csv", tmp_path / "sheet.csv"
    for target, form in ((plain, []), (spreadsheet, ["--format", "spreadsheet"])):
        result = call(rejected, "quarantine", "--output", str(target), *form)
        assert result.out.splitlines() == [f"{target}: 3 rows"]
    with plain.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["record"], row["column"], row["value"]) for row in rows] == [
        ("2", "age", "x"),
        ("3", "id", "x"),
        ("4", "age", "z"),
    ]
    limited = call(rejected, "quarantine", "gold.clients", "--limit", "1", "--output", str(plain))
    assert limited.out == f"{plain}: 1 row\n"


def test_no_rejects_are_said_to_be_none(call: Call, rejected: Path) -> None:
    result = call(rejected, "quarantine", "bronze.clients")
    assert result == (0, "no rows of bronze.clients in quarantine\n", "")
    (rejected / "clients.csv").write_text("id,name,age\n1,Ann,30\n")
    assert call(rejected, "run").code == 0
    assert call(rejected, "quarantine") == (0, "no rows in quarantine\n", "")


def test_rejects_of_an_earlier_run_are_kept(call: Call, rejected: Path) -> None:
    (run,) = (item["id"] for item in call(rejected, "runs", "--json").json)
    (rejected / "clients.csv").write_text("id,name,age\n1,Ann,30\n")
    assert call(rejected, "run").code == 0
    counts = call(rejected, "quarantine", "--run", run)
    assert f"quarantine gold.clients --run {run}" in counts.out
    assert len(call(rejected, "quarantine", "gold.clients", "--run", run, "--json").json) == 3


def test_an_unknown_table_is_refused(call: Call, rejected: Path) -> None:
    result = call(rejected, "quarantine", "gold.client")
    assert result.code == 2
    assert "did you mean 'gold.clients'" in result.err


def values(result: Output) -> list[tuple[int, str, str]]:
    return [(row["record"], row["column"], row["value"]) for row in result.json]


def test_rows_are_filtered_by_rule_file_and_column(call: Call, rejected: Path) -> None:
    table = ("quarantine", "gold.clients", "--json")
    ages = [(2, "age", "x"), (4, "age", "z")]
    assert values(call(rejected, *table, "--column", "age")) == ages
    both = call(rejected, *table, "--column", "age", "--column", "id", "--rule", "cast")
    assert values(both) == [(2, "age", "x"), (3, "id", "x"), (4, "age", "z")]
    assert values(call(rejected, *table, "--file", "cl*.csv", "--column", "age")) == ages
    assert values(call(rejected, *table, "--file", "other.csv")) == []
    counts = call(rejected, "quarantine", "--column", "age", "--file", "clients.csv", "--by-file")
    assert counts.out.splitlines()[2].split() == ["gold.clients", "cast", "age", "clients.csv", "2"]
    options = "quarantine gold.clients --file clients.csv --column age"
    assert counts.out.splitlines()[-1] == f"next: medallion -C {rejected} {options}"
    by_file = {"table": "gold.clients", "rule": "cast", "column": "id", "file": "clients.csv"}
    counted = call(rejected, *table, "--column", "id", "--by-file")
    assert counted.json == [{**by_file, "rows": 1}]


def test_filters_apply_to_files_and_totals(call: Call, rejected: Path, tmp_path: Path) -> None:
    target = tmp_path / "ages.csv"
    result = call(rejected, "quarantine", "--column", "age", "--output", str(target))
    assert result.out == f"{target}: 2 rows\n"
    assert len(target.read_text().splitlines()) == 3
    shown = call(rejected, "quarantine", "gold.clients", "--column", "age", "--limit", "1")
    assert shown.out.splitlines()[-1].startswith("1 of 2 rows")


def test_an_unknown_rule_or_column_is_refused(call: Call, rejected: Path) -> None:
    result = call(rejected, "quarantine", "gold.clients", "--rule", "csat")
    assert (result.code, "did you mean 'cast'?" in result.err) == (2, True)
    result = call(rejected, "quarantine", "--column", "aeg")
    assert (result.code, "no column 'aeg'; did you mean 'age'?" in result.err) == (2, True)
    # A rule and a column that could reject rows, but rejected none.
    none = call(rejected, "quarantine", "gold.clients", "--rule", "format")
    assert none == (0, "no rows of gold.clients in quarantine\n", "")
    none = call(rejected, "quarantine", "gold.clients", "--column", "name")
    assert none == (0, "no rows of gold.clients in quarantine\n", "")


def test_rejects_are_written_to_be_edited(call: Call, rejected: Path) -> None:
    path = rejected / "rejects.csv"
    result = call(rejected, "quarantine", "gold.clients", "--edit", str(path))
    first, _, last = result.out.splitlines()
    assert first == f"{path}: 3 records"
    assert last.endswith(f"correct gold.clients {path}")
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["name"] for row in rows] == ["Zoë", "'=1+1", "line\nbreak"]
    assert rows[0]["_reason"] == "cast age: x"


def test_rejects_that_cannot_be_edited(call: Call, rejected: Path) -> None:
    path = str(rejected / "rejects.csv")
    assert "--edit needs a table" in call(rejected, "quarantine", "--edit", path).err
    empty = call(rejected, "quarantine", "bronze.clients", "--edit", path)
    assert (empty.code, "no rows of bronze.clients in quarantine" in empty.err) == (2, True)
    warned = call(rejected, "quarantine", "gold.clients", "--warned", "--edit", path)
    assert (warned.code, "--edit writes rejects only" in warned.err) == (2, True)
    other = call(rejected, "quarantine", "gold.clients", "--edit", f"{path}.txt")
    assert "unknown file extension" in other.err


WARNING = (
    "        - cast: {id: integer, age: integer}\n      expect:\n        - {%s, on_fail: warn}\n"
)


def write_warned(folder: Path) -> Path:
    """A project that keeps two clients although they break a rule."""
    file = write_project(folder)
    (folder / "clients.csv").write_text(
        "id,name,age\n1,Ann,30\n2,Zoë,7\n4,Eve,\n", encoding="utf-8"
    )
    declaration = file.read_text().replace(
        "        - cast: {id: integer, age: integer}\n", WARNING % "expression: age >= 18"
    )
    file.write_text(declaration)
    return file


@pytest.fixture
def warned(tmp_path: Path) -> Path:
    published_copy(write_warned, tmp_path / "shop")
    return tmp_path / "shop"


def test_rows_kept_with_a_warning_are_counted_and_listed(call: Call, warned: Path) -> None:
    counts = call(warned, "quarantine", "--warned")
    assert counts.out.splitlines()[2].split() == ["gold.clients", "expression", "age", "2"]
    assert counts.out.splitlines()[-1].endswith("quarantine gold.clients --warned")
    rows = call(warned, "quarantine", "gold.clients", "--warned", "--json").json
    assert [(row["file"], row["record"], row["rule"], row["value"]) for row in rows] == [
        ("clients.csv", 2, "expression", "7"),
        ("clients.csv", 3, "expression", None),
    ]
    assert rows[0]["row"] == {"id": "2", "name": "Zoë", "age": "7"}
    assert call(warned, "quarantine") == (0, "no rows in quarantine\n", "")
    none = call(warned, "quarantine", "bronze.clients", "--warned")
    assert none == (0, "no rows of bronze.clients with warnings\n", "")
    unknown = call(warned, "quarantine", "--warned", "--rule", "expresion")
    assert (unknown.code, "did you mean 'expression'?" in unknown.err) == (2, True)


def test_the_report_and_the_status_count_them(call: Call, warned: Path) -> None:
    (table,) = [
        quality
        for quality in call(warned, "status", "--json").json["release"]["quality"]
        if quality["table"] == "gold.clients"
    ]
    assert (table["kept"], table["warned"], table["warned_rules"]) == (3, 2, {"expression age": 2})
    grid = next(line for line in call(warned, "status").out.splitlines() if "gold.cl" in line)
    assert grid.split() == ["gold.clients", "3", "3", "3", "0", "0", "0", "2"]
    report = call(warned, "run", "--full").out
    assert "quarantine --warned   2 warned rows, with reasons" in report
    line = next(line for line in report.splitlines() if line.startswith("gold.clients "))
    assert line.split()[:8] == ["gold.clients", "computed", "3", "3", "0", "0", "0", "2"]
