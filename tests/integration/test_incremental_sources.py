"""Tables pulled by a cursor: no row is lost, none counts twice, deleted ones go with a whole pull."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest
from pymongo import MongoClient

import medallion as md
from medallion.errors import DeclarationError, SourceError
from medallion.identifiers import now
from medallion.ops import doctor
from medallion.sources import increments
from medallion.storage.local import LocalStorage
from tests import rest_server
from tests.instants import FEWEST, KILLS
from tests.integration import killing
from tests.mysql_statements import execute_mysql
from tests.rest_server import RestServer, serving_records

YAML = """\
name: shop
tables:
  bronze:
    orders: {{source: {{sql: {{url: "{url}", table: orders, cursor: changed, key: id, {more}}}}}}}
  silver:
    orders: {{from: bronze.orders, steps: [{{deduplicate: {{key: id, order_by: [changed]}}}}]}}
  gold:
    orders: {{from: silver.orders}}
"""
PULLS = 25


def declared(folder: Path, url: str, more: str = "lag: 10", text: str = YAML) -> md.Pipeline:
    (folder / "medallion.yaml").write_text(text.format(url=url, more=more))
    return md.Pipeline.load(folder / "medallion.yaml")


def served(pipeline: md.Pipeline) -> list[tuple[Any, ...]]:
    rows = pipeline.store().find("orders", md.Query(limit=10_000)).rows
    return sorted((row["id"], row["changed"], row["price"]) for row in rows)


def sources(pipeline: md.Pipeline) -> list[str]:
    release = pipeline.lake.current()
    assert release is not None
    return [file.name.partition(" ")[2] for file in release.tables["bronze.orders"].sources]


@pytest.fixture
def database(postgres_url: str) -> Any:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("create table orders (id int primary key, changed int, price int)")
        yield connection


def test_a_writer_with_late_rows_and_deletions(
    tmp_path: Path, database: psycopg.Connection, postgres_url: str
) -> None:
    """Rows are committed up to `lag` late; each pull must show all that is committed by then."""
    pipeline = declared(tmp_path, postgres_url)
    chance = random.Random(7)
    clock, late, deleted, ids = 0, [], set[int](), 0
    for pull in range(PULLS):
        for _ in range(chance.randrange(4)):
            clock += chance.randrange(1, 4)
            ids += 1
            row = (ids, clock, chance.randrange(100))
            if chance.random() < 0.3:
                late.append(row)
            else:
                database.execute("insert into orders values (%s, %s, %s)", row)
        due = [row for row in late if clock - row[1] >= 6 or pull == PULLS - 1]
        for row in due:
            late.remove(row)
            database.execute("insert into orders values (%s, %s, %s)", row)
        if ids and chance.random() < 0.5:  # an update moves the row to the end
            clock += 1
            database.execute(
                "update orders set changed = %s, price = price + 1 where id = %s",
                (clock, chance.randrange(1, ids + 1)),
            )
        if ids and chance.random() < 0.2:
            gone = chance.randrange(1, ids + 1)
            if database.execute("delete from orders where id = %s", (gone,)).rowcount:
                deleted.add(gone)
        pipeline.run()
        rows = database.execute("select id, changed, price from orders order by 1").fetchall()
        present = {row[0] for row in rows}
        shown = served(pipeline)
        assert [row for row in shown if row[0] in present] == rows, pull
        assert {row[0] for row in shown} - present <= deleted
    assert len(sources(pipeline)) > 5
    assert deleted
    pipeline.run(full=True)
    assert served(pipeline) == rows
    assert sources(pipeline) == ["orders", "orders part 000001"]
    assert pipeline.run().status == "unchanged"


def test_only_new_rows_are_pulled(
    tmp_path: Path, database: psycopg.Connection, postgres_url: str
) -> None:
    database.execute("insert into orders select n, n, n from generate_series(1, 1000) as n")
    pipeline = declared(tmp_path, postgres_url)
    first = pipeline.run()
    assert pipeline.run().status == "unchanged"
    database.execute("insert into orders values (1001, 1001, 0), (1002, null, 0)")
    pipeline.run()
    release = pipeline.lake.current()
    assert release is not None
    files = release.tables["bronze.orders"].sources
    assert [(file.name.partition(" ")[2], file.rows) for file in files] == [
        ("orders", 989),
        ("orders part 000001", 1),
        ("orders part 000002", 12),
    ]
    assert len(served_ids(pipeline)) == 1002
    assert first.release
    pipeline.roll_back(first.release)
    assert len(served_ids(pipeline)) == 1000
    pipeline.run()  # goes on where that release was
    assert len(served_ids(pipeline)) == 1002


def served_ids(pipeline: md.Pipeline) -> set[int]:
    rows = pipeline.store().find("orders", md.Query(limit=10_000)).rows
    return {row["id"] for row in rows}


def test_a_whole_pull_finds_deleted_rows(
    tmp_path: Path,
    database: psycopg.Connection,
    postgres_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    database.execute("insert into orders values (1, 1, 1), (2, 2, 2)")
    pipeline = declared(tmp_path, postgres_url, "whole: weekly")
    pipeline.run()
    database.execute("delete from orders where id = 1")
    pipeline.run()
    assert served_ids(pipeline) == {1, 2}
    monkeypatch.setitem(increments.PERIODS, "weekly", increments.PERIODS["daily"] * 0)
    pipeline.run()
    assert served_ids(pipeline) == {2}


def test_a_whole_pull_without_changes_is_not_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def execute(*statements: str) -> None:
        with closing(sqlite3.connect(tmp_path / "shop.db")) as connection, connection:
            for statement in statements:
                connection.execute(statement)

    def run_on_day(day: int) -> str:
        monkeypatch.setattr(increments, "now", lambda: now() + timedelta(days=day))
        return pipeline.run().status

    execute(CREATE, "insert into orders values (1, 1, 0), (2, 2, 0), (3, 3, 0)")
    pipeline = declared(tmp_path, "sqlite:shop.db", "lag: 1, whole: weekly")
    run_on_day(0)
    assert run_on_day(8) == "unchanged"  # pulled whole
    execute("delete from orders where id = 1")
    assert [run_on_day(day) for day in (9, 14)] == ["unchanged"] * 2  # not pulled whole
    execute("insert into orders values (4, 9, 0)")
    run_on_day(14)  # this release has the time of the last whole pull
    assert served_ids(pipeline) == {1, 2, 3, 4}
    shutil.rmtree(tmp_path / "lake/touched")
    assert run_on_day(14) == "unchanged"
    run_on_day(16)
    assert served_ids(pipeline) == {2, 3, 4}
    execute("delete from orders where id = 2")
    assert run_on_day(17) == "unchanged"
    assert run_on_day(24) == "succeeded"
    assert run_on_day(32) == "unchanged"
    execute("delete from orders where id = 3")
    shutil.rmtree(tmp_path / "lake/touched")  # without the time, it is pulled whole
    run_on_day(33)
    assert served_ids(pipeline) == {4}


TWO = """\
name: shop
tables:
  bronze:
    orders: {{source: {{sql: {{url: "{url}", table: orders, cursor: changed, key: id, {more}}}}}}}
    clients: {{source: {{sql: {{url: "{url}", table: clients, cursor: changed, key: id}}}}}}
  silver:
    orders: {{from: bronze.orders, steps: [{{deduplicate: id}}]}}
    clients: {{from: bronze.clients, steps: [{{deduplicate: id}}]}}
  gold:
    orders: {{from: silver.orders}}
    clients: {{from: silver.clients}}
