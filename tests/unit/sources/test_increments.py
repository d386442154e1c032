"""Which files a table consists of that is pulled by a cursor."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Any

import psycopg
import pytest
from pydantic import ValidationError
from pymongo import MongoClient

from medallion.contracts import DataSource, SourceItem
from medallion.sources.increments import Bound, CursorRange, Increments
from medallion.sources.mongodb import MongoDBSource
from medallion.sources.rest.source import RestSource
from medallion.sources.sql.source import SqlSource
from tests import rest_server
from tests.mysql_statements import execute_mysql
from tests.rest_server import RestServer, serving_records

ORDERS = Increments("db orders", "v1")
FIRST = CursorRange(None, 10)
URL = "postgresql://db/shop"


def at(end: Bound | None) -> Any:
    """A cut at a value of the cursor."""
    return lambda begin: (end, begin is not None and end is not None and end > begin)


def names(items: list[SourceItem]) -> list[str]:
    return [item.name for item in items]


def ranges(items: list[SourceItem]) -> list[CursorRange]:
    return [ORDERS.range(item) for item in items]


def test_the_first_pull_is_whole() -> None:
    items = ORDERS.items([], at(10))
    assert names(items) == ["db orders", "db orders part 000001"]
    assert ranges(items) == [FIRST, CursorRange(10)]
    assert items[0].token.startswith("whole ")
    assert ORDERS.items(items, at(10)) == items  # nothing is new


def test_parts_are_ranges_that_follow_one_another() -> None:
    first = ORDERS.items([], at(10))
    third = ORDERS.items(first, at(15))
    assert ranges(third) == [FIRST, CursorRange(10, 15), CursorRange(15)]
    assert names(third) == ["db orders", "db orders part 000001", "db orders part 000002"]
    fourth = ORDERS.items(third, at(20))
    assert ranges(fourth)[1:] == [
        CursorRange(10, 15),
        CursorRange(15, 20),
        CursorRange(20),
    ]
    assert fourth[:2] == third[:2]  # not pulled again
    assert fourth[2].token != third[2].token
    assert fourth[-1].token == ""  # pulled at each run
    assert ORDERS.items(list(reversed(fourth)), at(20)) == fourth


def test_a_cursor_that_does_not_move_closes_nothing() -> None:
    items = ORDERS.items(ORDERS.items([], at(10)), at(7))
    assert ranges(items) == [FIRST, CursorRange(10)]


def test_an_empty_table_is_pulled_whole_until_it_has_rows() -> None:
    empty = ORDERS.items([], at(None))
    assert ranges(empty) == [CursorRange()]
    assert ranges(ORDERS.items(empty, at(5))) == [CursorRange(None, 5), CursorRange(5)]


def test_a_backfill_is_a_part_after_all_closed_ones() -> None:
    parts = ORDERS.items(ORDERS.items([], at(10)), at(15))
    asked = ORDERS.backfill(parts, "3", "12", lambda text, _: int(text))
    assert asked[:-1] == parts
    items = ORDERS.items(asked, at(15))
    assert ranges(items) == [FIRST, CursorRange(10, 15), CursorRange(3, 12), CursorRange(15)]
    assert [item.name[-1] for item in items[1:]] == ["1", "2", "3"]
    assert items[2].token.startswith("from 3 to 12 at ")
    assert ORDERS.items(items, at(15)) == items  # and it is not pulled again
    later = ORDERS.items(items, at(20))
    assert ranges(later)[2:] == [CursorRange(3, 12), CursorRange(15, 20), CursorRange(20)]
    lost = [item for item in later if "part 000002" not in item.name]  # it had no records
    assert [item.name[-1] for item in ORDERS.items(lost, at(30))[1:]] == ["1", "3", "4", "5"]


def test_a_backfill_may_have_one_bound_and_needs_a_former_pull() -> None:
    items = ORDERS.items([], at(10))
    assert ORDERS.range(ORDERS.backfill(items, "", "7", lambda text, _: text)[-1]).begin is None
    assert ORDERS.range(ORDERS.backfill(items, "7", "", lambda text, _: text)[-1]).end is None
    assert ORDERS.backfill([], "1", "2", lambda text, _: text) == []
    assert Increments("db orders", "v2").backfill(items, "1", "2", lambda text, _: text) == items


@pytest.mark.parametrize(
    ("begin", "end"),
    [("8", "5"), ("10", "9.5"), ("7", "7"), ("2024-04-01", "2024-03-01T00:00")],
)
def test_a_backfill_begins_before_it_ends(begin: str, end: str) -> None:
    items = ORDERS.items([], at(10))
    with pytest.raises(ValueError, match=f"no values from {begin} to before {end}"):
        ORDERS.backfill(items, begin, end, lambda text, _: text)


@pytest.mark.parametrize(
    ("begin", "end"), [("5", "10"), ("april", "march"), ("2024-04-01", "2024-03-01T00:00Z")]
)
def test_a_backfill_may_have_values_that_only_the_store_compares(begin: str, end: str) -> None:
    items = ORDERS.items([], at(10))
    assert len(ORDERS.backfill(items, begin, end, lambda text, _: text)) == 3


def test_everything_is_pulled_again_after_a_change_or_a_period() -> None:
    first = ORDERS.items([], at(10))
    parts = ORDERS.items(ORDERS.items(first, at(15)), at(20))
    assert len(parts) == 4
    other = Increments("db orders", "v2")
    assert names(other.items(parts, at(20))) == names(first)
    weekly = Increments("db orders", "v1", timedelta(days=7))
    assert names(weekly.items(parts, at(20))) == names(parts)
    due = Increments("db orders", "v1", timedelta(0))
    assert names(due.items(parts, at(20))) == names(first)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"cursor": "at"}, "`cursor` needs `key`"),
        ({"key": "id"}, "`key`, `lag` and `whole` are for a `cursor`"),
        ({"whole": "weekly"}, "`key`, `lag` and `whole` are for a `cursor`"),
        ({"cursor": "at", "key": "id", "columns": ["id"]}, "`columns` must have 'at'"),
        ({"cursor": "at", "key": "id", "lag": "soon"}, "should match pattern"),
        ({"cursor": "at", "key": "id", "lag": -1}, "greater than or equal to 0"),
        ({"cursor": "at", "key": "id", "lag": "1 day", "url": "sqlite:a.db"}, "no intervals"),
    ],
)
def test_wrong_keys_are_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        SqlSource.model_validate({"url": URL, "table": "orders", **fields})


class Writer:
    """A database that commits rows up to `LAG` late, updates rows and deletes them."""

    LAG = 10

    def __init__(self, insert: Any, update: Any, delete: Any) -> None:
        self._insert, self._update, self._delete = insert, update, delete
        self._chance = random.Random(7)
        self._clock = 0
        self._late: list[tuple[int, int]] = []
        self._last_id = 0
        self.rows: dict[int, int] = {}
        self.deleted: set[int] = set()

    def work(self) -> None:
        """What is committed between two pulls."""
        for _ in range(self._chance.randrange(4)):
            self._clock += self._chance.randrange(1, 4)
            self._last_id += 1
            self._late.append((self._last_id, self._clock))
        for row in list(self._late):
            if self._chance.random() < 0.5 or self._clock - row[1] >= self.LAG - 4:
                self._late.remove(row)
                self._insert(*row)
                self.rows[row[0]] = row[1]
        known = sorted(self.rows)
        if known and self._chance.random() < 0.5:  # an update moves the row to the end
            self._clock += 1
            updated = self._chance.choice(known)
            self.rows[updated] = self._clock
            self._update(updated, self._clock)
        if known and self._chance.random() < 0.2:
            deleted = self._chance.choice(known)
            del self.rows[deleted]
            self.deleted.add(deleted)
            self._delete(deleted)

    def insert_too_late(self) -> tuple[int, int]:
        """Commit a row later than the lag allows; its number and its value of the cursor."""
        self._last_id, moment = self._last_id + 1, self._clock // 2
        self._insert(self._last_id, moment)
        self.rows[self._last_id] = moment
        return self._last_id, moment


class Release:
    """The files that a source was pulled into, as a lake keeps them."""

    def __init__(self, source: DataSource) -> None:
        self._source = source
        self.items: list[SourceItem] = []
        self._files: dict[tuple[str, str], bytes] = {}

    def pull(self, *, full: bool = False, backfill: tuple[str, str] = ("", "")) -> dict[int, int]:
        """Pull what is new, or a range again; the newest version of each row."""
        if any(backfill):
            self.items = list(self._source.backfill(self.items, *backfill))
        with self._source.connect() as connection:
            self.items = list(self._source.look(connection, self.items, full=full))
            self._files = {
                (item.name, item.token): self._files[item.name, item.token]
                if item.token and (item.name, item.token) in self._files
                else b"".join(self._source.pull(connection, item))
                for item in self.items
            }
        return dict(
            row
            for item in sorted(self.items, key=lambda item: item.name)
            for row in _records(self._files[item.name, item.token].decode())
        )


def _records(text: str) -> list[tuple[int, int]]:
    if text.startswith("id,"):
        return [(int(one), int(two)) for one, two in list(csv.reader(text.splitlines()))[3:]]
    return [(row["_id"], row["changed"]) for row in map(json.loads, text.splitlines())]


CREATE = "create table orders (id int primary key, changed int)"
STATEMENTS = (
    "insert into orders values ({}, {})",
    "update orders set changed = {1} where id = {0}",
    "delete from orders where id = {}",
)


@contextmanager
def postgres(url: str) -> Iterator[tuple[DataSource, Writer]]:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(CREATE)

        def execute(statement: str, *values: int) -> None:
            connection.execute(statement.format(*values).encode())

        source = SqlSource(url=url, table="orders", cursor="changed", key=("id",), lag=Writer.LAG)
        yield source, Writer(*(partial(execute, statement) for statement in STATEMENTS))


@contextmanager
def mariadb(url: str) -> Iterator[tuple[DataSource, Writer]]:
    execute_mysql(url, CREATE)

    def execute(statement: str, *values: int) -> None:
        execute_mysql(url, statement.format(*values))

    source = SqlSource(url=url, table="orders", cursor="changed", key=("id",), lag=Writer.LAG)
    yield source, Writer(*(partial(execute, statement) for statement in STATEMENTS))


@contextmanager
def mongodb(url: str) -> Iterator[tuple[DataSource, Writer]]:
    client: MongoClient[dict[str, Any]]
    with MongoClient(url) as client:
        orders = client.get_default_database().create_collection("orders")
        yield (
            MongoDBSource(url=url, collection="orders", cursor="changed", lag=Writer.LAG),
            Writer(
                lambda id_, changed: orders.insert_one({"_id": id_, "changed": changed}),
                lambda id_, changed: orders.update_one(
                    {"_id": id_}, {"$set": {"changed": changed}}
                ),
                lambda id_: orders.delete_one({"_id": id_}),
            ),
        )


@contextmanager
def rest(server: RestServer, *, exclusive: bool = False) -> Iterator[tuple[DataSource, Writer]]:
    records: dict[int, dict[str, int]] = {}

    def write(id_: int, changed: int) -> None:
        records[id_] = {"_id": id_, "changed": changed}
        publish()

    def delete(id_: int) -> None:
        del records[id_]
        publish()

    def publish() -> None:
        server.records = sorted(records.values(), key=lambda record: record["changed"])
        server.faults = [(429, {"Retry-After": "0"}), "cut"] if len(records) % 10 == 0 else []

    server.records = []
    server.reply = partial(rest_server.since, exclusive=exclusive)
    source = RestSource.model_validate(
        {
            "url": f"{server.url}/orders",
            "records": "data",
            "cursor": {"param": "after", "path": "next"},
            "since": {"param": "since", "cursor": "changed"},
            "key": "_id",
            "lag": Writer.LAG,
        }
    )
    yield source, Writer(write, write, delete)


def exclusive_rest(server: RestServer) -> Any:
    return rest(server, exclusive=True)


@pytest.fixture
def rest_url() -> Iterator[RestServer]:
    with serving_records() as server:
        yield server


exclusive_rest_url = rest_url


@pytest.mark.parametrize("database", [postgres, mariadb, mongodb, rest, exclusive_rest])
def test_200_pulls_while_a_writer_is_late_and_deletes(
    database: Any, request: pytest.FixtureRequest
) -> None:
    """Nothing is lost, nothing is older than it is; a whole pull finds what was deleted."""
    with database(request.getfixturevalue(f"{database.__name__}_url")) as (source, writer):
        release = Release(source)
        for number in range(200):
            writer.work()
            rows = release.pull()
            present = {row: rows[row] for row in rows if row in writer.rows}
            assert present == writer.rows, number
            assert rows.keys() - writer.rows.keys() <= writer.deleted
        assert len(release.items) > 20
        assert len(writer.deleted) > 10
        late, moment = writer.insert_too_late()
        assert late not in release.pull()
        for span in (("1", f"{moment}"), (f"{moment + 1}", "")):
            assert late not in release.pull(backfill=span)
        rows = release.pull(backfill=(f"{moment}", f"{moment + 1}"))
        assert {row: rows[row] for row in rows if row in writer.rows} == writer.rows
        assert release.pull() == rows
        assert release.pull(full=True) == writer.rows
        assert len(release.items) == 2
