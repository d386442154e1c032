"""The SQLite store beyond the contract of all stores: time limits, damage and large sums."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from medallion.contracts import Filter, Query, Sort, TableSpec
from medallion.errors import GoneError, OvertimeError, SinkError
from medallion.records import Column
from medallion.sinks.sqlite.sink import Sqlite
from medallion.sinks.sqlite.store import SqliteStore
from medallion.testing.served import items, publish


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "serving.db"


@pytest.fixture
def sink(path: Path) -> Sqlite:
    return Sqlite(url=f"sqlite:{path}")


NUMBERS = TableSpec(
    name="numbers",
    columns=(Column(name="id", type="int64"), Column(name="kind", type="text")),
    key=("id",),
)


def numbers(count: int) -> list[dict[str, Any]]:
    return [{"id": number, "kind": "ab"[number % 2]} for number in range(count)]


def alter(path: Path, sql: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(sql)


def test_a_store_shows_its_url() -> None:
    assert repr(SqliteStore("sqlite:lake/s.db", "serving")) == "<SqliteStore sqlite:lake/s.db>"


@pytest.mark.parametrize(
    "ask",
    [
        lambda store: store.find("numbers", Query(sort=(Sort("kind"),))),
        lambda store: store.count("numbers", Query((Filter("kind", "contains", "a"),))),
        lambda store: store.group("numbers", ["kind"], {"n": "count()"}, Query()),
        lambda store: next(store.scan("numbers", Query(sort=(Sort("kind"),)))),
    ],
    ids=["find", "count", "group", "scan"],
)
def test_a_query_ends_at_its_time_limit(sink: Sqlite, ask: Callable[[SqliteStore], Any]) -> None:
    publish(sink, "first", numbers(5000), NUMBERS)
    with closing(sink.store()) as store:
        with pytest.raises(OvertimeError, match="timed out after -1 s"):
            ask(store.at(None, seconds=-1))
        assert ask(store)


def test_sums_beyond_64_bits_are_exact(sink: Sqlite) -> None:
    largest = 2**63 - 1
    rows = [{"id": largest, "kind": "a"}, {"id": largest - 1, "kind": "a"}, {"id": 5, "kind": "b"}]
    publish(sink, "first", rows, NUMBERS)
    with closing(sink.store()) as store:
        totals = store.group("numbers", ["kind"], {"total": "sum(id)"}, Query())
        assert totals == [{"kind": "a", "total": 2 * largest - 1}, {"kind": "b", "total": 5}]


@pytest.mark.parametrize("least", [0, 990])
def test_groups_of_a_range_are_the_same_with_and_without_an_index(sink: Sqlite, least: int) -> None:
    publish(sink, "first", numbers(1000), NUMBERS)
    with closing(sink.store()) as store:
        query = Query((Filter("id", "gte", least),))
        groups = store.group("numbers", ["kind"], {"n": "count()", "most": "max(id)"}, query)
        half = (1000 - least) // 2
        assert groups == [
            {"kind": "a", "n": half, "most": 998},
            {"kind": "b", "n": half, "most": 999},
        ]


def test_a_scan_gives_all_rows_in_order_and_in_batches(sink: Sqlite) -> None:
    publish(sink, "first", numbers(2500), NUMBERS)
    with closing(sink.store()) as store:
        batches = list(
            store.scan(
                "numbers", Query(sort=(Sort("kind"), Sort("id", descending=True)), fields=("id",))
            )
        )
        assert [len(batch) for batch in batches] == [1000, 1000, 500]
        ids = [row["id"] for batch in batches for row in batch]
        assert ids == [*range(2498, -1, -2), *range(2499, 0, -2)]


def test_a_scan_notices_rows_that_are_lost_meanwhile(sink: Sqlite, path: Path) -> None:
    release = publish(sink, "first", numbers(1500), NUMBERS)
    (served,) = release.served["serving"].values()
    with closing(sink.store()) as store:
        scan = store.scan("numbers", Query())
        assert len(next(scan)) == 1000
        alter(path, f'delete from "{served.name}" where id = 1200')
        with pytest.raises(SinkError, match=r"rows of 'gold\.numbers' are lost"):
            list(scan)


def test_a_value_that_was_not_loaded_is_damage(sink: Sqlite, path: Path) -> None:
    release = publish(sink, "first", items(20))
    (served,) = release.served["serving"].values()
    alter(path, f"update \"{served.name}\" set day = 'yesterday' where id = 0")
    with closing(sink.store()) as store:
        with pytest.raises(
            SinkError, match="column 'day': a served value is not what was loaded"
        ) as caught:
            store.find("items", Query())
        assert "medallion repair" in (caught.value.hint or "")
        assert len(store.find("items", Query(fields=("id",))).rows) == 20


@pytest.mark.parametrize("damage", ["x", "5", "5" * 39])
def test_a_long_number_that_was_not_loaded_is_damage(sink: Sqlite, path: Path, damage: str) -> None:
    spec = TableSpec(name="long", columns=(Column(name="n", type="decimal(38,0)"),))
    release = publish(sink, "first", [{"n": Decimal(10**30)}], spec)
    (served,) = release.served["serving"].values()
    alter(path, f"update \"{served.name}\" set n = '{damage}'")
    with closing(sink.store()) as store:
        for ask in (
            lambda: store.find("long", Query()),
            lambda: store.group("long", (), {"total": "sum(n)"}, Query()),
        ):
            with pytest.raises(SinkError) as caught:
                ask()
            assert "medallion repair" in (caught.value.hint or "")
    assert list(sink.flaws(release))


def test_a_pruned_release_is_gone(sink: Sqlite) -> None:
    first = publish(sink, "first", numbers(10), NUMBERS)
    with closing(sink.store()) as store:
        pinned = store.at(first)
        assert pinned.count("numbers", Query()) == 10
        publish(sink, "second", numbers(20), NUMBERS)
        assert pinned.count("numbers", Query()) == 10
        sink.prune([])
        with pytest.raises(GoneError, match="first"):
            pinned.count("numbers", Query())
        assert store.count("numbers", Query()) == 20


def test_a_closed_store_opens_another_connection(sink: Sqlite) -> None:
    publish(sink, "first", numbers(10), NUMBERS)
    store = sink.store()
    assert store.count("numbers", Query()) == 10
    store.close()
    assert store.count("numbers", Query()) == 10
    store.close()


def test_readers_are_not_blocked_by_a_writer(sink: Sqlite, path: Path) -> None:
    publish(sink, "first", items())
    store = sink.store()
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("begin immediate")
        writer.execute("delete from _medallion_active")
        assert store.count("items", Query()) == 60
        assert sink.active() is not None


def test_a_store_follows_a_file_that_was_replaced(sink: Sqlite, path: Path) -> None:
    publish(sink, "first", items())
    store = sink.store()
    assert store.release().id == "first"
    for file in path.parent.iterdir():
        file.unlink()
    with pytest.raises(SinkError, match="nothing was published"):
        store.release()
    publish(sink, "second", items())
    assert store.release().id == "second"
    store.close()
