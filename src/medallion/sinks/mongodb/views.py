"""The plain names of served tables, as views for mongo-express, Compass or Metabase."""

from __future__ import annotations

from typing import TYPE_CHECKING

from medallion.records import Served
from medallion.secrets import masked_logger
from medallion.sinks.mongodb.database import NOT_ALLOWED

if TYPE_CHECKING:
    from medallion.sinks.mongodb.database import Documents

GRANT = "grant it the role readWrite on the database"

_log = masked_logger(__name__)


def point_views(database: Documents, served: dict[str, Served], loaded: frozenset[str]) -> None:
    """Make the plain names views; what they cannot be is told, for the store does without them."""
    from pymongo.errors import OperationFailure

    try:
        there = {found["name"]: found for found in database.list_collections()}
        ours = {
            name
            for name, found in there.items()
            if found.get("options", {}).get("viewOn") in loaded
        }
        for name in ours - set(served):
            database.drop_collection(name)
        for table, entry in served.items():
            if table in ours:
                database.command("collMod", table, viewOn=entry.name, pipeline=[])
            elif table in there:
                _log.warning(
                    "the name %r is taken in the database, so there is no view for people on it",
                    table,
                )
            else:
                database.command("create", table, viewOn=entry.name, pipeline=[])
    except OperationFailure as error:
        if error.code != NOT_ALLOWED:
            raise
        _log.warning("this user may not make views, so the plain names are missing: %s", GRANT)
