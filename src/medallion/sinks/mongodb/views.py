"""The plain names of served tables, as views for mongo-express, Compass or Metabase."""

from __future__ import annotations

from typing import TYPE_CHECKING

from medallion.records import Served
from medallion.secrets import masked_logger
from medallion.sinks.mongodb.database import UNAUTHORIZED

if TYPE_CHECKING:
    from medallion.sinks.mongodb.database import Documents

GRANT = "grant it the role readWrite on the database"

_log = masked_logger(__name__)


def point_views(
    database: Documents, served: dict[str, Served], loaded_names: frozenset[str]
) -> None:
    """Create or redirect the views; failures are logged, as the store does not need views.

    Views that are as they should be stay: the server validates all views whenever one is changed.
    """
    from pymongo.errors import OperationFailure

    try:
        collections = {
            description["name"]: description.get("options", {})
            for description in database.list_collections()
        }
        views = {
            name for name, options in collections.items() if options.get("viewOn") in loaded_names
        }
        for name in views - set(served):
            database.drop_collection(name)
        for table, entry in served.items():
            if table in views:
                options = collections[table]
                if options["viewOn"] != entry.name or options.get("pipeline"):
                    database.command("collMod", table, viewOn=entry.name, pipeline=[])
            elif table in collections:
                _log.warning(
                    "the name %r is taken in the database, so the table gets no view",
                    table,
                )
            else:
                database.command("create", table, viewOn=entry.name, pipeline=[])
    except OperationFailure as error:
        if error.code != UNAUTHORIZED:
            raise
        _log.warning("this user may not create views, so tables have no plain names: %s", GRANT)
