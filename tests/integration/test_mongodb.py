"""The MongoDB sink beyond the contract of all sinks, on a real server."""

# ruff: noqa: S106, S107 (passwords of servers that exist for a minute)

from __future__ import annotations

import logging
import signal
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError
from pymongo import MongoClient
from pymongo.monitoring import (
    CommandFailedEvent,
    CommandListener,
    CommandStartedEvent,
    CommandSucceededEvent,
)

from medallion.contracts import Filter, Query, Sort, TableSpec
from medallion.contracts.table_target import masked
from medallion.errors import SinkError
from medallion.ops import doctor
from medallion.records import Column
from medallion.sinks.mongodb.database import connect
from medallion.sinks.mongodb.sink import MongoDB
from medallion.sinks.mongodb.views import point_views
from medallion.testing.served import SPEC, Row, batches, items, load, publish, release, snapshot
from tests.services import Unavailable, mongod

if TYPE_CHECKING:
    from medallion.sinks.mongodb.database import Client, Documents

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


def test_the_url_must_name_a_database_and_is_never_shown() -> None:
    with pytest.raises(ValidationError, match="name of the database") as error:
        MongoDB(url="mongodb://ann:s3cret@host")
    assert "s3cret" not in str(error.value)
    sink = MongoDB(url="mongodb://ann:s3cret@host/shop")
    assert "s3cret" not in repr(sink)
    assert repr(sink.store()) == "<MongoStore mongodb://ann:***@host/shop>"


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


def test_documents_keep_their_schema(sink: MongoDB, database: Documents) -> None:
    publish(sink, "first", items())
    name = _physical(sink)
    (options,) = [
        description["options"] for description in database.list_collections(filter={"name": name})
    ]
    schema = options["validator"]["$jsonSchema"]
    assert schema["properties"]["day"] == {"bsonType": ["date", "null"], "description": "date"}
    assert schema["properties"]["id"] == {"bsonType": ["int", "long"], "description": "int64"}
    assert database[name].count_documents({"$jsonSchema": schema}) == 60
    with pytest.raises(Exception, match="failed validation"):
        database[name].insert_one({"_id": -1, "id": "text"})


class ViewCommands(CommandListener):
    """Notes the commands that create, redirect or drop views."""

    def __init__(self) -> None:
        self.noted: list[tuple[str, str]] = []

    def started(self, event: CommandStartedEvent) -> None:
        if event.command_name in ("create", "collMod", "drop"):
            self.noted.append((event.command_name, event.command[event.command_name]))

    def succeeded(self, event: CommandSucceededEvent) -> None:
        pass

    def failed(self, event: CommandFailedEvent) -> None:
        pass


def test_only_views_that_differ_are_redirected(sink: MongoDB, mongodb_url: str) -> None:
    releases = publish(sink, "first", items()), publish(sink, "second", items(20))
    first, second = (release.served["serving"]["items"] for release in releases)
    commands = ViewCommands()
    client: Client = MongoClient(mongodb_url, event_listeners=[commands])
    with client:
        database = client.get_default_database()
        names = frozenset((first.name, second.name))
        point_views(database, {"items": second}, names)
        assert commands.noted == []
        point_views(database, {"items": first, "others": second}, names)
        assert commands.noted == [("collMod", "items"), ("create", "others")]
        assert [database[name].count_documents({}) for name in ("items", "others")] == [60, 20]
        commands.noted.clear()
        point_views(database, {"items": first}, names)
        assert commands.noted == [("drop", "others")]


def test_plain_names_are_views_that_indexes_serve(sink: MongoDB, database: Documents) -> None:
    first = publish(sink, "first", items(20))
    publish(sink, "second", items())
    assert database["items"].count_documents({}) == 60
    reply = database.command(
        "explain", {"find": "items", "filter": {"name": "Ana"}}, verbosity="queryPlanner"
    )
    assert "IXSCAN" in str(reply)
    sink.activate(first)
    assert database["items"].count_documents({}) == 20
    publish(sink, "third", [{"id": 1}], IDS)
    views = [found["name"] for found in database.list_collections(filter={"type": "view"})]
    assert views == ["ids"]


def test_a_name_in_use_is_left_alone(
    sink: MongoDB, database: Documents, caplog: pytest.LogCaptureFixture
) -> None:
    database["ids"].insert_one({"mine": True})
    with caplog.at_level(logging.WARNING):
        publish(sink, "first", [{"id": 1}], IDS)
    assert "'ids' is taken" in caplog.text
    assert [document["mine"] for document in database["ids"].find()] == [True]


