"""The shop's data is what its generator writes, and hand-written work gives its results."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
DATA = ROOT / "examples/shop/data"
PEERS = ROOT / "benchmarks/peers"


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    says: dict[str, Any] = json.loads((DATA / "expected.json").read_text(encoding="utf-8"))
    return says


def run(script: Path, *arguments: object) -> str:
    command = [sys.executable, str(script), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def records(name: str) -> list[list[str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_generating_again_gives_the_committed_bytes(tmp_path: Path) -> None:
    run(ROOT / "examples/shop/generate.py", "--scale", 1, "--out", tmp_path)
    assert files(tmp_path) == files(DATA)


def test_a_larger_scale_is_so_many_times_the_shop(tmp_path: Path, expected: dict[str, Any]) -> None:
    run(ROOT / "examples/shop/generate.py", "--scale", 3, "--out", tmp_path)
    larger = json.loads((tmp_path / "expected.json").read_text(encoding="utf-8"))
    for table in ("clients", "purchases"):
        assert larger[table]["kept"] == 3 * expected[table]["kept"]
        for fate in ("deduplicated", "quarantined"):
            assert larger[table][fate] == {
                reason: 3 * count for reason, count in expected[table][fate].items()
            }
    assert set(larger["products"]) == set(expected["products"])


def test_the_figures_of_the_shop(expected: dict[str, Any]) -> None:
    assert expected["clients"]["kept"] == 1500
    assert expected["purchases"]["kept"] == 23663
    assert [len(expected[group]) for group in ("products", "countries", "months")] == [10, 9, 13]
    for group in ("products", "countries", "months"):
        assert sum(item["purchases"] for item in expected[group].values()) == 23663
        cents = sum(int(item["revenue"].replace(".", "")) for item in expected[group].values())
        assert cents == int(expected["revenue"].replace(".", ""))
    assert expected["sales"] == 13 * 7 * 10


def test_rows_add_up(expected: dict[str, Any]) -> None:
    for table in ("clients", "purchases"):
        says = expected[table]
        aside = sum(says["deduplicated"].values()) + sum(says["quarantined"].values())
        assert says["records"] == says["kept"] + aside
    for name, count in expected["purchases"]["files"].items():
        assert len(records(name)) == count + 1
    assert len(records("clients.csv")) == expected["clients"]["records"] + 1


def test_the_files_have_the_promised_dirt() -> None:
    usual = ["purchase_id", "client_id", "product", "quantity", "amount", "purchase_date"]
    headers = {
        name: records(f"purchases/{name}.csv")[0] for name in ("2024-01", "2024-05", "2024-09")
    }
    assert headers["2024-01"] == usual
    assert headers["2024-05"] != usual
    assert sorted(headers["2024-05"]) == sorted(usual)
    assert headers["2024-09"] == [*usual, "channel"]
    text = "".join(
        path.read_text(encoding="utf-8") for path in sorted((DATA / "purchases").glob("*.csv"))
    )
    for dirt in ("30/02/2024", "2024-13-05", ",abc,", ',"12,50",', ",,", "\u00a0", ",0.00,", ",-"):
        assert dirt in text
    assert "é" in (DATA / "clients.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize("peer", ["duckdb_sql", "pandas_naive"])
def test_work_by_hand_finds_what_is_expected(
    peer: str, tmp_path: Path, expected: dict[str, Any]
) -> None:
    found = json.loads(run(PEERS / f"{peer}.py", DATA, tmp_path / "out"))
    for table in ("clients", "purchases"):
        assert found[table] == {
            part: expected[table][part] for part in ("kept", "deduplicated", "quarantined")
        }
    assert {name: table["rows"] for name, table in found["gold"].items()} == {
        "clients_stats": 1500,
        "product_stats": 10,
        "monthly_stats": 13,
        "country_stats": 9,
        "sales": 910,
        "summary": 1,
    }
    assert {table["revenue"] for table in found["gold"].values()} == {expected["revenue"]}
