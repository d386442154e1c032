"""The PostgreSQL store beyond the contract of all stores."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from medallion.contracts import Filter, Query, Sort, TableSpec
from medallion.errors import CallError, GoneError, OvertimeError, SinkError
from medallion.records import Column
from medallion.sinks.postgres.database import execute
from medallion.sinks.postgres.sink import Postgres
from medallion.sinks.postgres.store import PostgresStore
from medallion.testing.served import SPEC, items, publish

if TYPE_CHECKING:
    from psycopg import Connection

IDS = TableSpec(name="ids", columns=SPEC.columns[:1], key=("id",))


@pytest.fixture
def store(sink: Postgres) -> Iterator[PostgresStore]:
    store = sink.store()
    yield store
    store.close()


def test_nothing_was_published(store: PostgresStore, connection: Connection) -> None:
    with pytest.raises(SinkError, match="nothing was published"):
        store.release()
    execute(connection, "drop schema public cascade")
    with pytest.raises(SinkError, match="nothing was published"):
        store.release()


def test_a_pruned_release_is_gone(sink: Postgres, store: PostgresStore) -> None:
    first = publish(sink, "first", items(5))
    second = publish(sink, "second", items(6))
    sink.prune([second])
    pinned = store.at(first)
    for ask in (
        lambda: pinned.find("items", Query()),
        lambda: pinned.count("items", Query()),
        lambda: pinned.group("items", (), {"n": "count()"}, Query()),
        lambda: next(pinned.scan("items", Query())),
    ):
        with pytest.raises(GoneError):
            ask()
    with pytest.raises(GoneError):
        store.kept("first")


def test_a_query_is_ended_at_its_time_limit(sink: Postgres, store: PostgresStore) -> None:
    """No index has the order of these queries, so each reads all rows."""
    columns = (*IDS.columns, Column(name="other", type="int64"))
    rows = [{"id": number, "other": number} for number in range(200_000)]
    release = publish(sink, "first", rows, IDS.model_copy(update={"columns": columns}))
    hasty = store.at(release, 0.001)
    for ask in (
        lambda: hasty.group("ids", ("other",), {"n": "median(id)"}, Query()),
        lambda: next(hasty.scan("ids", Query(sort=(Sort("other", descending=True),)))),
    ):
        with pytest.raises(OvertimeError, match=r"timed out after 0\.001 s"):
            ask()
    assert store.count("ids", Query()) == 200_000


def test_a_scan_gives_all_rows_in_order_and_in_batches(
    sink: Postgres, store: PostgresStore
) -> None:
    release = publish(sink, "first", [{"id": number} for number in range(2500)], IDS)
    query = Query(filters=(Filter("id", "gte", 100),), sort=(Sort("id", descending=True),))
    batches = list(store.at(release, 60).scan("ids", query))
    assert [len(batch) for batch in batches] == [1000, 1000, 400]
    assert [row["id"] for batch in batches for row in batch] == list(range(2499, 99, -1))


def test_a_scan_that_is_given_up_keeps_no_table(sink: Postgres, store: PostgresStore) -> None:
    publish(sink, "first", [{"id": number} for number in range(2500)], IDS)
    scan = store.scan("ids", Query())
    next(scan)
    second = publish(sink, "second", [{"id": 1}], IDS)
    assert sink.prune([second]) == 0
    scan.close()  # type: ignore[attr-defined]
    assert sink.prune([second]) == 1


def test_wide_integers_and_decimals_are_exact(sink: Postgres, store: PostgresStore) -> None:
    columns = (Column(name="id", type="uint64"), Column(name="x", type="decimal(38,2)"))
    spec = TableSpec(name="wide", columns=columns, key=("id",))
    large = Decimal("9" * 36 + ".99")
    publish(sink, "first", [{"id": 2**64 - 1, "x": large}, {"id": 1, "x": large}], spec)
    assert store.get("wide", 2**64 - 1) == {"id": 2**64 - 1, "x": large}
    assert store.get("wide", str(2**64 - 1)) == {"id": 2**64 - 1, "x": large}
    assert store.group("wide", (), {"s": "sum(x)", "i": "sum(id)"}, Query()) == [
        {"s": Decimal("1" + "9" * 36 + ".98"), "i": 2**64}
    ]


@pytest.mark.parametrize(
    ("by", "metric", "reason"),
    [
        ((), "sum(large)", "floating point: value out of range: overflow"),
        ((), "mean(large)", "floating point: value out of range: overflow"),
        ((), "sum(large) / count()", "floating point: value out of range: overflow"),
        ((), "mean(large, large)", "floating point: value out of range: overflow"),
        (("bin(large, 0.001)",), "count()", "floating point: value out of range: overflow"),
        (("bin(small, 1e300)",), "count()", "floating point: value out of range: underflow"),
        (("bin(id, 10)",), "count()", "64-bit integers: bigint out of range"),
    ],
)
def test_a_figure_that_overflows_is_an_error_of_the_call(
    sink: Postgres, store: PostgresStore, by: tuple[str, ...], metric: str, reason: str
) -> None:
    types = {"id": "int64", "large": "float64", "small": "float64"}
    columns = tuple(Column(name=name, type=type_) for name, type_ in types.items())
    rows = [{"id": id_, "large": 1.7e308, "small": 1e-300} for id_ in (1, -(2**63))]
    publish(sink, "first", rows, TableSpec(name="figures", columns=columns, key=("id",)))
    with pytest.raises(CallError, match=f"beyond the range of {reason}") as error:
        store.group("figures", by, {"figure": metric}, Query())
    assert "postgresql://" not in str(error.value)
    assert store.group("figures", (), {"figure": "max(large)"}, Query()) == [{"figure": 1.7e308}]


def test_what_is_cached_is_dropped_by_a_switch(
    sink: Postgres, store: PostgresStore, connection: Connection
) -> None:
    first = publish(sink, "first", items(5))
    assert store.release() is store.release()
    publish(sink, "second", items(5))
    assert store.release().id == "second"
    sink.activate(first)
    assert store.release() == first
    execute(
        connection,
        "select pg_terminate_backend(pid) from pg_stat_activity "
        "where datname = current_database() and pid <> pg_backend_pid()",
    )
    assert store.release() == first
