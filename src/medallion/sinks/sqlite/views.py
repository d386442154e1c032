"""The plain names of served tables, as views for people and SQLite tools."""

from __future__ import annotations

import sqlite3

from medallion.contracts import quote
from medallion.query.column_types import Kind, kind_of
from medallion.records import Release, Served, TableDescription
from medallion.secrets import masked_logger
from medallion.sinks.sqlite.number_text import TextNumber, double_sql, stored_kinds

_VIEW_MARK = "/* made by medallion */"

_log = masked_logger(__name__)


def point_views(
    connection: sqlite3.Connection, release: Release, served: dict[str, Served]
) -> None:
    """Create the views of the served tables; a name that another object has is skipped.

    Views that are as they should be stay: SQLite reads its whole schema to drop or create one.
    Descriptions are comments in the SQL of a view, which `.schema` shows.
    """
    definitions = {
        table: _definition(table, entry, _stored(connection, entry), release.described(entry.table))
        for table, entry in served.items()
    }
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


def _stored(connection: sqlite3.Connection, entry: Served) -> dict[str, Kind]:
    kinds = {column.name: kind_of(column.type) for column in entry.columns}
    return stored_kinds(connection, entry.name, kinds)


def _definition(
    table: str, entry: Served, kinds: dict[str, Kind], description: TableDescription
) -> str:
    """The SQL of a view, as SQLite records it."""
    columns = ", ".join(
        _for_people(name, kind) + _comment(description.columns.get(name, ""))
        for name, kind in kinds.items()
    )
    mark = f"{_VIEW_MARK}{_comment(description.text)}"
    return f"CREATE VIEW {quote(table)} as {mark} select {columns} from {quote(entry.name)}"


def _comment(text: str) -> str:
    """A text as an SQL comment."""
    safe = text.replace("*/", "* /")
    return f" /* {safe} */" if safe else ""


def _for_people(name: str, kind: Kind) -> str:
    if isinstance(kind, TextNumber):
        return f"{double_sql(name, kind)} as {quote(name)}"
    if kind.name == "timestamp" and not kind.zoned:
        return f"rtrim({quote(name)}, 'Z') as {quote(name)}"
    if kind.name != "decimal":
        return quote(name)
    return f"{quote(name)} / {10**kind.scale}.0 as {quote(name)}"