"""


def test_one_table_is_refreshed(tmp_path: Path) -> None:
    """Rows whose versions are in several parts are deleted, and others corrected in place."""

    def write(*statements: str) -> None:
        with closing(sqlite3.connect(tmp_path / "shop.db")) as connection, connection:
            for statement in statements:
                connection.execute(statement)

    def ids(table: str) -> set[int]:
        return {row["id"] for row in pipeline.store().find(table, md.Query()).rows}

    for table in ("orders", "clients"):
        write(
            f"create table {table} (id integer primary key, changed integer, price integer)",
            f"insert into {table} values (1, 1, 0), (2, 2, 0), (3, 3, 0)",
        )
    pipeline = declared(tmp_path, "sqlite:shop.db", "lag: 1", TWO)
    pipeline.run()
    for moment in (10, 20):
        write(f"update orders set changed = {moment} where id = 1")
        pipeline.run()
    write("insert into orders values (4, 30, 0)")
    pipeline.run()
    write(
        "delete from orders where id = 1",
        "update orders set price = 9 where id = 2",
        "delete from clients where id = 1",
        "update clients set changed = 20 where id = 3",
    )
    pipeline.run()
    assert (ids("orders"), ids("clients")) == ({1, 2, 3, 4}, {1, 2, 3})
    refresh = md.Selection(refresh=("bronze.orders",))
    whys = {step.table: step.why for step in pipeline.plan(refresh).steps}
    run = pipeline.run(refresh)
    (step,) = (step for step in run.steps if step.table == "bronze.orders")
    assert whys["bronze.orders"].startswith("its source was read again in full; files: ")
    assert step.why == whys["bronze.orders"]
    assert served(pipeline) == [(2, 2, 9), (3, 3, 0), (4, 30, 0)]
    assert ids("clients") == {1, 2, 3}  # pulled as always
    assert pipeline.run().status == "unchanged"
    assert pipeline.run(refresh).status == "unchanged"


def test_a_range_is_pulled_again(
    tmp_path: Path, database: psycopg.Connection, postgres_url: str
) -> None:
    """Rows of March that were corrected in place arrive; those of other months do not."""
    database.execute("alter table orders alter changed type timestamptz using null")
    database.execute("set time zone 'UTC'")
    pipeline = declared(tmp_path, postgres_url, "lag: 1 hour")

    def run(*refresh: str) -> tuple[str, str]:
        selection = md.Selection(refresh=refresh)
        planned, *_ = pipeline.plan(selection).steps
        run = pipeline.run(selection)
        assert (run.steps[0].table, run.steps[0].why) == ("bronze.orders", planned.why)
        return run.status, planned.why

    for month in range(1, 7):
        insert = "insert into orders values (%s, %s, 0)"
        database.execute(insert, (month, f"2024-0{month}-15 12:00+00"))
        run()
    database.execute("update orders set price = id * 10 where id <= 4")
    assert run() == ("unchanged", "nothing changed")
    march = "bronze.orders:2024-03-01..2024-04-01"
    assert run(march) == ("succeeded", "files: 1 changed, 1 new")
    prices = {row["id"]: row["price"] for row in pipeline.store().find("orders", md.Query()).rows}
    assert prices == {1: 0, 2: 0, 3: 30, 4: 0, 5: 0, 6: 0}
    assert run()[0] == "unchanged"
    database.execute("update orders set changed = '2024-07-01', price = 7 where id = 3")
    run()
    run("bronze.orders:..2024-03-01", "bronze.orders:2024-04-01..2024-05-01 00:00:00+00")
    prices = {row["id"]: row["price"] for row in pipeline.store().find("orders", md.Query()).rows}
    assert prices == {1: 10, 2: 20, 3: 7, 4: 40, 5: 0, 6: 0}
    before = pipeline.lake.current()
    with pytest.raises(md.MedallionError, match="invalid input syntax for type timestamp"):
        run("bronze.orders:soon..2024-05-01")
    assert pipeline.lake.current() == before


def test_a_range_of_numbers_in_a_column_without_a_type(tmp_path: Path) -> None:
    """There, SQLite sorts each number before each text."""
    with closing(sqlite3.connect(tmp_path / "shop.db")) as connection, connection:
        connection.execute("create table orders (id integer primary key, changed, price int)")
        rows = [(number, number, 0) for number in range(1, 21)]
        connection.executemany("insert into orders values (?, ?, ?)", rows)
        connection.commit()
        pipeline = declared(tmp_path, "sqlite:shop.db", "lag: 0")
        pipeline.run()
        connection.execute("update orders set price = 9 where id < 20")
    pipeline.run(md.Selection(refresh=("bronze.orders:3..5",)))
    assert [row[0] for row in served(pipeline) if row[2] == 9] == [3, 4]
    pipeline.run(md.Selection(refresh=("bronze.orders:..2",)))
    assert [row[0] for row in served(pipeline) if row[2] == 9] == [1, 3, 4]
    with pytest.raises(md.MedallionError, match="'changed' has numbers, and 'soon' is none"):
        pipeline.run(md.Selection(refresh=("bronze.orders:soon..5",)))


def test_a_source_without_a_cursor_has_no_ranges(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "shop.db")) as connection, connection:
        connection.execute("create table orders (id integer primary key)")
    (tmp_path / "medallion.yaml").write_text(
        "name: shop\ntables: {bronze: {orders: {source: {sql: {url: 'sqlite:shop.db', "
        "table: orders}}}}}\n"
    )
    with pytest.raises(md.MedallionError, match="without a cursor, no range of it can be pulled"):
        md.Pipeline.load(tmp_path / "medallion.yaml").run(
            md.Selection(refresh=("bronze.orders:1..2",))
        )


@pytest.mark.parametrize("lag", ["10 minutes", "0"])
def test_a_cursor_of_times(
    lag: str, tmp_path: Path, database: psycopg.Connection, postgres_url: str
) -> None:
    database.execute("alter table orders alter changed type timestamptz using null")
    pipeline = declared(tmp_path, postgres_url, f"lag: {lag}")
    times = ["12:00:00.000001", "12:20", "12:20", "12:15", "13:00"]
    for number, time in enumerate(times):
        if lag == "0" and time == "12:15":
            continue  # later than the lag
        database.execute("insert into orders values (%s, %s, 0)", (number, f"2024-01-01 {time}+00"))
        pipeline.run()
        rows = database.execute("select id from orders").fetchall()
        assert served_ids(pipeline) == {row for (row,) in rows}


@pytest.mark.parametrize("kind", ["sqlite", "duckdb"])
def test_database_files(kind: str, tmp_path: Path) -> None:
    connect: Any = sqlite3.connect if kind == "sqlite" else duckdb.connect

    def write(statement: str) -> None:
        with closing(connect(str(tmp_path / "shop.db"))) as connection:
            connection.execute(statement)
            connection.commit()

    write("create table orders (id integer primary key, changed integer, price integer)")
    pipeline = declared(tmp_path, f"{kind}:shop.db", "lag: 2")
    pipeline.run()
    for number in (5, 9, 8, 10, 20):
        write(f"insert into orders values ({number}, {number}, 0)")
        pipeline.run()
    assert served_ids(pipeline) == {5, 8, 9, 10, 20}
    assert len(sources(pipeline)) > 2


def test_mariadb(tmp_path: Path, mariadb_url: str) -> None:
    execute_mysql(
        mariadb_url, "create table orders (id int primary key, changed datetime(6), price int)"
    )
    pipeline = declared(tmp_path, mariadb_url, "lag: 10 minutes, whole: weekly")
    pipeline.run()
    times = ["12:00:00.000001", "12:20", "12:20", "12:15", "13:00"]
    for number, time in enumerate(times):
        execute_mysql(
            mariadb_url, f"insert into orders values ({number}, '2024-01-01 {time}', null)"
        )
        pipeline.run()
        assert served_ids(pipeline) == set(range(number + 1))
    assert len(sources(pipeline)) > 2


def test_a_range_of_numbers_in_mariadb(tmp_path: Path, mariadb_url: str) -> None:
    """What is no number is refused, and no SQL."""
    create = "create table orders (id int primary key, changed decimal(9, 1), price int)"
    insert = "insert into orders values (1, 1.5, 0), (2, 2.5, 0), (3, 9, 0)"
    execute_mysql(mariadb_url, create, insert)
    pipeline = declared(tmp_path, mariadb_url, "lag: 1")
    pipeline.run()
    execute_mysql(mariadb_url, "update orders set price = 9")
    for text in ("id", "0 or 1", "nan"):
        with pytest.raises(md.MedallionError, match=f"has numbers, and '{text}' is none"):
            pipeline.run(md.Selection(refresh=(f"bronze.orders:{text}..2.5",)))
    pipeline.run(md.Selection(refresh=("bronze.orders:1..2.5",)))
    assert [row[0] for row in served(pipeline) if row[2] == 9] == [1, 3]  # 3 is pulled each time


def test_a_range_of_times_in_mariadb(tmp_path: Path, mariadb_url: str) -> None:
    """MySQL only warns of what is no time, and then finds no row."""
    create = "create table orders (id int primary key, changed datetime(6), price int)"
    days = ", ".join(f"({day}, '2024-01-0{day} 12:00', 0)" for day in range(1, 6))
    execute_mysql(mariadb_url, create, f"insert into orders values {days}")
    pipeline = declared(tmp_path, mariadb_url, "lag: 1 hour")
    pipeline.run()
    execute_mysql(mariadb_url, "update orders set price = 9")
    for text in ("soon", "2024-13-45", "7"):
        with pytest.raises(md.MedallionError, match=f"has dates or times, and '{text}' is none"):
            pipeline.run(md.Selection(refresh=(f"bronze.orders:{text}..2024-02-01",)))
    pipeline.run(md.Selection(refresh=("bronze.orders:2024-01-02..2024-01-03T12:00:00+01:00",)))
    assert [row[0] for row in served(pipeline) if row[2] == 9] == [2, 5]  # 5 is pulled each time
    pipeline.run(md.Selection(refresh=("bronze.orders:2024-01-03T13:00+01:00..2024-01-04",)))
    assert [row[0] for row in served(pipeline) if row[2] == 9] == [2, 3, 5]


MONGODB = """\
name: shop
tables:
  bronze:
    orders: {{source: {{mongodb: {{url: "{url}", collection: orders, cursor: changed, {more}}}}}}}
  silver:
    orders: {{from: bronze.orders, steps: [{{deduplicate: _id}}]}}
  gold:
    orders: {{from: silver.orders, steps: [{{derive: {{id: n}}}}, {{select: [id, price]}}]}}
