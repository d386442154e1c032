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
    """Create the views of the served tables; a name that another object has is skipped.

    Views that are as they should be stay: SQLite reads its whole schema to drop or create one.
    """
    definitions = {table: _definition(table, entry) for table, entry in served.items()}
    current, taken = set(), set()
    for kind, name, sql in connection.execute(
        "select type, name, sql from sqlite_master"
    ).fetchall():
        if kind != "view" or _VIEW_MARK not in sql:
            taken.add(name.lower())
        elif sql == definitions.get(name):
            current.add(name)
        else:
            connection.execute(f"drop view {quote(name)}")
    for table, definition in definitions.items():
        if table.lower() in taken:
            _log.warning(
                "the name %r is taken in the database, so the table gets no view",
                table,
            )
        elif table not in current:
            connection.execute(definition)


def _definition(table: str, entry: Served) -> str:
    """The SQL of a view, as SQLite records it."""
    columns = ", ".join(_for_people(column.name, column.type) for column in entry.columns)
    return f"CREATE VIEW {quote(table)} as {_VIEW_MARK} select {columns} from {quote(entry.name)}"


def _for_people(name: str, type_: str) -> str:
    kind = kind_of(type_)
    if kind.name == "timestamp" and not kind.zoned:
        return f"rtrim({quote(name)}, 'Z') as {quote(name)}"
    if kind.name != "decimal":
        return quote(name)
    return f"{quote(name)} / {10**kind.scale}.0 as {quote(name)}"
