"""The MongoDB sink beyond the contract of all sinks, on a real server."""

# ruff: noqa: S106, S107 (passwords of servers that exist for a minute)

from __future__ import annotations

import logging
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pymongo import MongoClient

from medallion.contracts import Query, TableSpec
from medallion.contracts.table_target import masked
from medallion.errors import SinkError
from medallion.ops import doctor
from medallion.sinks.mongodb.database import connect
from medallion.sinks.mongodb.sink import MongoDB
from medallion.testing.served import SPEC, Row, batches, items, load, publish, release, snapshot
from tests.services import Unavailable, mongod

if TYPE_CHECKING:
    from medallion.sinks.mongodb.database import Documents

IDS = TableSpec(name="ids", columns=SPEC.columns[:1], key=("id",))


@pytest.fixture
def sink(mongodb_url: str) -> MongoDB:
    return MongoDB(url=mongodb_url)


@pytest.fixture
def database(mongodb_url: str) -> Iterator[Documents]:
    with connect(mongodb_url) as client:
        yield client.get_default_database()


def _physical(sink: MongoDB, table: str = "items") -> str:
    active = sink.active()
    assert active
    return active.served["serving"][table].name


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (
            "mongodb://ann:s3cret@host:1/shop?tlsCertificateKeyFilePassword=s3cret",
            "mongodb://***@host:1/shop",
        ),
        ("mongodb+srv://ann:s3/cr@et@host/shop", "mongodb+srv://***@host/shop"),
        ("mongodb://a,b/shop?w=1", "mongodb://a,b/shop"),
        ("mongodb://a/shop?x=s3cret@y", "mongodb://***@y"),
    ],
)
def test_secrets_are_masked(url: str, shown: str) -> None:
    assert masked(url) == shown


def test_loads_share_one_client_which_ends_with_the_block(tmp_path: Path) -> None:
    try:
        with mongod(tmp_path) as service, MongoClient[dict[str, Any]](service.url) as watching:

            def connections(what: str) -> int:
                return int(watching.admin.command("serverStatus")["connections"][what])

            before = connections("totalCreated")
            with MongoDB(url=f"{service.url}/shop").connected() as sink:
                for name in "abcdefgh":
                    load(sink, name, items())
            assert (
                connections("totalCreated") - before < 8
            )  # a client has three at most, and so has the one that watches
            end = time.monotonic() + 120
            while connections("current") > 3:
                assert time.monotonic() < end, "the client was left open"
    except Unavailable as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with users: `root`, `reader` (read only), and `plain` (no right to create views)."""
    try:
        with mongod(tmp_path_factory.mktemp("guarded"), "--auth") as service:
            root = service.url.replace("//", "//root:pw@") + "/admin"
            with connect(service.url + "/admin") as client:
                client.admin.command("createUser", "root", pwd="pw", roles=["root"])
            with connect(root) as client:
                actions = [
                    "find",
                    "insert",
                    "update",
                    "remove",
                    "createIndex",
                    "dropCollection",
                    "listCollections",
                ]
                more = ["renameCollectionSameDB", "collMod"]
                anything = {
                    "resource": {"db": "shop", "collection": ""},
                    "actions": [*actions, *more],
                }
                plain: list[Any] = [anything]
                client.admin.command("createRole", "plain", privileges=plain, roles=[])
                client.admin.command("createUser", "plain", pwd="pw", roles=["plain"])
                client.admin.command(
                    "createUser", "reader", pwd="pw", roles=[{"role": "read", "db": "shop"}]
                )
            yield service.url
    except Unavailable as reason:
        pytest.skip(str(reason))


def _as(url: str, user: str, password: str = "pw") -> MongoDB:
    return MongoDB(url=url.replace("//", f"//{user}:{password}@") + "/shop?authSource=admin")


def test_wrong_credentials_and_missing_rights_are_reported(guarded: str) -> None:
    with pytest.raises(SinkError, match=r"Authentication failed.*\n.*password"):
        _as(guarded, "root", "wrong").active()
    with pytest.raises(SinkError, match=r"not authorized.*\n.*readWrite"):
        load(_as(guarded, "reader"), "one", items())


def test_a_release_is_published_without_the_right_to_create_views(
    guarded: str, caplog: pytest.LogCaptureFixture
) -> None:
    sink = _as(guarded, "plain")
    with caplog.at_level(logging.WARNING):
        publish(sink, "first", items())
    assert "may not create views" in caplog.text
    store = sink.store()
    assert store.count("items", Query()) == 60
    store.close()


def test_the_doctor_reports_missing_rights(guarded: str) -> None:
    def outcomes(user: str) -> dict[str, tuple[str, str]]:
        results = doctor.sink("serving", _as(guarded, user))
        return {
            probe.name.removeprefix("sink serving: "): (probe.outcome, probe.advice)
            for probe in results
        }

    fine, grant = ("ok", ""), "grant it the role readWrite on the database"
    assert list(outcomes("root").values()) == [fine] * 4
    assert outcomes("plain") | {"sink serving": fine} == {
        "sink serving": fine, "writing": fine, "indexes": fine, "views": ("warning", grant)
    }  # fmt: skip
    assert [outcome for outcome, _ in outcomes("reader").values()] == [
        "ok",
        "failure",
        "failure",
        "warning",
    ]
    ((outcome, advice),) = outcomes("nobody").values()
    assert (outcome, "password" in advice) == ("failure", True)
    with connect(_as(guarded, "root").url) as client:
        names = client.get_default_database().list_collection_names()
    assert not [name for name in names if "trial" in name]


def test_a_server_killed_while_loading_keeps_the_published_release(tmp_path: Path) -> None:
    try:
        with mongod(tmp_path) as service:
            url = f"{service.url}/shop?serverSelectionTimeoutMS=3000"
            sink = MongoDB(url=url)
            before = publish(sink, "first", items())
            process = service.process
            assert process

            def rows() -> Iterator[Row]:
                yield from items(40)
                process.send_signal(signal.SIGKILL)
                process.wait()
                yield from items(60)[40:]

            with pytest.raises(SinkError, match="cannot be reached"):
                sink.load(SPEC, snapshot("second", 60), batches(rows()))
        with mongod(tmp_path) as service:
            sink = MongoDB(url=f"{service.url}/shop")
            assert sink.active() == before
            report = load(sink, "second", items())
            assert report.loaded
            sink.activate(release(sink, "second", [report.served]))
            store = sink.store()
            assert store.count("items", Query()) == 60
            store.close()
            assert sink.prune([]) == 1
    except Unavailable as reason:
        pytest.skip(str(reason))
