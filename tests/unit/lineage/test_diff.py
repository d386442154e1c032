"""Two releases of a pipeline: which are compared, and what differs."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

import medallion as md
from medallion.errors import CallError
from tests.integration import small


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> md.Pipeline:
    """A pipeline with three releases: without March, with it, and without it again."""
    folder = tmp_path_factory.mktemp("small")
    pipeline = small.publish(folder)
    march = folder / "data/orders/2024-03.csv"
    march.write_text(small.MARCH)
    pipeline.run()
    march.unlink()
    pipeline.run()
    return pipeline


def test_the_current_release_is_compared_with_the_one_before(pipeline: md.Pipeline) -> None:
    third, second, first = pipeline.lake.release_ids()
    diff = pipeline.diff()
    assert (diff.before, diff.after) == (second, third)
    assert [table.table for table in diff.changes] == [
        "bronze.orders",
        "silver.orders",
        "gold.by_client",
        "gold.total",
    ]
    same = pipeline.diff(first)
    assert (same.before, same.after, same.changes) == (first, third, ())


def test_rows_are_compared_by_key(pipeline: md.Pipeline) -> None:
    _, second, first = pipeline.lake.release_ids()
    diff = pipeline.diff(
        first, second[:-2], tables=["silver.orders", "gold.by_client", "gold.total"]
    )
    orders, clients, total = diff.tables
    assert (orders.key, orders.added, orders.changed) == (("order_id",), 1, 0)
    (row,) = clients.rows
    assert (clients.key, row.key) == (("client_id",), {"client_id": "b"})
    assert row.values["revenue"].change == Decimal("100.00")
    assert (total.key, total.changed) == ((), 1)
    assert total.rows[0].values["orders"].change == 1


def test_an_unknown_table_is_named_with_the_nearest(pipeline: md.Pipeline) -> None:
    with pytest.raises(CallError, match=r"no table 'gold\.totl' .*did you mean 'gold\.total'"):
        pipeline.diff(tables=["gold.totl"])


def test_without_a_release_before_there_is_nothing_to_compare(tmp_path: Path) -> None:
    small.write(tmp_path)
    pipeline = small.load(tmp_path)
    with pytest.raises(CallError, match="nothing was published yet"):
        pipeline.diff()
    pipeline.run()
    with pytest.raises(CallError, match="is the oldest release kept"):
        pipeline.diff()


def test_a_candidate_is_compared_with_the_current_release(tmp_path: Path) -> None:
    pipeline = small.publish(tmp_path)
    current = pipeline.lake.pointer().release
    (tmp_path / "data/orders/2024-03.csv").write_text(small.MARCH)
    pipeline.run(candidate="try")
    diff = pipeline.diff("try", tables=["gold.by_client"])
    assert (diff.before, diff.tables[0].changed) == (current, 1)
    assert pipeline.diff("try", current).tables[0].table == "bronze.clients"
    pipeline.publish("try")
    published = pipeline.diff()
    assert (published.before, published.after) == (current, pipeline.lake.pointer().release)
