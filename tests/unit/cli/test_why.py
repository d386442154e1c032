"""`medallion why`: records on the terminal, in files and as JSON."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

import medallion as md
from medallion.cli import main

YAML = """\
name: explained
sinks: {}
tables:
  bronze:
    sales: {source: sales.csv}
  silver:
    sales:
      from: bronze.sales
      steps:
        - cast: {id: integer, amount: "decimal(12,2)"}
  gold:
    countries:
      from: silver.sales
      steps:
        - aggregate: {by: country, metrics: {revenue: sum(amount)}}
"""
SALES = "id,country,amount\n1,France,10.50\n2,Spain,4\n3,France,7.25\n4,France,x\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("explained")
    (folder / "medallion.yaml").write_text(YAML)
    (folder / "sales.csv").write_text(SALES)
    md.Pipeline.load(folder / "medallion.yaml").run()
    return folder


def why(folder: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(["-C", str(folder), "why", "gold.countries", *arguments])
    out, err = capsys.readouterr()
    return int(ended.value.code or 0), out, err


def test_records_are_counted_by_file_and_listed(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = why(folder, capsys, "--where", "country = 'France'", "--limit", "1")

    assert (code, err) == (0, "")
    lines = [line.split() for line in out.splitlines() if line.strip()]
    assert lines[0][:4] == ["1", "row", "of", "gold.countries"]
    assert ["bronze.sales", "sales.csv", "2"] in lines
    assert ["1", "of", "2", "source", "records;", "--output", "FILE"] in [
        line[:7] for line in lines
    ]
    assert lines[-1] == ["silver.sales", "quarantined", "cast", "amount", "1"]


def test_json_has_all_records(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = why(folder, capsys, "--where", "country = 'France'", "--json")
    document = json.loads(out)

    assert code == 0
    assert document["exact"] is True
    assert (document["rows"], document["source_records"]) == (1, 2)
    assert [(row["record"], row["row"]["amount"]) for row in document["records"]] == [
        (1, "10.50"),
        (3, "7.25"),
    ]


def test_records_are_written_to_a_file(
    folder: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    target = tmp_path / "records.csv"
    code, out, _ = why(folder, capsys, "--output", str(target))

    assert (code, out) == (0, f"{target}: 3 records\n")
    with target.open() as stream:
        assert [row["record"] for row in csv.DictReader(stream)] == ["1", "2", "3"]


def test_removed_records_have_their_reasons(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    france = ("--where", "country = 'France'")
    _, out, _ = why(folder, capsys, *france, "--removed")
    assert out.splitlines()[-1] == "1 of 1 source record; --output FILE writes them all"
    assert "quarantined cast amount x" in " ".join(out.split())

    _, out, _ = why(folder, capsys, *france, "--removed", "--json")
    document = json.loads(out)
    assert document["would_have_counted"][0]["records"] == 1
    assert document["removed"][0]["row"]["amount"] == "x"


def test_an_unknown_extension_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, _, err = why(folder, capsys, "--output", str(tmp_path / "records.txt"))

    assert code == 2
    assert "unknown file extension" in err
