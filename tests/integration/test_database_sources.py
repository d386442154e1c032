"""Tables of a database as sources: pulled into files, compared, traced and retracted as those are."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import duckdb
import psycopg
import pytest

import medallion as md
from medallion.errors import SinkError, SourceError, UnreachableError
from medallion.ops import doctor
from medallion.run import source_groups
from tests.services import free_ports

PASSWORD = "s3cret-word"  # noqa: S105 (of a test; the server trusts everyone)
YAML = """\
name: shop
tables:
  bronze:
    orders: {{source: {{sql: {{url: "{url}", table: orders}}}}}}
    clients: {{source: {{sql: {{url: "{url}", query: "select id, name from clients order by id"}}}}}}
  silver:
    orders:
      from: bronze.orders
      expect: [{{between: {{price: [0, 1000]}}, on_fail: quarantine}}]
  gold:
    orders: {{from: silver.orders}}
    clients: {{from: bronze.clients}}
sinks:
  serving: {{url: "sqlite:lake/serving.db", tables: {{orders: {{key: id}}}}}}
"""
TABLES = """
    create table orders (id int primary key, client int, price numeric(12,2), note text,
        tags text[], paid boolean, ordered_on date, changed timestamptz, content bytea, more jsonb);
    create table clients (id int primary key, name text);
    insert into orders values
        (1, 1, 1.10, null, '{a,b}', true, '2024-02-29', '2024-02-29 12:00+00', '\\x00ff', '{"a": 1}'),
        (2, 1, 5000, '', null, false, null, null, null, null),
        (3, 2, 0.00, 'x', '{}', null, null, null, null, null);
    insert into clients values (1, 'Ann'), (2, 'Bob');