"""


def test_mongodb(tmp_path: Path, mongodb_url: str) -> None:
    """Late documents, updates, documents without a date, deletions found by a whole pull."""
    client: MongoClient[dict[str, Any]]
    with MongoClient(mongodb_url) as client:
        orders = client.get_default_database()["orders"]
        pipeline = declared(tmp_path, mongodb_url, "lag: 10 minutes", MONGODB)
        noon = datetime(2024, 1, 1, 12, tzinfo=UTC)
        late = [0, 20, 20, 15, None, 60, 90, 85]
        for number, minutes in enumerate(late):
            moved = None if minutes is None else noon + timedelta(minutes=minutes)
            orders.insert_one({"n": number, "changed": moved, "price": 0})
            pipeline.run()
            assert served_ids(pipeline) == set(range(number + 1))
        files = sources(pipeline)
        assert len(files) > 3
        orders.update_one({"n": 0}, {"$set": {"changed": noon + timedelta(minutes=95), "price": 7}})
        orders.delete_one({"n": 1})
        pipeline.run()
        rows = pipeline.store().find("orders", md.Query()).rows
        assert {row["id"]: row["price"] for row in rows} == dict.fromkeys(range(1, 8), 0) | {0: 7}
        pipeline.run(full=True)
        assert served_ids(pipeline) == {0, *range(2, 8)}
        assert sources(pipeline) == ["orders", "orders part 000001"]
        assert pipeline.run().status == "unchanged"
        orders.update_many({}, {"$set": {"changed": True}})
        with pytest.raises(SourceError, match="the cursor 'changed' has a value of type bool"):
            pipeline.run(full=True)


REST = """\
name: shop
tables:
  bronze:
    orders:
      source:
        rest:
          url: {url}
          records: data
          cursor: {{param: after, path: next}}
          since: {{param: since, cursor: changed}}
          key: id
          {more}
  silver:
    orders: {{from: bronze.orders, steps: [{{deduplicate: {{key: id, order_by: [changed]}}}}]}}
  gold:
    orders: {{from: silver.orders}}
