"""The plain names of tables, as views: created, redirected and dropped, and no other name."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest
from pymongo import MongoClient
from pymongo.monitoring import (
    CommandFailedEvent,
    CommandListener,
    CommandStartedEvent,
    CommandSucceededEvent,
)

from medallion.contracts import TableSpec
from medallion.sinks.mongodb.sink import MongoDB
from medallion.sinks.mongodb.views import point_views
from medallion.testing.served import SPEC, items, publish

if TYPE_CHECKING:
    from medallion.sinks.mongodb.database import Client, Documents

IDS = TableSpec(name="ids", columns=SPEC.columns[:1], key=("id",))


@pytest.fixture
def sink(mongodb_url: str) -> MongoDB:
    return MongoDB(url=mongodb_url)


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
    views = [view["name"] for view in database.list_collections(filter={"type": "view"})]
    assert views == ["ids"]


def test_a_name_in_use_is_left_alone(
    sink: MongoDB, database: Documents, caplog: pytest.LogCaptureFixture
) -> None:
    database["ids"].insert_one({"mine": True})
    with caplog.at_level(logging.WARNING):
        publish(sink, "first", [{"id": 1}], IDS)
    assert "'ids' is taken" in caplog.text
    assert [document["mine"] for document in database["ids"].find()] == [True]
