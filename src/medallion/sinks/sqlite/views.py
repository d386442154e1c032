"""The plain names of served tables, as views for people and SQLite tools."""

from __future__ import annotations

import sqlite3

from medallion.contracts import quote
from medallion.query.column_types import kind_of
from medallion.records import Served
from medallion.secrets import masked_logger

_VIEW_MARK = "/* made by medallion */"

_log = masked_logger(__name__)


def point_views(connection: sqlite3.Connection, served: dict[str, Served]) -> None:
    """Create the views again for the served tables; a name that another object has is skipped."""
    for name, sql in connection.execute(
        "select name, sql from sqlite_master where type = 'view'"
    ).fetchall():
        if _VIEW_MARK in sql:
            connection.execute(f"drop view {quote(name)}")
    existing = {name.lower() for (name,) in connection.execute("select name from sqlite_master")}
    for table, entry in served.items():
        if table.lower() in existing:
            _log.warning(
                "the name %r is taken in the database, so the table gets no view",
                table,
            )
            continue
        columns = ", ".join(_for_people(column.name, column.type) for column in entry.columns)
        connection.execute(
            f"create view {quote(table)} as {_VIEW_MARK} select {columns} from {quote(entry.name)}"
        )


def _for_people(name: str, type_: str) -> str:
    kind = kind_of(type_)
    if kind.name == "timestamp" and not kind.zoned:
        return f"rtrim({quote(name)}, 'Z') as {quote(name)}"
    if kind.name != "decimal":
        return quote(name)
    return f"{quote(name)} / {10**kind.scale}.0 as {quote(name)}"
