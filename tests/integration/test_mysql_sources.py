"""Tables of MariaDB as sources: every value from the source to the sink, and what goes wrong."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest

import medallion as md
from medallion.errors import SourceError, TablesError, UnreachableError
from medallion.ops import doctor
from medallion.run import source_groups
from tests.mysql_statements import execute_mysql
from tests.proxy import Proxy, proxy

PASSWORD = "s3cret-word"  # noqa: S105 (of a test)
YAML = """\
name: shop
tables:
  bronze:
    orders: {{source: {{sql: {{url: "{url}", table: orders}}}}}}
    clients: {{source: {{sql: {{url: "{url}", query: select id from clients order by id}}}}}}
  silver:
    orders: {{from: bronze.orders}}
  gold:
    orders: {{from: silver.orders}}
    clients: {{from: bronze.clients}}
"""
# Of each type, its value in the store.
VALUES: dict[str, tuple[str, Any]] = {
    "bigint unsigned": ("9223372036854775807", 9223372036854775807),
    "decimal(12,2)": ("1.10", Decimal("1.10")),
    "decimal(65,30)": ("0.000000000000000000000000000001", f"0.{'0' * 29}1"),
    "float": ("0.1", 0.1),
    "double": ("0.1e0 + 0.2e0", 0.1 + 0.2),
    "bit(1)": ("b'1'", True),
    "bit(9)": ("b'100000001'", 257),
    "date": ("'2024-02-29'", date(2024, 2, 29)),
    "datetime(6)": ("'2024-02-29 12:00:00.000001'", datetime(2024, 2, 29, 12, 0, 0, 1)),
    "timestamp null": ("'2024-02-29 12:00:00'", datetime(2024, 2, 29, 10, tzinfo=UTC)),
    "time(1)": ("'23:59:59.5'", "23:59:59.500000"),
    "year": ("2024", 2024),
    "varchar(9)": ("'€\"\\n,'", '€"\n,'),
    "json": ("'{\"a\": 1.10}'", '{"a": 1.10}'),
    "enum('sad','ok')": ("'ok'", "ok"),
    "set('a','b')": ("'b,a'", "a,b"),
    "blob": ("x'00ff'", b"\x00\xff"),
}


@pytest.fixture
def url(mariadb_url: str) -> Iterator[str]:
    """The URL of a database with tables, for a user with a password."""
    database = urlsplit(mariadb_url).path[1:]
    user = f"u{database[-8:]}"
    columns = ", ".join(f"c{number} {type_}" for number, type_ in enumerate(VALUES))
    values = ", ".join(value for value, _ in VALUES.values())
    execute_mysql(
        mariadb_url,
        "set time_zone = '+02:00'",
        f"create table orders (id int primary key, {columns})",
        f"insert into orders values (1, {values})",
        "insert into orders (id) values (2)",
        "create table clients (id int primary key)",
        "insert into clients values (1), (2)",
        f"create user {user} identified by '{PASSWORD}'",
        f"grant all on {database}.* to {user}",
    )
    parts = urlsplit(mariadb_url)
    place = f"{user}:{PASSWORD}@{parts.hostname}:{parts.port}"
    yield urlunsplit(parts._replace(netloc=place))
    execute_mysql(mariadb_url, f"drop user {user}")


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_groups, "BACK_OFF", 0)


def declared(folder: Path, url: str) -> md.Pipeline:
    (folder / "medallion.yaml").write_text(YAML.format(url=url))
    return md.Pipeline.load(folder / "medallion.yaml")


def served(pipeline: md.Pipeline, table: str = "orders") -> dict[Any, dict[str, Any]]:
    return {row["id"]: row for row in pipeline.store().find(table, md.Query()).rows}


def test_every_value_arrives_in_the_sink(tmp_path: Path, url: str) -> None:
    pipeline = declared(tmp_path, url)
    pipeline.run()
    rows = served(pipeline)
    values = [rows[1][f"c{number}"] for number in range(len(VALUES))]
    assert values[3] == pytest.approx(0.1)  # a float32
    expected = [value for _, value in VALUES.values()]
    assert [*values[:3], *values[4:]] == [*expected[:3], *expected[4:]]
    assert rows[2] == {"id": 2, **{f"c{number}": None for number in range(len(VALUES))}}
    assert served(pipeline, "clients").keys() == {1, 2}
    assert pipeline.run().status == "unchanged"
    stored = [path for path in (tmp_path / "lake").rglob("*") if path.is_file()]
    assert not [path for path in stored if PASSWORD.encode() in path.read_bytes()]


def test_what_goes_wrong_publishes_nothing(tmp_path: Path, url: str) -> None:
    pipeline = declared(tmp_path, url)
    pipeline.run()
    execute_mysql(url, "alter table clients modify id varchar(9)")
    (step,) = [step for step in pipeline.run().steps if step.table == "bronze.clients"]
    assert step.drift == ("column 'id' was int32 and is text now",)
    release = pipeline.lake.current()
    execute_mysql(url, "drop table orders")
    with pytest.raises(SourceError, match=r"orders: Table '.*orders' doesn't exist"):
        pipeline.run()
    wrong = url.replace(PASSWORD, "wr0ng-word")
    with pytest.raises(TablesError, match="Access denied") as caught:
        declared(tmp_path, wrong).run()
    assert "wr0ng-word" not in str(caught.value)
    assert pipeline.lake.current() == release
    probes = {probe.name: probe for probe in doctor.examine(lambda: pipeline)}
    assert probes["source bronze.clients"].outcome == "ok"
    assert probes["source bronze.orders"].outcome == "failure"
    assert "correct its name" in probes["source bronze.orders"].advice


@pytest.fixture
def between(url: str) -> Iterator[Proxy]:
    with proxy(url) as server:
        yield server


def test_a_server_that_dies_during_a_pull(tmp_path: Path, url: str, between: Proxy) -> None:
    execute_mysql(url, "drop table clients", "create table clients (id varchar(999) primary key)")
    execute_mysql(url, "insert into clients select concat(seq, repeat('x', 900)) from seq_1_to_999")
    port = urlsplit(between.url).port
    parts = urlsplit(url)
    host = f"{parts.username}:{parts.password}@127.0.0.1:{port}"
    pipeline = declared(tmp_path, urlunsplit(parts._replace(netloc=host)))
    between.cut_after = 500_000
    pipeline.run()
    assert between.cuts == 1
    release = pipeline.lake.current()
    assert release is not None
    assert release.tables["bronze.clients"].rows == 999
    between.refuse = True
    with pytest.raises(UnreachableError, match="cannot be reached") as caught:
        pipeline.run()
    assert PASSWORD not in str(caught.value)
    assert pipeline.lake.current() == release
