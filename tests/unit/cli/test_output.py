from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from medallion.cli import output
from medallion.plural import count_of
from medallion.records import Column


def test_control_characters_are_escaped() -> None:
    assert output.plain("a\x1b[31mred\nnext\x07") == "a\\x1b[31mred\\nnext\\x07"
    assert output.plain("Émile 😀 中") == "Émile 😀 中"
    assert output.plain(None) == ""


@pytest.mark.parametrize(
    ("value", "said"), [(0, "0 tables"), (1, "1 table"), (1200, "1,200 tables")]
)
def test_counts_read_as_words(value: int, said: str) -> None:
    assert count_of(value, "table") == said


@pytest.mark.parametrize(
    ("value", "said"),
    [(0, "0 B"), (999, "999 B"), (1_200, "1.2 kB"), (3_400_000, "3.4 MB"), (5 * 10**12, "5.0 TB")],
)
def test_sizes_have_a_unit(value: int, said: str) -> None:
    assert output.size(value) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (30, r"3\d seconds ago"),  # the test may take some
        (60, "1 minute ago"),
        (7_300, "2 hours ago"),
        (90_000, "1 day ago"),
    ],
)
def test_ages_are_in_the_largest_unit(seconds: int, said: str) -> None:
    assert re.fullmatch(said, output.age(datetime.now(UTC) - timedelta(seconds=seconds + 0.5)))


def test_json_keeps_decimals_exact_and_has_null_for_nan() -> None:
    value = {
        "d": Decimal("1.10"),
        "n": float("nan"),
        "c": Column(name="a", type="date"),
        "b": b"\xff",
    }

    assert json.loads(output.as_json(value)) == {
        "d": "1.10",
        "n": None,
        "c": {"name": "a", "type": "date"},
        "b": "_w==",
    }
    assert "\n" not in output.line_json(value)


def test_a_file_gets_values_whole_and_a_terminal_of_80_columns_gets_80(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    grid = output.table(["name", "rows"], right=["rows"])
    grid.add_row("x" * 200, "1")
    monkeypatch.delenv("COLUMNS", raising=False)
    output.console().print(grid)
    assert "x" * 200 in capsys.readouterr().out

    monkeypatch.setenv("COLUMNS", "80")
    output.console().print(grid)
    assert max(map(len, capsys.readouterr().out.splitlines())) == 80