def test_an_index_serves_filter_sort_and_cursor(sink: MongoDB, database: Documents) -> None:
    from medallion.query.cursor import read_cursor
    from medallion.query.validation import validate_query
    from medallion.sinks.mongodb.query import after_cursor, order, where

    spec = SPEC.model_copy(update={"columns": SPEC.columns[:3], "indexes": (("name", "-amount"),)})
    rows = [
        {"id": number, "name": "FI"[number % 2], "amount": Decimal(number % 50)}
        for number in range(500)
    ]
    (served,) = publish(sink, "first", rows, spec).served["serving"].values()
    query = Query(
        filters=(Filter("name", "eq", "F"),), sort=(Sort("amount", descending=True),), limit=10
    )
    store = sink.store()
    cursor = store.find("items", query).cursor
    store.close()
    assert cursor
    checked = validate_query(served, query, read_cursor(cursor))
    condition = {"$and": [where(checked), after_cursor(checked, frozenset())]}
    explained = database[served.name].find(condition).sort(order(checked)).limit(11).explain()
    steps = str(explained["queryPlanner"]["winningPlan"])
    assert "IXSCAN" in steps
    assert "COLLSCAN" not in steps
    assert "'SORT'" not in steps


def test_a_column_name_that_mongodb_cannot_query_is_refused(sink: MongoDB) -> None:
    for name in ("a.b", "$a", "_id"):
        spec = TableSpec(name="odd", columns=(Column(name=name, type="int64"),))
        with pytest.raises(SinkError, match="rename it"):
            load(sink, "one", [{name: 1}], spec)


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
            end = time.monotonic() + 30
            while connections("current") > 3:
                assert time.monotonic() < end, "the client was left open"
    except Unavailable as reason:
        pytest.skip(str(reason))


def test_an_index_declared_twice_is_created_once(sink: MongoDB, database: Documents) -> None:
    indexes = (("name",), ("name", "id"), ("id", "name"))
    spec = TableSpec(name="pairs", columns=SPEC.columns[:2], key=("id", "name"), indexes=indexes)
    (served,) = publish(sink, "first", [{"id": 1, "name": "Ana"}], spec).served["serving"].values()
    assert sorted(database[served.name].index_information()) == [
        "_id_",
        "id_1_name_1",
        "name_1_id_1",
    ]


def test_a_row_over_16_mb_is_reported(sink: MongoDB) -> None:
    spec = TableSpec(name="large", columns=(Column(name="text", type="text"),))
    first = publish(sink, "first", [{"text": "small"}], spec)
    with pytest.raises(SinkError, match="16 MB"):
        load(sink, "second", [{"text": "x" * 17_000_000}], spec)
    assert sink.active() == first


def test_the_largest_numbers_are_exact(sink: MongoDB) -> None:
    for type_, value in (
        ("int64", 2**63 - 1),
        ("int64", -(2**63)),
        ("decimal(38,4)", Decimal("-922337203685477.5808")),
        ("decimal(38,4)", Decimal("123456789012345678901234567890.1234")),
        ("decimal(12,2)", Decimal("-0.01")),
    ):
        spec = TableSpec(name="edge", columns=(Column(name="id", type=type_),), key=("id",))
        publish(sink, f"{type_} {value}", [{"id": value}], spec)
        store = sink.store()
        assert store.find("edge", Query()).rows == [{"id": value}]
        assert store.get("edge", value) == {"id": value}
        store.close()
    spec = TableSpec(name="edge", columns=(Column(name="id", type="decimal(38,4)"),))
    with pytest.raises(
        SinkError,
        match=r"table 'edge': column 'id', row [0-9]+: a decimal of more than the 34 digits",
    ):
        load(sink, "too long", [{"id": Decimal("1234567890123456789012345678901234.1234")}], spec)


def test_an_unreachable_server_is_reported() -> None:
    sink = MongoDB(url="mongodb://ann:s3cret@127.0.0.1:1/shop?serverSelectionTimeoutMS=200")
    store = sink.store()
    for ask in (sink.active, store.release, lambda: load(sink, "one", items())):
        with pytest.raises(
            SinkError, match=r"mongodb://\*\*\*@127.0.0.1:1/shop: cannot be reached"
        ) as error:
            ask()
        assert "s3cret" not in str(error.value)
    store.close()


def test_an_invalid_url_is_reported() -> None:
    messages = {
        "mongodb://127.0.0.1:99999/shop": "the URL are correct",
        "mongodb://ann:s3@cret@127.0.0.1/shop": "user or password has unescaped URL characters",
    }
    for url, message in messages.items():
        with pytest.raises(SinkError, match=message) as error:
            MongoDB(url=url).active()
        assert "cret" not in str(error.value)


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
            url = f"{service.url}/shop?serverSelectionTimeoutMS=1000"
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