"""


@pytest.fixture
def database(postgres_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(TABLES)
        yield connection


@pytest.fixture
def pipeline(tmp_path: Path, database: psycopg.Connection, postgres_url: str) -> md.Pipeline:
    assert not database.closed  # it has the tables
    parts = urlsplit(postgres_url)
    host = parts.netloc.rpartition("@")[2]
    return declared(tmp_path, urlunsplit(parts._replace(netloc=f"postgres:{PASSWORD}@{host}")))


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_groups, "BACK_OFF", 0)


def declared(folder: Path, url: str, text: str = YAML) -> md.Pipeline:
    (folder / "medallion.yaml").write_text(text.format(url=url))
    return md.Pipeline.load(folder / "medallion.yaml")


def served(pipeline: md.Pipeline, table: str = "orders") -> dict[Any, dict[str, Any]]:
    rows = pipeline.store().find(table, md.Query()).rows
    return {row["id"]: row for row in rows}


def decisions(run: md.Run) -> dict[str, str]:
    return {step.table: step.action for step in run.steps}


def test_values_arrive_as_they_are_in_the_database(pipeline: md.Pipeline) -> None:
    assert pipeline.run().status == "succeeded"
    rows = served(pipeline)
    assert rows[1] == {
        "id": 1,
        "client": 1,
        "price": Decimal("1.10"),
        "note": None,
        "tags": ["a", "b"],
        "paid": True,
        "ordered_on": date(2024, 2, 29),
        "changed": datetime(2024, 2, 29, 12, tzinfo=UTC),
        "content": b"\x00\xff",
        "more": '{"a": 1}',
    }
    assert (rows[3]["note"], rows[3]["tags"], rows[3]["paid"]) == ("x", [], None)
    assert served(pipeline, "clients")[2]["name"] == "Bob"


def test_infinite_days_are_reported_when_they_are_read_and_set_aside_by_a_cast(
    tmp_path: Path, database: psycopg.Connection, postgres_url: str
) -> None:
    database.execute("update orders set ordered_on = 'infinity' where id = 2")
    database.execute("update orders set changed = '-infinity' where id = 3")
    pipeline = declared(tmp_path, postgres_url)
    with pytest.raises(SinkError, match="row 2: -infinity is outside") as caught:
        pipeline.run()
    assert "by a `cast` of the column to its type" in (caught.value.hint or "")
    steps = """expect: [{{between: {{price: [0, 9000]}}, on_fail: quarantine}}]
      steps:
        - cast: {{ordered_on: date}}
        - derive: {{changed: case when isfinite(changed) then changed end}}"""
    old = YAML[YAML.index("expect:") : YAML.index("  gold:")].rstrip()
    pipeline = declared(tmp_path, postgres_url, YAML.replace(old, steps))
    run = pipeline.run()
    (step,) = (step for step in run.steps if step.table == "bronze.orders")
    days, times = step.warnings
    assert "record 2 has infinity in 'ordered_on'" in days
    assert "record 3 has -infinity in 'changed'" in times
    (reject,) = pipeline.lake.quarantine("silver.orders").to_arrow().to_pylist()
    assert [reject[name] for name in ("rule", "column", "record", "value")] == [
        "cast",
        "ordered_on",
        2,
        "infinity",
    ]
    rows = pipeline.lake.table("gold.orders").scan().project("id, changed").order("id")
    assert rows.fetchall() == [(1, datetime(2024, 2, 29, 12, tzinfo=UTC)), (3, None)]


def test_records_are_quarantined_and_traced(pipeline: md.Pipeline) -> None:
    pipeline.run()
    label = f"{urlsplit(pipeline.declaration.table('bronze.orders').pulled.label).geturl()}"  # type: ignore[union-attr]
    (reject,) = pipeline.lake.quarantine("silver.orders").to_arrow().to_pylist()
    assert (reject["file"], reject["record"], reject["value"]) == (label, 2, "5000.00")
    (origin,) = pipeline.why("gold.orders", {"id": 3}).to_arrow().to_pylist()
    assert (origin["file"], origin["record"]) == (label, 3)


def test_a_pull_with_nothing_new_computes_nothing(
    pipeline: md.Pipeline, database: psycopg.Connection
) -> None:
    pipeline.run()
    assert {step.decision for step in pipeline.plan().steps} == {"unchanged"}
    database.execute("update orders set note = note")  # moves the rows in the table
    assert pipeline.run().status == "unchanged"
    database.execute("insert into clients values (3, 'Cem'); delete from clients where id = 1")
    steps = {step.table: step for step in pipeline.plan().steps}
    assert (steps["bronze.orders"].decision, steps["bronze.clients"].why) == (
        "unchanged",
        "files: 1 changed",
    )
    run = pipeline.run()
    assert decisions(run) == {
        "bronze.orders": "unchanged",
        "bronze.clients": "computed",
        "silver.orders": "unchanged",
        "gold.orders": "unchanged",
        "gold.clients": "computed",
    }
    assert served(pipeline, "clients").keys() == {2, 3}


def test_the_stamp_does_not_answer_for_a_database(pipeline: md.Pipeline, tmp_path: Path) -> None:
    pipeline.run()
    pipeline.run()
    assert not (tmp_path / "lake/stamp.json").exists()


def test_a_rollback_shows_what_was_pulled_before(
    pipeline: md.Pipeline, database: psycopg.Connection
) -> None:
    first = pipeline.run()
    database.execute("update clients set name = 'Cem' where id = 1")
    pipeline.run()
    assert served(pipeline, "clients")[1]["name"] == "Cem"
    assert first.release
    pipeline.roll_back(first.release)
    assert served(pipeline, "clients")[1]["name"] == "Ann"
    pipeline.run()
    assert served(pipeline, "clients")[1]["name"] == "Cem"


def test_tables_of_one_run_are_of_one_moment(
    pipeline: md.Pipeline, database: psycopg.Connection, postgres_url: str
) -> None:
    """A writer moves a client from one table to the other; the run must see each client once."""
    database.execute("create table former (id int primary key, name text)")
    text = "\n".join(
        [
            "name: moves",
            "tables:",
            "  bronze:",
            '    clients: {{source: {{sql: {{url: "{url}", table: clients}}}}}}',
            '    former: {{source: {{sql: {{url: "{url}", table: former}}}}}}',
            "  gold:",
            "    clients: {{from: bronze.clients, steps: [{{union: bronze.former}}]}}",
        ]
    )
    moves = declared(pipeline.context.base, postgres_url, text)
    stop = threading.Event()

    def write() -> None:
        with psycopg.connect(postgres_url) as connection:
            while not stop.is_set():
                for source, target in (("clients", "former"), ("former", "clients")):
                    connection.execute(
                        f"insert into {target} select * from {source} where id = 1".encode()
                    )
                    connection.execute(f"delete from {source} where id = 1".encode())
                    connection.commit()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(10):
            moves.run()
            rows = moves.store().find("clients", md.Query()).rows
            assert sorted(row["id"] for row in rows) == [1, 2]
    finally:
        stop.set()
        writer.join()


def test_no_secret_is_stored(pipeline: md.Pipeline, tmp_path: Path) -> None:
    pipeline.run()
    stored = [path for path in (tmp_path / "lake").rglob("*") if path.is_file()]
    assert not [path for path in stored if PASSWORD.encode() in path.read_bytes()]
    assert len(stored) > 10


def test_a_table_that_vanished_changes_nothing(
    pipeline: md.Pipeline, database: psycopg.Connection
) -> None:
    """And the other tables of the run are named, if they have failed, too."""
    pipeline.run()
    release = pipeline.lake.current()
    database.execute("drop table orders")
    with pytest.raises(SourceError, match='orders: relation "orders" does not exist'):
        pipeline.run()
    assert pipeline.lake.current() == release
    assert served(pipeline).keys() == {1, 3}


def test_a_column_that_changed_its_type_is_drift(
    pipeline: md.Pipeline, database: psycopg.Connection
) -> None:
    pipeline.run()
    database.execute("alter table clients alter id type text")
    run = pipeline.run()
    (step,) = [step for step in run.steps if step.table == "bronze.clients"]
    assert step.drift == ("column 'id' was int32 and is text now",)


def test_a_frozen_schema_refuses_another_type(
    tmp_path: Path, pipeline: md.Pipeline, database: psycopg.Connection, postgres_url: str
) -> None:
    frozen = YAML.replace("table: orders}}}}", "table: orders}}}}, schema: freeze")
    pipeline = declared(tmp_path, postgres_url, frozen)
    pipeline.run()
    release = pipeline.lake.current()
    database.execute("alter table orders alter note type int using 1")
    with pytest.raises(SourceError, match="column 'note' is int32, but text in"):
        pipeline.run()
    assert pipeline.lake.current() == release


def test_a_server_that_dies_is_no_retraction(
    tmp_path: Path, pipeline: md.Pipeline, postgres_url: str
) -> None:
    pipeline.run()
    release = pipeline.lake.current()
    parts = urlsplit(postgres_url)
    gone = urlunsplit(parts._replace(netloc=f"postgres:{PASSWORD}@127.0.0.1:{free_ports(1)[0]}"))
    with pytest.raises(UnreachableError, match="cannot be reached") as caught:
        declared(tmp_path, gone).run()
    assert PASSWORD not in str(caught.value)
    assert pipeline.lake.current() == release


def test_the_doctor_probes_each_source(pipeline: md.Pipeline, database: psycopg.Connection) -> None:
    database.execute("drop table orders")
    probes = {probe.name: probe for probe in doctor.examine(lambda: pipeline)}
    assert probes["source bronze.clients"].outcome == "ok"
    assert probes["source bronze.clients"].said.endswith(" query can be read")
    assert probes["source bronze.orders"].outcome == "failure"
    assert 'relation "orders" does not exist' in probes["source bronze.orders"].said
    assert "correct its name" in probes["source bronze.orders"].advice


def test_a_correction_replaces_a_record_of_a_table(pipeline: md.Pipeline) -> None:
    pipeline.run()
    rows = [dict(row) for row in pipeline.corrections.rejects("silver.orders").rows()]
    pipeline.corrections.correct("silver.orders", [{**row, "price": "50.00"} for row in rows])
    pipeline.run()
    assert served(pipeline)[2]["price"] == Decimal("50.00")
    assert pipeline.run().status == "unchanged"


def test_facts_about_the_pull_are_columns(
    tmp_path: Path, pipeline: md.Pipeline, postgres_url: str
) -> None:
    added = YAML.replace(
        "table: orders}}}}", "table: orders}}}}, add: {{source: path, line: record}}"
    )
    pipeline = declared(tmp_path, postgres_url, added)
    pipeline.run()
    row = served(pipeline)[3]
    assert (row["source"], row["line"]) == (
        pipeline.declaration.table("bronze.orders").pulled.label,
        3,
    )  # type: ignore[union-attr]


@pytest.mark.parametrize("kind", ["sqlite", "duckdb"])
def test_a_database_file_is_a_source(kind: str, tmp_path: Path) -> None:
    create = (
        "create table orders (id integer primary key, price double, note text)",
        "insert into orders values (2, 0.1, ''), (1, 5000.0, null)",
    )
    connect: Any = sqlite3.connect if kind == "sqlite" else duckdb.connect
    with closing(connect(str(tmp_path / "shop.db"))) as connection:
        for statement in create:
            connection.execute(statement)
        connection.commit()
    text = "\n".join(YAML.split("\n")[:4] + YAML.split("\n")[5:]).replace(
        "    clients: {{from: bronze.clients}}\n", ""
    )
    pipeline = declared(tmp_path, f"{kind}:shop.db", text)
    pipeline.run()
    assert [(row["id"], row["price"], row["note"]) for row in served(pipeline).values()] == [
        (2, 0.1, "")
    ]
    (reject,) = pipeline.lake.quarantine("silver.orders").to_arrow().to_pylist()
    assert reject["file"] == f"{kind}:shop.db orders"
    assert reject["record"] == (1 if kind == "sqlite" else 2)
    assert pipeline.run().status == "unchanged"
