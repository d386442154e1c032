"""A published table in the frames people work with, exact in each."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest

import medallion as md
from medallion.errors import CallError
from tests.integration import small


@pytest.fixture
def orders(tmp_path: Path) -> md.LakeTable:
    small.publish(tmp_path)
    return md.Lake(tmp_path / "lake").table("silver.orders")


def test_the_same_rows_in_arrow_pandas_polars_and_a_relation(orders: md.LakeTable) -> None:
    rows = orders.to_arrow().to_pylist()
    assert [row["order_id"] for row in rows] == ["1", "2", "6"]
    assert rows[0] == {
        "order_id": "1",
        "client_id": "a",
        "amount": Decimal("10.00"),
        "day": dt.date(2024, 1, 5),
    }
    assert orders.to_pandas()["amount"].tolist() == [row["amount"] for row in rows]
    assert orders.to_polars()["amount"].to_list() == [row["amount"] for row in rows]
    assert orders.scan().filter("amount > 10").to_arrow_table().to_pylist() == [rows[1]]
    assert len(orders) == 3
    assert [column.name for column in orders.columns] == ["order_id", "client_id", "amount", "day"]


def test_a_lake_alone_reads_any_release(tmp_path: Path, orders: md.LakeTable) -> None:
    first = orders.release.id
    (tmp_path / "data/orders/2024-03.csv").write_text(small.MARCH)
    small.load(tmp_path).run()
    lake = md.Lake(tmp_path / "lake")
    assert len(lake.table("silver.orders")) == 4
    assert len(lake.table("silver.orders", release=first)) == 3
    assert len(lake.table("bronze.orders").to_arrow()) == 8


@pytest.mark.usefixtures("orders")
def test_unknown_tables_and_releases_are_told(tmp_path: Path) -> None:
    lake = md.Lake(tmp_path / "lake")
    with pytest.raises(CallError, match=r"did you mean 'silver\.orders'"):
        lake.table("silver.order")
    with pytest.raises(CallError, match="no release 'x'"):
        lake.table("silver.orders", release="x")
    with pytest.raises(CallError, match="nothing was published yet"):
        md.Lake(tmp_path / "nowhere").table("silver.orders")