"""


@pytest.fixture
def api() -> Iterator[RestServer]:
    with serving_records() as server:
        server.records = []
        server.reply = rest_server.since
        yield server


def test_an_api(tmp_path: Path, api: RestServer) -> None:
    """Late records, updates, deletions found by a whole pull; each record is requested once."""
    pipeline = declared(tmp_path, f"{api.url}/orders", "lag: 10", REST)
    api.records = [{"id": number, "changed": number, "price": 0} for number in range(1, 101)]
    first = pipeline.run()
    assert len(api.requests) == 50
    api.requests.clear()
    assert pipeline.run().status == "unchanged"
    assert {query for _, query in api.requests} >= {"since=89"}  # 100 - 10, and one less
    assert len(api.requests) == 6

    api.records += [{"id": 101, "changed": 120, "price": 0}, {"id": 102, "changed": 95, "price": 0}]
    api.records[0] = {"id": 1, "changed": 121, "price": 7}
    del api.records[1]
    api.faults = ["cut", (429, {"Retry-After": "0"}), "cut", (503, {})]
    pipeline.run()
    rows = pipeline.store().find("orders", md.Query(limit=1000)).rows
    assert {row["id"]: row["price"] for row in rows} == dict.fromkeys(range(1, 103), 0) | {1: 7}
    assert sources(pipeline) == ["", "part 000001", "part 000002"]

    api.faults = ["cut", (404, {})]
    api.records.append({"id": 103, "changed": 130, "price": 0})
    with pytest.raises(SourceError, match="answered 404"):
        pipeline.run()
    assert len(served_ids(pipeline)) == 102
    assert first.release
    pipeline.roll_back(first.release)
    pipeline.run()
    assert served_ids(pipeline) == set(range(1, 104))
    pipeline.run(full=True)
    assert served_ids(pipeline) == {1, *range(3, 104)}
    assert pipeline.run().status == "unchanged"


def test_an_api_that_ignores_the_parameter_fails_the_run(tmp_path: Path, api: RestServer) -> None:
    api.records = [{"id": number, "changed": number, "price": 0} for number in range(1, 5)]
    pipeline = declared(tmp_path, f"{api.url}/orders", "lag: 1", REST)
    pipeline.run()
    api.reply = lambda server, _: ({"data": server.records}, {})
    with pytest.raises(SourceError, match="the cursor 'changed' has the value 1, although records"):
        pipeline.run()
    assert served_ids(pipeline) == {1, 2, 3, 4}


def test_doctor_requests_one_page(tmp_path: Path, api: RestServer) -> None:
    api.records = [{"id": number, "changed": number, "price": 0} for number in range(1, 50)]
    pipeline = declared(tmp_path, f"{api.url}/orders", "lag: 1", REST)
    probes = {probe.name: probe for probe in doctor.examine(lambda: pipeline)}
    assert probes["source bronze.orders"].outcome == "ok"
    assert len(api.requests) == 1


def test_a_reader_needs_a_step_of_the_key(tmp_path: Path) -> None:
    text = YAML.replace("deduplicate: {{key: id, order_by: [changed]}}", "sort: id")
    with pytest.raises(DeclarationError) as caught:
        declared(tmp_path, "postgresql://db/shop", text=text)
    (problem,) = caught.value.problems
    assert problem.message == (
        "bronze.orders has each version of a row that its source has updated: "
        "begin `steps` with `deduplicate: [id]`, which keeps the last one"
    )


CREATE = "create table orders (id integer primary key, changed integer, price integer)"


def sqlite_writer(
    folder: Path, _: pytest.FixtureRequest
) -> tuple[md.Pipeline, Callable[[int], object]]:
    def write(statement: str) -> None:
        with closing(sqlite3.connect(folder / "shop.db")) as connection, connection:
            connection.execute(statement)

    write(CREATE)
    pipeline = declared(folder, "sqlite:shop.db", "lag: 1")
    return pipeline, lambda number: write(f"insert into orders values ({number}, {number}, 0)")


def postgres_writer(
    folder: Path, request: pytest.FixtureRequest
) -> tuple[md.Pipeline, Callable[[int], object]]:
    database = request.getfixturevalue("database")
    pipeline = declared(folder, request.getfixturevalue("postgres_url"), "lag: 1")
    return pipeline, lambda number: database.execute(
        "insert into orders values (%s, %s, 0)", (number, number)
    )


def rest_writer(
    folder: Path, request: pytest.FixtureRequest
) -> tuple[md.Pipeline, Callable[[int], object]]:
    server = request.getfixturevalue("api")
    pipeline = declared(folder, f"{server.url}/orders", "lag: 1", REST)
    return pipeline, lambda number: server.records.append(
        {"id": number, "changed": number, "price": 0}
    )


@pytest.mark.parametrize("writer", [sqlite_writer, postgres_writer, rest_writer])
def test_a_killed_pull_leaves_no_gap(
    writer: Any, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Killed before or after each third write; the next pull goes on where the last release is.

    With more `MEDALLION_KILLS`, before and after every write.
    """
    pipeline, insert = writer(tmp_path, request)
    point: int | None = 1
    number = 0
    while point is not None:
        number += 1
        insert(number)
        after = number % 2 == 0
        killed = killing.run_killed_at(tmp_path, point, after=after, kinds=(LocalStorage,))
        step = 3 if KILLS <= FEWEST else int(after)
        point = point + step if killed else None
    pipeline.run()
    assert number > 5
    assert served_ids(pipeline) == set(range(1, number + 1))
    rows = pipeline.store().find("orders", md.Query(limit=10_000)).rows
    assert len(rows) == number
    assert pipeline.run().status == "unchanged"
