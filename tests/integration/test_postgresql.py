"""A release in PostgreSQL: the shop as on SQLite, plain SQL on its views, kills at the switch."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from falcon.testing import TestClient

import medallion as md
from medallion.contracts import Query
from medallion.errors import SinkError
from medallion.ops import doctor
from medallion.ops.repair import repair
from medallion.ops.verify import Inspection
from medallion.query.cursor import read_cursor, write_cursor
from medallion.sinks.postgres import sink as sink_module
from medallion.sinks.postgres.database import connect, execute
from medallion.testing.processes import fork
from medallion_api.app import assemble, create_app
from tests.examples.test_shop import COUNTS, SHOP
from tests.integration import small
from tests.services import Unavailable, postgres

if TYPE_CHECKING:
    from psycopg import Connection

PATHS = (
    "/clients",
    "/products",
    "/monthly",
    "/countries",
    "/top-clients?country=Spain",
    "/stats/summary",
)


def shop(folder: Path, store: str) -> md.Pipeline:
    folder.mkdir()
    shutil.copytree(SHOP / "data", folder / "data")
    shutil.copy(SHOP / "medallion.yaml", folder)
    (folder / ".env").write_text(f"MEDALLION_STORE={store}\n")
    return md.Pipeline.load(folder / "medallion.yaml")


def answers(pipeline: md.Pipeline) -> list[Any]:
    client = TestClient(create_app(pipeline))
    replies = [client.simulate_get(path) for path in PATHS]
    assert {reply.status_code for reply in replies} == {200}
    return [reply.json.get("rows") or reply.json for reply in replies]


@pytest.fixture
def connection(postgres_url: str) -> Iterator[Connection]:
    with closing(connect(postgres_url)) as connection:
        yield connection


def figure(connection: Connection, sql: str) -> Any:
    (value,) = execute(connection, sql).fetchone() or (None,)
    return value


def test_the_shop_has_the_same_figures_as_on_sqlite(
    tmp_path: Path, postgres_url: str, connection: Connection
) -> None:
    pipeline = shop(tmp_path / "postgresql", postgres_url)
    run = pipeline.run()
    assert {load.served.table.removeprefix("gold."): load.served.rows for load in run.loads} == (
        COUNTS
    )
    other = shop(tmp_path / "sqlite", "sqlite:serving.db")
    other.run()
    with closing(pipeline.store()) as store, closing(other.store()) as expected:
        for table, served in store.tables().items():
            query = Query(limit=2000)
            assert store.find(table, query).rows == expected.find(table, query).rows
            numbers = [c.name for c in served.columns if c.type.startswith(("decimal", "int"))]
            metrics = {f"sum of {name}": f"sum({name})" for name in numbers}
            assert store.group(table, (), metrics, query) == (
                expected.group(table, (), metrics, query)
            )
    assert answers(pipeline) == answers(other)
    assert figure(connection, "select count(*) from clients_stats") == COUNTS["clients_stats"]
    sums = "select sum(revenue) = (select sum(revenue) from product_stats) from monthly_stats"
    assert figure(connection, sums) is True


@pytest.fixture
def pipeline(tmp_path: Path, postgres_url: str) -> md.Pipeline:
    """The small project, whose URL has a secret, with one release in PostgreSQL."""
    url = f"{postgres_url}?sslpassword=hunter2-of-ann"
    file = small.write(tmp_path, small.YAML.replace("sqlite:lake/serving.db", url))
    pipeline = md.Pipeline.load(file)
    pipeline.run()
    return pipeline


def add_march(pipeline: md.Pipeline) -> None:
    (pipeline.base / "data/orders/2024-03.csv").write_text(small.MARCH)


def revenue(connection: Connection) -> Decimal:
    value: Decimal = figure(connection, "select sum(revenue) from by_client")
    return value


def test_views_follow_releases_and_rollbacks(pipeline: md.Pipeline, connection: Connection) -> None:
    assert revenue(connection) == small.BOTH[1]
    add_march(pipeline)
    pipeline.run()
    assert revenue(connection) == small.ALL[1]
    pipeline.roll_back()
    assert revenue(connection) == small.BOTH[1]
    with closing(pipeline.store()) as store:
        assert store.group("by_client", (), {"r": "sum(revenue)"}, Query()) == [
            {"r": small.BOTH[1]}
        ]


def test_text_that_cannot_be_stored_is_an_error_of_the_client(pipeline: md.Pipeline) -> None:
    api = assemble(pipeline)
    api.reading.cells = 0  # so that PostgreSQL is asked, not the memory
    client = TestClient(api.app)

    def status(path: str, **params: str) -> int:
        return client.simulate_get(path, params=params).status_code

    forged = "a\0b"
    for sort in ("client_id", "-client_id"):
        page = {"limit": "1", "sort": sort}
        first = client.simulate_get("/tables/by_client", params=page).json
        position = replace(read_cursor(first["cursor"]), values=(forged,))
        assert status("/tables/by_client", cursor=write_cursor(position), **page) == 400
        position = replace(position, release=forged)
        assert status("/tables/by_client", cursor=write_cursor(position), **page) == 400
    assert status("/tables/by_client/a%00b") == 404
    for operator in ("", "__ne", "__lt", "__in", "__contains", "__startswith", "__search"):
        assert status("/tables/by_client", **{f"client_id{operator}": forged}) == 200
    api.reading.store.close()


def test_a_new_reader_may_read_from_the_next_release_on(
    pipeline: md.Pipeline, connection: Connection
) -> None:
    def readers() -> set[str]:
        sql = "select rolname from pg_roles where has_table_privilege(oid, 'by_client', 'select')"
        return {name for (name,) in execute(connection, f"{sql} and rolname like 'reader%'")}

    file = pipeline.base / "medallion.yaml"
    text = file.read_text()
    for role in ("reader_a", "reader_b"):
        execute(connection, f"create role {role}")
    try:
        sink = "    tables:\n      by_client"
        file.write_text(text.replace(sink, f"    reader: reader_a\n{sink}"))
        changed = md.Pipeline.load(file)
        changed.run()
        assert readers() == set()
        add_march(changed)
        changed.run()
        assert readers() == {"reader_a"}
        file.write_text(text.replace(sink, f"    reader: reader_b\n{sink}"))
        md.Pipeline.load(file).roll_back()
        assert readers() == {"reader_a", "reader_b"}
    finally:
        for role in ("reader_a", "reader_b"):
            execute(connection, f"drop owned by {role}")
            execute(connection, f"drop role {role}")


@pytest.mark.parametrize("step", ["load_table", "copy_table", "switch", "record_owner"])
def test_a_run_that_is_killed_at_the_switch_is_completed_by_the_next(
    pipeline: md.Pipeline,
    connection: Connection,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
) -> None:
    if step == "copy_table":
        small.as_large(monkeypatch)
    add_march(pipeline)
    step_of_sink: Callable[..., Any] = getattr(sink_module, step)

    def killed(*values: Any, **options: Any) -> None:
        step_of_sink(*values, **options)  # in a transaction, which then never commits
        os.kill(os.getpid(), signal.SIGKILL)

    process = fork()
    if process == 0:
        monkeypatch.setattr(sink_module, step, killed)
        pipeline.run()
        os._exit(0)
    status = os.waitpid(process, 0)[1]
    assert os.WTERMSIG(status) == signal.SIGKILL
    assert revenue(connection) == small.BOTH[1]
    pipeline.run()
    assert revenue(connection) == small.ALL[1]
    with closing(pipeline.store()) as store:
        assert store.release().id == pipeline.lake.current().id  # type: ignore[union-attr]


def test_damage_is_found_and_repaired(pipeline: md.Pipeline, connection: Connection) -> None:
    def damaged() -> list[str]:
        return [damage.said for damage in Inspection(pipeline).damages]

    sink = pipeline.declaration.sinks["serving"].sink
    assert {probe.outcome for probe in doctor.sink("serving", sink)} == {"ok"}
    assert damaged() == []
    name = sink.active().served["serving"]["by_client"].name
    execute(connection, f'delete from "{name}"')
    assert damaged() == ["has 0 rows; 2 were loaded"]
    assert list(repair(pipeline))
    assert damaged() == []
    assert revenue(connection) == small.BOTH[1]


def test_a_lost_server_is_an_error_without_secrets(tmp_path: Path) -> None:
    try:
        with postgres() as service:
            url = f"{service.url}/postgres?sslpassword=hunter2-of-ann&options=-cgeqo%3Doff"
            file = small.write(tmp_path, small.YAML.replace("sqlite:lake/serving.db", url))
            pipeline = md.Pipeline.load(file)
            pipeline.run()
            store = pipeline.store()
            assert store.count("by_client", Query()) == 2
        for attempt in (lambda: store.count("by_client", Query()), lambda: pipeline.run()):
            add_march(pipeline)
            with pytest.raises(SinkError, match="cannot be reached") as error:
                attempt()
            assert "check that the server runs" in error.value.hint
            assert "hunter2" not in f"{error.value!r} {error.value}"
            assert "geqo" not in str(error.value)
        store.close()
    except Unavailable as reason:
        pytest.skip(str(reason))
