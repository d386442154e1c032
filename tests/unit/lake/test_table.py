"""A table of a release: filters, order and frames."""

from __future__ import annotations

import pytest

import medallion as md
from medallion.contracts import Input
from medallion.errors import CallError, MissingError
from medallion.lake.table import LakeTable
from tests.integration import small


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> md.Lake:
    folder = tmp_path_factory.mktemp("small")
    return small.publish(folder).lake


@pytest.fixture
def orders(lake: md.Lake) -> LakeTable:
    return lake.table("silver.orders")


def ids(table: LakeTable, **choice: object) -> list[str]:
    return [row[0] for row in table.select(columns=["order_id"], **choice).fetchall()]  # type: ignore[arg-type]


def test_a_table_shows_its_size_and_release(orders: LakeTable) -> None:
    release = orders.release.id
    assert repr(orders) == f"<LakeTable silver.orders: 3 rows, release {release}>"
    assert len(orders) == 3
    assert [column.name for column in orders.columns] == ["order_id", "client_id", "amount", "day"]
    page = orders._repr_html_()
    assert "order_id text" in page
    assert "20.50" in page


def test_rows_are_in_the_order_of_the_source_files(orders: LakeTable) -> None:
    assert ids(orders) == ["1", "2", "6"]
    assert orders.to_arrow().column("order_id").to_pylist() == ["1", "2", "6"]
    assert orders.scan().columns == ["order_id", "client_id", "amount", "day"]


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ({"where": "amount > 10"}, ["2"]),
        ({"where": "client_id = 'a' -- a comment"}, ["1", "6"]),
        ({"where": "false or true", "limit": 2}, ["1", "2"]),
        ({"sort": ["-amount"]}, ["2", "1", "6"]),
        ({"sort": ["client_id", "-order_id"]}, ["6", "1", "2"]),
        ({"sort": ["client_id"], "limit": 0}, []),
    ],
)
def test_rows_are_chosen(orders: LakeTable, choice: dict[str, object], expected: list[str]) -> None:
    assert ids(orders, **choice) == expected


def test_columns_are_in_the_order_asked_for(orders: LakeTable) -> None:
    assert orders.select(columns=["day", "order_id"], limit=1).columns == ["day", "order_id"]


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ("amount > ", "syntax error"),
        ("amont > 1", "amont"),
        ("true; drop table x", "statements|SQL"),
        ("order_id in (select 1)", "reads a table|order_id|compares"),
        ("order_id in (from read_csv('/etc/passwd'))", "reads a table"),
        ("order_id = 1", "compares text to int32"),
        ("true) or (true", "syntax error"),
    ],
)
def test_only_one_condition_over_the_columns_is_accepted(
    orders: LakeTable, where: str, message: str
) -> None:
    with pytest.raises(CallError, match=message) as caught:
        orders.select(where=where).fetchall()
    assert caught.value.hint == "write one SQL condition, such as amount > 10"


def test_an_unknown_column_is_named_with_the_nearest(orders: LakeTable) -> None:
    with pytest.raises(
        CallError, match=r"no column 'amont' in silver\.orders; did you mean 'amount'"
    ):
        orders.select(columns=["amont"])
    with pytest.raises(CallError, match="no column 'dayy'"):
        orders.select(sort=["-dayy"])
    with pytest.raises(CallError, match="no column '_row'"):
        orders.select(columns=["_row"])


def test_a_file_that_is_lost_points_to_repair(lake: md.Lake, orders: LakeTable) -> None:
    source = lake.input(orders.snapshot, orders.release)
    files = tuple(
        file.model_copy(update={"path": f"lost/{file.path}"}) for file in source.snapshot.files
    )
    parts = tuple(part.model_copy(update={"files": files}) for part in source.snapshot.partitions)
    snapshot = source.snapshot.model_copy(update={"files": files, "partitions": parts})
    table = LakeTable(Input(source.layer, source.storage, snapshot), orders.release)
    with pytest.raises(MissingError) as caught:
        table.to_arrow()
    assert "medallion repair" in (caught.value.hint or "")
