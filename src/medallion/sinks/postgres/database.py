"""What sink and store share: internal tables, connections, and hints for errors of PostgreSQL."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING, Any

from medallion.contracts import quote, read_release
from medallion.contracts.table_target import masked
from medallion.errors import SinkError
from medallion.postgres_session import OPTIONS, message_and_hint
from medallion.records import Owner, Release
from medallion.secrets import PERCENT_ENCODE, SECRETS, unclear_credentials

if TYPE_CHECKING:
    import psycopg
    from psycopg import Connection

    Result = psycopg.Cursor[tuple[Any, ...]]

RELEASES = "_medallion_releases"
ACTIVE = "_medallion_active"
LOADS = "_medallion_loads"

_TABLES = {
    RELEASES: "id text primary key, body text not null",
    ACTIVE: (
        "one integer primary key check (one = 1), release text, switches bigint not null, "
        "owner text"
    ),
    LOADS: (
        "name text primary key, rows bigint not null, nulls text not null, token bigint not null"
    ),
}
_MARKS = re.compile(r'"(?:[^"]|"")*"|\'(?:[^\']|\'\')*\'|\?')

_LOCKED = "another session uses the tables: wait until it has finished, or end it"
HINTS = {
    "25006": "the server is read-only: name the primary in the URL",
    "42501": "grant this user the right to create tables and views in the schema",
    "53100": "free space on its disk; the published release is still served",
    "54000": (
        "a row has at most about 8 KB besides long texts, and a value 1 GB: serve fewer columns"
    ),
    "54011": "a table has at most 1,600 columns: serve fewer columns",
    "40P01": _LOCKED,
    "55P03": _LOCKED,
}


def connect(url: str) -> Connection:
    """A connection in autocommit mode. Raises SinkError when it cannot be opened."""
    SECRETS.add_url(url)
    if unclear_credentials(url):
        raise SinkError(
            f"{masked(url)}: the URL's user or password has unescaped URL characters",
            hint=PERCENT_ENCODE,
        )
    with sink_errors(url):
        import psycopg
        from psycopg.conninfo import conninfo_to_dict

        options = {**OPTIONS, **conninfo_to_dict(url)}
        # Prepared statements would not survive a pooler such as PgBouncer.
        return psycopg.connect(
            **options,  # type: ignore[arg-type]
            autocommit=True,
            prepare_threshold=None,
            cursor_factory=psycopg.RawCursor,
        )


def execute(connection: Connection, sql: str, values: Sequence[Any] = ()) -> Result:
    """Execute SQL with a `?` for each value; results are binary, so that numbers are exact."""
    return connection.execute(numbered(sql).encode(), list(values) or None, binary=True)


def numbered(sql: str) -> str:
    """SQL with `$1`, `$2`, … in place of each `?` outside names and literals."""
    numbers = count(1)
    return _MARKS.sub(lambda part: f"${next(numbers)}" if part[0] == "?" else part[0], sql)


def qualified(schema: str, name: str) -> str:
    """The name of a table or view, with its schema."""
    return f"{quote(schema)}.{quote(name)}"


def prepare(connection: Connection, schema: str, place: str) -> None:
    """Create the schema and the internal tables, if they are missing.

    Raises SinkError when one of them belongs to another role.
    """
    check_tables(connection, schema, place)
    last = qualified(schema, LOADS)
    if _exists(connection, last):
        return
    with connection.transaction():
        lock_name(connection, qualified(schema, ""))
        if not execute(
            connection, "select 1 from pg_namespace where nspname = ?", [schema]
        ).fetchone():
            execute(connection, f"create schema {quote(schema)}")
        for name, columns in _TABLES.items():
            execute(connection, f"create table if not exists {qualified(schema, name)} ({columns})")
        active = qualified(schema, ACTIVE)
        execute(
            connection, f"insert into {active} values (1, null, 0, null) on conflict do nothing"
        )


def check_tables(connection: Connection, schema: str, place: str) -> None:
    """Raise SinkError when an internal table belongs to a role whose rights this user has not.

    Another pipeline's user has made it, or somebody who could then decide what is served.
    """
    row = execute(
        connection,
        "select relname, pg_get_userbyid(relowner), current_user from pg_class "
        "where relnamespace = (select oid from pg_namespace where nspname = ?) "
        "and relname = any(?) and not pg_has_role(relowner, 'usage') order by 1",
        [schema, [*_TABLES]],
    ).fetchone()
    if row is None:
        return
    name, owner, user = row
    raise SinkError(
        f"{place}: {qualified(schema, name)} belongs to the role {owner!r}, not to {user!r}",
        hint=(
            f"connect as {owner}, or name another schema; to serve with this user from now on, a "
            f"superuser runs: grant {quote(owner)} to {quote(user)}"
        ),
    )


def lock_name(connection: Connection, name: str) -> None:
    """Let only one transaction at a time create what has this name."""
    execute(connection, "select pg_advisory_xact_lock(hashtextextended(?, 0))", [name])


def read_owner(connection: Connection, schema: str, *, lock: bool = False) -> Owner | None:
    """The recorded owner; with `lock`, no other transaction switches until this one ends."""
    sql = f"select owner from {qualified(schema, ACTIVE)}{' for update' if lock else ''}"
    row = execute(connection, sql).fetchone()
    return Owner.model_validate_json(row[0]) if row and row[0] else None


def read_active(connection: Connection, schema: str) -> Release | None:
    """The active release, or None before the first."""
    active, releases = (qualified(schema, name) for name in (ACTIVE, RELEASES))
    row = execute(
        connection, f"select body from {active} join {releases} on id = release"
    ).fetchone()
    return read_release(row[0]) if row else None


def read_loaded(connection: Connection, schema: str) -> frozenset[str]:
    """The physical names of the tables that are loaded."""
    names = execute(connection, f"select name from {qualified(schema, LOADS)}")
    return frozenset(name for (name,) in names)


@contextmanager
def sink_errors(url: str) -> Iterator[None]:
    """Turn errors of PostgreSQL and of the connection into SinkError, with a hint."""
    try:
        import psycopg
    except ImportError as error:
        raise SinkError(
            "psycopg is not installed", hint="pip install 'medallion-lake[postgres]'"
        ) from error
    try:
        yield
    except psycopg.Error as error:
        message, hint = message_and_hint(error, HINTS)
        raise SinkError(f"{masked(url)}: {message}", hint=hint) from error


def _exists(connection: Connection, name: str) -> bool:
    row = execute(connection, "select to_regclass(?)", [name]).fetchone()
    return bool(row and row[0])
