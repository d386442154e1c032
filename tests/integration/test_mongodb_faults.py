"""Connection faults and errors of MongoDB: message, release that is still served, next run."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

import medallion as md
from medallion.contracts import Query
from medallion.errors import SinkError
from medallion.sinks.mongodb.database import connect
from medallion.sinks.mongodb.sink import MongoDB
from medallion.testing.served import SPEC, Row, batches, items, publish, snapshot
from tests import instants
from tests.integration import small
from tests.integration.served_project import IMPATIENT, YAML, Project, made, shown
from tests.proxy import Proxy, proxy
from tests.services import Unavailable, mongod

SECRET = "s3cret"  # noqa: S105 (of a server that exists for a minute)

LARGE = """\
    large:
      from: silver.orders
      steps:
        - sql: select order_id, repeat('x', 17000000) as text from orders
    total:
"""


@dataclass
class Server:
    """A server with users: `ann` (all rights), `plain` (writes but cannot create views)."""

    url: str
    database: str

    def url_for(
        self, user: str = "ann", password: str = SECRET, host: str = "", options: str = ""
    ) -> str:
        authority = f"{host or urlsplit(self.url).netloc}/{self.database}"
        return f"mongodb://{user}:{password}@{authority}?authSource=admin{options}"

    def through(self, between: Proxy, options: str = "") -> str:
        return self.url_for(host=urlsplit(between.url).netloc, options=f"&{IMPATIENT}{options}")


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    try:
        with mongod(tmp_path_factory.mktemp("guarded"), "--auth") as service:
            with connect(service.url + "/admin") as client:
                client.admin.command("createUser", "ann", pwd=SECRET, roles=["root"])
            with connect(service.url.replace("//", f"//ann:{SECRET}@") + "/admin") as client:
                writing = [
                    "find",
                    "insert",
                    "update",
                    "remove",
                    "createIndex",
                    "dropCollection",
                    "listCollections",
                ]
                actions = [*writing, "renameCollectionSameDB", "collMod"]
                anywhere: list[Any] = [
                    {"resource": {"db": "", "collection": ""}, "actions": actions}
                ]
                client.admin.command("createRole", "plain", privileges=anywhere, roles=[])
                client.admin.command("createUser", "plain", pwd=SECRET, roles=["plain"])
            yield service.url
    except Unavailable as reason:
        pytest.skip(str(reason))


def named(url: str) -> Server:
    return Server(url, f"medallion_test_{uuid4().hex[:12]}")


@pytest.fixture
def server(guarded: str) -> Server:
    return named(guarded)


@pytest.fixture
def between(guarded: str) -> Iterator[Proxy]:
    with proxy(guarded) as made_:
        yield made_


@pytest.fixture(scope="module")
def published(guarded: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, Server]:
    """A published project and its server."""
    server = named(guarded)
    folder = tmp_path_factory.mktemp("published") / "project"
    return made(folder, server.url_for()), server


@pytest.fixture
def home(published: tuple[Project, Server]) -> Server:
    """The server of the project."""
    return published[1]


@pytest.fixture
def project(published: tuple[Project, Server], home: Server) -> Iterator[Project]:
    """The published project, with a source file for the next run."""
    with published[0].continued(home.url_for()) as project:
        yield project


def failure(folder: Path) -> SinkError | None:
    """The error of a run, or None; its message must not have a secret."""
    failed = None
    try:
        small.load(folder).run()
    except SinkError as error:
        failed = error
    if failed:
        assert SECRET not in str(failed)
        assert failed.run
        assert SECRET not in failed.run.model_dump_json()
    return failed


def test_slow_replies_are_awaited(project: Project, home: Server, between: Proxy) -> None:
    project.store_at(home.through(between))
    between.delay = 0.01
    assert small.load(project.folder).run().status == "succeeded"
    assert shown(small.load(project.folder)) == project.after


@pytest.mark.parametrize("after", range(0, 48_000, 4_000))
def test_a_connection_cut_at_any_instant_loses_nothing(
    project: Project, home: Server, between: Proxy, after: int
) -> None:
    between.cut_after = after
    project.store_at(home.through(between))
    failed = failure(project.folder)
    instants.tried[instants.CUT] += between.cuts
    if failed:
        assert (
            f"mongodb://***@{urlsplit(between.url).netloc}/{home.database}: cannot be reached"
            in failed.message
        )
        assert "check that the server runs" in failed.hint
    project.store_at(home.url_for())
    project.recover(f"cut after {after} bytes")
    project.check_litter()


def test_a_server_that_refuses_connections_for_a_while(
    project: Project, home: Server, between: Proxy
) -> None:
    project.store_at(home.through(between))
    between.refuse = True
    failed = failure(project.folder)
    assert failed
    assert "cannot be reached" in failed.message
    assert shown_at(project, home.url_for()) == project.before
    between.refuse = False
    project.store_at(home.through(between))
    assert small.load(project.folder).run().status == "succeeded"
    assert shown(small.load(project.folder)) == project.after


def test_a_server_that_stops_responding_is_reported(server: Server, between: Proxy) -> None:
    patience = "&heartbeatFrequencyMS=500&connectTimeoutMS=1000"
    sink = MongoDB(url=server.through(between, patience))
    publish(sink, "first", items(20))

    def rows() -> Iterator[Row]:
        yield from items(40)
        between.delay = 120
        yield from items()[40:]

    with pytest.raises(SinkError, match=r"cannot be reached.*\n.*check that the server runs"):
        sink.load(SPEC, snapshot("second", 60), batches(rows()))
    store = MongoDB(url=server.url_for()).store()
    assert store.count("items", Query()) == 20
    store.close()


_CHECK_LOGIN = "check user, password and authSource"
_CHECK_ADDRESS = "host, port and options"


@pytest.mark.parametrize(
    ("url", "message", "hint"),
    [
        (lambda server: server.url_for("ann", "wrong"), "Authentication failed", _CHECK_LOGIN),
        (lambda server: server.url_for("nobody"), "Authentication failed", _CHECK_LOGIN),
        (lambda server: server.url_for(host="127.0.0.1:1"), "127.0.0.1:1", _CHECK_ADDRESS),
        (lambda server: server.url_for(host="nowhere.invalid"), "nowhere.invalid", _CHECK_ADDRESS),
    ],
    ids=["password", "user", "port", "host"],
)
def test_permanent_errors_fail_at_once_and_the_old_release_is_served(
    project: Project, home: Server, url: Callable[[Server], str], message: str, hint: str
) -> None:
    project.store_at(url(home))
    failed = failure(project.folder)
    assert failed
    assert message in failed.message
    assert f"/{home.database}: " in failed.message
    assert hint in failed.hint
    assert shown_at(project, home.url_for()) == project.before
    project.recover(message)


def test_a_user_without_the_right_to_create_views_publishes(
    project: Project, home: Server, caplog: pytest.LogCaptureFixture
) -> None:
    project.store_at(home.url_for("plain"))
    with caplog.at_level(logging.WARNING), connect(home.url_for()) as client:
        client.drop_database(home.database)
        assert small.load(project.folder).run().status == "succeeded"
    assert "may not create views" in caplog.text
    assert "readWrite" in caplog.text
    assert shown(small.load(project.folder)) == project.after


@pytest.mark.parametrize(
    ("was", "becomes", "said", "hint"),
    [
        ("{key: client_id,", "{key: orders,", "is not unique", "deduplicate the table by its key"),
        ("    total:\n", LARGE, "", "16 MB"),
    ],
    ids=["duplicate key", "16 MB"],
)
def test_rows_that_cannot_be_served_fail_and_the_old_release_is_served(
    project: Project, home: Server, was: str, becomes: str, said: str, hint: str
) -> None:
    declaration = project.folder / "medallion.yaml"
    assert was in YAML
    declaration.write_text(YAML.replace(was, becomes))
    failed = failure(project.folder)
    assert failed
    assert said in failed.message
    assert hint in failed.hint
    assert small.in_lake(small.load(project.folder)) == project.before
    assert shown_at(project, home.url_for()) == project.before
    declaration.write_text(YAML)
    project.recover(hint)
    project.check_litter()


def shown_at(project: Project, url: str) -> object:
    project.store_at(url)
    return shown(md.Pipeline.load(project.folder / "medallion.yaml"))
