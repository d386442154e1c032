"""The order in which tables are computed."""

from __future__ import annotations

from pathlib import Path

from medallion.declaration.consistency import faults
from medallion.declaration.models import Source, Table
from medallion.run.planner import select
from medallion.run.selection import Selection
from medallion.run.table_order import order, reads, unthreaded
from tests.unit.run.test_planner import ALL, declare


def test_each_table_comes_after_all_it_reads() -> None:
    assert order(declare()) == ALL
    assert reads(declare(), "silver.orders") == ["bronze.orders", "silver.clients"]
    assert reads(declare(), "bronze.orders") == []


def test_functions_of_python_need_the_main_thread() -> None:
    steps = [{"python": "tests.unit.python_steps:every_second"}]
    silver: dict[str, Source | Table] = {
        "a": Table(from_="bronze.a", steps=steps),
        "b": Table(from_="bronze.a", steps=["trim"]),
    }
    declaration = declare({"bronze": {"a": Source(source="a.csv")}, "silver": silver})
    assert unthreaded(declaration) == {"silver.a"}


def test_a_chain_may_be_longer_than_python_recurses() -> None:
    silver: dict[str, Source | Table] = {"t0": Table(from_="bronze.b")}
    silver |= {f"t{depth}": Table(from_=f"silver.t{depth - 1}") for depth in range(1, 2001)}
    declaration = declare(
        {"bronze": {"b": Source(source="b.csv")}, "silver": dict(reversed(silver.items()))}
    )
    assert not list(faults(declaration, Path()))
    assert order(declaration)[-1] == "silver.t2000"
    assert len(select(declaration, Selection(from_="silver.t1990"))) == 11
