"""The PostgreSQL sink beyond the contract of all sinks."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from medallion.contracts import Query
from medallion.errors import SinkError
from medallion.sinks.postgres import lock_waits
from medallion.sinks.postgres.database import connect, execute
from medallion.sinks.postgres.sink import Postgres
from medallion.testing.served import SPEC, items, load, publish, reading, release

if TYPE_CHECKING:
    from psycopg import Connection


@pytest.mark.parametrize(
    "fields",
    [
        {"url": "postgresql://host"},
        {"url": "postgresql://ann:s3cret@host/"},
        {"url": "mysql://host/shop"},
        {"url": "postgresql://host/shop", "schema": ""},
        {"url": "postgresql://host/shop", "schema": "pg_toast"},
        {"url": "postgresql://host/shop", "schema": "é" * 32},
    ],
)
def test_an_unusable_setting_is_refused_and_the_url_never_shown(fields: dict[str, str]) -> None:
    with pytest.raises(ValidationError) as error:
        Postgres.model_validate(fields)
    assert "s3cret" not in str(error.value)


def test_the_url_is_not_shown() -> None:
    url = "postgresql://ann:s3cret@host/shop?sslpassword=h1dden"
    sink = Postgres(url=url)
    for text in (repr(sink), repr(sink.store()), sink._place):
        assert "s3cret" not in text
        assert "h1dden" not in text
    assert sink._place == "postgresql://***@host/shop"


def test_names_whose_tables_would_be_cut_are_unfit() -> None:
    sink = Postgres(url="postgresql://host/shop")
    assert dict(sink.unfit_names(["a" * 46, "b" * 47])) == {
        "b" * 47: f"PostgreSQL holds table names of at most 46 characters; {'b' * 47!r} has 47"
    }


def test_two_schemas_serve_two_releases(postgres_url: str) -> None:
    first = Postgres.model_validate({"url": postgres_url, "schema": "one"})
    second = Postgres.model_validate({"url": postgres_url, "schema": "two"})
    publish(first, "first", items(5))
    assert second.active() is None
    publish(second, "second", items(7))
    assert reading(first, lambda store: store.count("items", Query())) == 5
    assert reading(second, lambda store: store.count("items", Query())) == 7


def test_a_switch_waits_for_the_reader_of_a_view(
    sink: Postgres, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock_waits, "LOCK_MILLISECONDS", 50)
    monkeypatch.setattr(lock_waits, "ATTEMPTS", 1000)
    first = publish(sink, "first", items(5))
    second = release(sink, "second", [load(sink, "two", items(6)).served])
    with connect(postgres_url) as reader:
        with reader.transaction():
            execute(reader, "select * from items")
            switching = threading.Thread(target=sink.activate, args=(second,))
            switching.start()
            switching.join(0.3)
            assert sink.active() == first
        switching.join()
    assert sink.active() == second


def test_a_switch_that_never_gets_a_view_is_refused(
    sink: Postgres, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock_waits, "LOCK_MILLISECONDS", 10)
    first = publish(sink, "first", items(5))
    with connect(postgres_url) as reader, reader.transaction():
        execute(reader, "select * from items")
        with pytest.raises(SinkError, match="lock timeout") as error:
            publish(sink, "second", items(6))
    assert "another session uses the tables" in error.value.hint
    assert sink.active() == first


def wait_for_a_blocked_session(connection: Connection) -> None:
    sql = (
        "select 1 from pg_locks where not granted "
        "and database = (select oid from pg_database where datname = current_database())"
    )
    while not execute(connection, sql).fetchone():
        time.sleep(0.01)


def test_a_reader_of_two_views_and_a_switch_do_not_end_each_other(
    sink: Postgres, postgres_url: str, connection: Connection
) -> None:
    names = ("items", "others")
    specs = [SPEC.model_copy(update={"name": name}) for name in names]
    former = [load(sink, "one", items(5), spec).served for spec in specs]
    latter = [load(sink, "two", items(6), spec).served for spec in specs]
    sink.activate(release(sink, "first", former))
    second = release(sink, "second", latter)
    with ThreadPoolExecutor(1) as executor, connect(postgres_url) as reader:
        with reader.transaction():
            assert execute(reader, "select count(*) from others").fetchone() == (5,)
            switching = executor.submit(sink.activate, second)
            wait_for_a_blocked_session(connection)  # the switch has replaced `items`
            assert execute(reader, "select count(*) from items").fetchone() == (5,)
        switching.result()
    assert sink.active() == second


def test_a_connection_that_was_lost_between_two_steps_is_opened_again(
    sink: Postgres, connection: Connection
) -> None:
    with sink.connected() as connected:
        for ident in ("first", "second"):
            end_other_sessions(connection)
            served = load(connected, ident, items(5)).served
            end_other_sessions(connection)
            connected.activate(release(sink, ident, [served]))
        end_other_sessions(connection)
        assert connected.prune([]) == 1
    while other_sessions(connection):  # none is left open
        time.sleep(0.01)


def test_a_connection_that_the_server_ended_as_idle_is_opened_again(
    postgres_url: str, connection: Connection
) -> None:
    sink = Postgres(url=f"{postgres_url}?options=-c%20idle_session_timeout%3D1500")
    with sink.connected() as connected:
        first = release(sink, "first", [load(connected, "one", items(5)).served])
        while other_sessions(connection):
            time.sleep(0.05)
        connected.activate(first)
        with closing(sink.store()) as store:
            assert store.count("items", Query()) == 5
            while other_sessions(connection):
                time.sleep(0.05)
            assert store.count("items", Query()) == 5


def other_sessions(connection: Connection) -> list[int]:
    sql = (
        "select pid from pg_stat_activity "
        "where datname = current_database() and pid <> pg_backend_pid()"
    )
    return [pid for (pid,) in execute(connection, sql).fetchall()]


def end_other_sessions(connection: Connection) -> None:
    for pid in other_sessions(connection):
        execute(connection, "select pg_terminate_backend(?, 5000)", [pid])


def test_discarded_tables_are_loaded_again(sink: Postgres, connection: Connection) -> None:
    active = publish(sink, "first", items(5))
    sink.discard(active, None, "mark")
    assert [flaw.said for flaw in sink.flaws(active)] == ["is not loaded"]
    assert publish(sink, "first", items(5)) == active
    assert execute(connection, "select count(*) from items").fetchone() == (5,)
