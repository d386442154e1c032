"""`medallion show`: conditions, columns, order and files."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import duckdb
import pytest

import medallion as md
from medallion.cli import main
from medallion.errors import CallError

YAML = """\
name: shown
sinks: {}
tables:
  bronze:
    sales: {source: sales.csv}
  gold:
    sales:
      from: bronze.sales
      steps:
        - cast: {id: integer, amount: "decimal(12,2)"}
        - derive: {tags: "[country, 'x']", "odd, name": id % 2}
"""
SALES = "id,country,amount\n1,France,10.50\n2,Spain,\n3,France,7.25\n4,Italy,99.00\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shown")
    (folder / "medallion.yaml").write_text(YAML)
    (folder / "sales.csv").write_text(SALES)
    (folder / "secret.csv").write_text("password\nhunter2\n")
    md.Pipeline.load(folder / "medallion.yaml").run()
    return folder


def show(
    folder: Path, capfdbinary: pytest.CaptureFixture[bytes], *arguments: str
) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(["-C", str(folder), "show", "gold.sales", *arguments])
    out, err = capfdbinary.readouterr()
    return int(ended.value.code or 0), out.decode(), err.decode()


def test_rows_columns_and_order_are_chosen(
    folder: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    chosen = [
        "--where",
        "amount > 8 or amount is null",
        "--columns",
        'id, "odd, name"',
        "--sort",
        "-amount",
    ]
    code, out, _ = show(folder, capfdbinary, *chosen, "--format", "csv")
    assert code == 0
    assert list(csv.reader(out.splitlines())) == [
        ["id", "odd, name"],
        ["4", "0"],
        ["1", "1"],
        ["2", "0"],
    ]
    code, out, _ = show(folder, capfdbinary, *chosen, "--limit", "1")
    assert out.splitlines()[0].split() == ["id", "odd,", "name"]
    assert out.splitlines()[-1].startswith("1 matching row of gold.sales in release ")


def test_a_table_has_nested_values_as_json(
    folder: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    _, out, _ = show(folder, capfdbinary, "--limit", "1")
    assert '["France","x"]' in out


@pytest.mark.parametrize("form", ["csv", "json", "parquet", "xlsx"])
def test_a_file_is_written_whole_in_the_format_of_its_name(
    folder: Path, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes], form: str
) -> None:
    target = tmp_path / f"sales.{form}"
    assert show(folder, capfdbinary, "--output", str(target)) == (0, "", "")
    if form == "csv":
        lines = target.read_text().splitlines()
        assert [row["amount"] for row in csv.DictReader(lines)] == ["10.50", "", "7.25", "99.00"]
    elif form == "json":
        assert json.loads(target.read_text())["rows"][0]["tags"] == ["France", "x"]
    elif form == "parquet":
        assert (
            duckdb.connect().read_parquet(str(target)).select("sum(amount)").fetchall()[0][0]
            == 116.75
        )
    else:
        assert target.read_bytes().startswith(b"PK")
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize(
    "condition",
    [
        "exists (from 'secret.csv')",
        "(select password from read_csv('secret.csv')) like 'h%'",
        "id in (select 1 from gold)",
        "true; copy (select 1) to 'made.csv'",
        "true) or exists (from read_text('secret.csv')",
        "id = 1 union select 1",
        "true limit 1",
        "count(*) > 1",
        "nowhere = 1",
        "",
        "id =",
        "sum(id) over () > 1",
    ],
)
def test_a_condition_is_one_expression_over_the_table(
    folder: Path,
    capfdbinary: pytest.CaptureFixture[bytes],
    monkeypatch: pytest.MonkeyPatch,
    condition: str,
) -> None:
    monkeypatch.chdir(folder)
    code, out, err = show(folder, capfdbinary, "--where", condition, "--format", "csv")
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert "hunter2" not in err
    assert "Traceback" not in err
    assert not (folder / "made.csv").exists()


def test_unknown_columns_exit_with_2(
    folder: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    for option in ("--columns", "--sort"):
        code, _, err = show(folder, capfdbinary, option, "amuont")
        assert (code, err) == (
            2,
            "error: no column 'amuont' in gold.sales; did you mean 'amount'?\n",
        )


def test_a_value_that_cannot_be_computed_leaves_no_file(
    folder: Path, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    condition = "cast(country as integer) = 1"
    code, _, err = show(
        folder, capfdbinary, "--where", condition, "--output", str(tmp_path / "t.csv")
    )
    assert code == 1
    assert "Could not convert string" in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--output", "sales.doc"], "sales.doc: unknown file extension"),
        (["--output", "sales", "--format", "table"], "--output needs a file format"),
    ],
)
def test_an_unknown_format_exits_with_2(
    folder: Path, capfdbinary: pytest.CaptureFixture[bytes], arguments: list[str], said: str
) -> None:
    code, _, err = show(folder, capfdbinary, *arguments)
    assert code == 2
    assert said in err


def test_from_python_too(folder: Path) -> None:
    table = md.Lake(folder / "lake").table("gold.sales")
    rows = table.select(where="country = 'France'", columns=["id"], sort=["-id"], limit=1)
    assert rows.fetchall() == [(3,)]
    with pytest.raises(CallError, match=r"no column 'x' in gold\.sales"):
        table.select(columns=["x"])


def test_csv_for_a_spreadsheet(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    (tmp_path / "medallion.yaml").write_text(YAML)
    (tmp_path / "sales.csv").write_text(SALES.replace("Spain", "=1+1").replace("7.25", "-7.25"))
    md.Pipeline.load(tmp_path / "medallion.yaml").run()
    chosen = ["--columns", "country,amount", "--sort", "id"]
    code, out, _ = show(tmp_path, capfdbinary, *chosen, "--format", "spreadsheet")
    assert (code, out) == (
        0,
        "\ufeffcountry,amount\nFrance,10.50\n'=1+1,\nFrance,-7.25\nItaly,99.00\n",
    )
    target = tmp_path / "out.csv"
    assert show(
        tmp_path, capfdbinary, *chosen, "--format", "spreadsheet", "--output", str(target)
    ) == (0, "", "")
    assert target.read_bytes().decode() == out
    assert "=1+1" in show(tmp_path, capfdbinary, *chosen, "--format", "csv")[1].splitlines()[2][:4]
    code, _, err = show(tmp_path, capfdbinary, "--output", str(tmp_path / "out.spreadsheet"))
    assert code == 2
    assert "unknown file extension" in err
