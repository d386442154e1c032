"""The plain names of served tables, as views for people and BI tools."""

from __future__ import annotations

from typing import TYPE_CHECKING

from medallion.contracts import literal, quote
from medallion.errors import SinkError
from medallion.records import Release, Served, TableDescription
from medallion.secrets import masked_logger
from medallion.sinks.postgres.database import execute, qualified

if TYPE_CHECKING:
    from psycopg import Connection

_MARK = "Written by medallion from "  # the last line of the comment on a view of medallion's
_OBJECTS = """
    select relname, relkind = 'v', obj_description(oid, 'pg_class') from pg_class
    where relnamespace = (select oid from pg_namespace where nspname = ?) and relkind <> 'i'
    union all
    select typname, false, null from pg_type
    where typnamespace = (select oid from pg_namespace where nspname = ?) and typrelid = 0
"""
_COLUMN_COMMENTS = """
    select relname, attname, description from pg_description
    join pg_class on pg_class.oid = objoid and classoid = 'pg_class'::regclass
    join pg_attribute on attrelid = objoid and attnum = objsubid
    where relnamespace = (select oid from pg_namespace where nspname = ?) and relkind = 'v'
"""

_log = masked_logger(__name__)


def point_views(
    connection: Connection, schema: str, release: Release, served: dict[str, Served], place: str
) -> list[str]:
    """Create or replace the views, with descriptions as comments; return the names of the views.

    A name that another object has is skipped. Views that are as they should be stay, because
    replacing one waits for its readers.
    """
    comments: dict[str, str] = {}
    taken: set[str] = set()
    for name, is_view, comment in execute(connection, _OBJECTS, [schema, schema]).fetchall():
        if not is_view or not _source(comment):
            taken.add(name)
        else:
            comments[name] = comment
    for name in sorted(comments.keys() - served.keys()):
        _drop(connection, schema, name, place)
    for table, entry in served.items():
        if table in taken:
            _log.warning("the name %r is taken in the database, so the table gets no view", table)
            continue
        if _source(comments.get(table)) != entry.name:
            _replace(connection, schema, table, entry, place)
            comments.pop(table, None)
        text = release.described(entry.table).text
        comment = "\n\n".join(filter(None, (text, f"{_MARK}{entry.name}")))
        if comment != comments.get(table):
            view = qualified(schema, table)
            execute(connection, f"comment on view {view} is {literal(comment)}")
    described = {table: release.described(entry.table) for table, entry in served.items()}
    shown = {table: entry for table, entry in served.items() if table not in taken}
    _comment_columns(connection, schema, shown, described)
    return list(shown)


def _source(comment: str | None) -> str:
    """The table that a view of medallion's shows, by its comment; empty for any other view."""
    last = (comment or "").rpartition("\n")[2]
    return last.removeprefix(_MARK) if last.startswith(_MARK) else ""


def _comment_columns(
    connection: Connection,
    schema: str,
    served: dict[str, Served],
    described: dict[str, TableDescription],
) -> None:
    """Make the comments on the columns of views what is said of them now."""
    comments = {
        (table, column): comment
        for table, column, comment in execute(connection, _COLUMN_COMMENTS, [schema]).fetchall()
    }
    for table, entry in served.items():
        for column in entry.columns:
            text = described[table].columns.get(column.name)
            if text != comments.get((table, column.name)):
                name = f"{qualified(schema, table)}.{quote(column.name)}"
                comment = "null" if text is None else literal(text)
                execute(connection, f"comment on column {name} is {comment}")


def drop_view(connection: Connection, schema: str, table: str, place: str) -> None:
    """Drop the view of a table, if it is medallion's."""
    for name, is_view, comment in execute(connection, _OBJECTS, [schema, schema]).fetchall():
        if name == table and is_view and _source(comment):
            _drop(connection, schema, table, place)


def grant(connection: Connection, schema: str, views: list[str], reader: str, place: str) -> None:
    """Let the role `reader` read the views. Raises SinkError when there is no such role."""
    check_role(connection, reader, place)
    row = execute(
        connection, "select has_schema_privilege(?, ?, 'usage')", [reader, schema]
    ).fetchone()
    if not (row and row[0]):
        execute(connection, f"grant usage on schema {quote(schema)} to {quote(reader)}")
    names = [qualified(schema, view) for view in views]
    if names:
        execute(connection, f"grant select on {', '.join(names)} to {quote(reader)}")


def check_role(connection: Connection, reader: str, place: str) -> None:
    """Raise SinkError unless the role exists."""
    if not execute(connection, "select 1 from pg_roles where rolname = ?", [reader]).fetchone():
        raise SinkError(
            f"{place}: there is no role {reader!r} to read the views, which `reader` names",
            hint=f"create role {quote(reader)} login, or correct `reader`",
        )


def _replace(connection: Connection, schema: str, table: str, entry: Served, place: str) -> None:
    """Replace a view in place where its columns allow, which keeps the grants and views on it."""
    import psycopg

    columns = ", ".join(quote(column.name) for column in entry.columns)
    view = qualified(schema, table)
    definition = f"view {view} as select {columns} from {qualified(schema, entry.name)}"
    try:
        with connection.transaction():  # a savepoint
            execute(connection, f"create or replace {definition}")
    except psycopg.errors.InvalidTableDefinition:
        _drop(connection, schema, table, place)
        execute(connection, f"create {definition}")


def _drop(connection: Connection, schema: str, table: str, place: str) -> None:
    import psycopg

    try:
        execute(connection, f"drop view if exists {qualified(schema, table)}")
    except psycopg.errors.DependentObjectsStillExist as error:
        raise SinkError(
            f"{place}: the view of {table!r} cannot be dropped, as its columns change or it is no "
            f"longer served, and other objects depend on it: {error.diag.message_detail}",
            hint="nothing was switched; drop those objects, run again, and create them again",
        ) from error
