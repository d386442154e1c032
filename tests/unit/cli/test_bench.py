"""`medallion bench sink`: which loads are timed, and how their figures add up."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from medallion.cli.bench import _grid
from medallion.ops.benchmark import Timing
from tests.unit.cli.conftest import Call


def cells(timings: list[Timing], *, by_table: bool) -> list[list[str]]:
    out = io.StringIO()
    Console(file=out, width=200).print(_grid(timings, by_table=by_table))
    return [line.split() for line in out.getvalue().splitlines()[2:]]


def timing(table: str, batch: int, rows: int, seconds: float) -> Timing:
    return Timing("serving", table, "replace", batch, rows, seconds, 0)


def test_a_line_is_the_total_of_the_tables_by_batch_size() -> None:
    timings = [
        timing("orders", 10_000, 3_000, 1.5),
        timing("clients", 1_000, 10, 0.25),
        timing("clients", 10_000, 1_000, 0.5),
    ]
    assert cells(timings, by_table=False) == [
        ["serving", "1", "table", "replace", "1,000", "10", "0.250", "40"],
        ["serving", "2", "tables", "replace", "10,000", "4,000", "2.000", "2,000"],
    ]
    assert cells(timings, by_table=True) == [
        ["serving", "clients", "replace", "1,000", "10", "0.250", "40"],
        ["serving", "clients", "replace", "10,000", "1,000", "0.500", "2,000"],
        ["serving", "orders", "replace", "10,000", "3,000", "1.500", "2,000"],
    ]


def test_each_strategy_is_timed_with_each_batch_size(call: Call, published: Path) -> None:
    sizes = ("--batch", "1", "--batch", "2")
    result = call(published, "bench", "sink", *sizes, "--rounds", "1", "--json")
    assert result.code == 0
    assert {(item["strategy"], item["batch"], item["rows"]) for item in result.json} == {
        (strategy, batch, 2) for strategy in ("replace", "append", "merge") for batch in (1, 2)
    }


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("store",), 2, "'store' is not 'sink'"),
        (("sink", "--rounds", "0"), 2, "--rounds"),
        (("sink", "--table", "client"), 2, "did you mean 'clients'"),
    ],
)
def test_wrong_arguments_are_refused(
    call: Call, published: Path, arguments: tuple[str, ...], code: int, says: str
) -> None:
    result = call(published, "bench", *arguments)
    assert result.code == code
    assert says in result.err


def test_nothing_can_be_timed_before_the_first_release(call: Call, unpublished: Path) -> None:
    result = call(unpublished, "bench", "sink")
    assert result.code == 2
    assert "nothing was published yet" in result.err
