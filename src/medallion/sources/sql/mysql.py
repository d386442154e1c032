"""MySQL and MariaDB: tables and queries, all tables of a run in one snapshot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, cast
from urllib.parse import parse_qsl, unquote, urlsplit

from medallion.databases.relation import Relation
from medallion.databases.typed_text import PulledColumn, encoded, header, in_blocks
from medallion.errors import SourceError
from medallion.secrets import SECRETS
from medallion.sources.increments import CORRECT_RANGE, Bound, cursor_errors
from medallion.sources.sql.database import SqlConnection, SqlDatabase
from medallion.sources.sql.mysql_errors import source_errors
from medallion.sources.sql.mysql_tls import check_options, tls_arguments
from medallion.sources.sql.mysql_types import DeclaredType, MySqlColumn, typed

if TYPE_CHECKING:
    from pymysql import Connection

    from medallion.sources.sql.mysql_cursor import StreamingCursor

_BATCH = 1000
_MOMENTS = ("date", "timestamp", "timestamptz")
_UTC = "%Y-%m-%d %H:%M:%S.%f"  # MariaDB reads no offset
_CONNECT_SECONDS = 8
# Longer than a slow consumer of rows, or the other tables of the database, take; no other limits.
_SETTINGS = "time_zone = '+00:00', net_write_timeout = 3600, wait_timeout = 86400"
_MARIADB_SETTINGS = "max_statement_time = 0, idle_transaction_timeout = 0"
_MYSQL_SETTINGS = "max_execution_time = 0"
_CHARACTERS = "sql_mode = replace(@@sql_mode, 'PAD_CHAR_TO_FULL_LENGTH', '')"

# A constant name of a schema: with another expression, MariaDB opens the tables of all schemas.
_DECLARED = """
    select column_name, data_type, column_type from information_schema.columns
    where table_schema = %s and table_name = %s"""
# MariaDB's `json` is a `longtext` with this check.
_JSON_CHECKS = """
    select check_clause from information_schema.check_constraints
    where constraint_schema = %s and table_name = %s"""
_PRIMARY_KEY = """
    select column_name from information_schema.key_column_usage
    where table_schema = %s and table_name = %s
    and constraint_name = 'PRIMARY' order by ordinal_position"""

_CATALOG = """
    select table_name, null, null, null, null, null from information_schema.tables
    where table_schema = database() and table_type = 'BASE TABLE'
    union all select table_name, constraint_name, ordinal_position, column_name,
        if(referenced_table_schema = database(), referenced_table_name,
            concat(referenced_table_schema, '.', referenced_table_name)), referenced_column_name
    from information_schema.key_column_usage where table_schema = database()
    and (constraint_name = 'PRIMARY' or referenced_table_name is not null)"""


class MySqlDatabase(SqlDatabase):
    """A database of MySQL 8 or later, or of MariaDB."""

    schemes: ClassVar[tuple[str, ...]] = ("mysql", "mariadb")

    @property
    def label(self) -> str:
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"

    @property
    def name(self) -> str:
        """The name of the database."""
        return unquote(urlsplit(self.url).path.strip("/"))

    def quoted(self, name: str) -> str:
        return f"`{name.replace('`', '``')}`"

    def check(self) -> None:
        parts = urlsplit(self.url)
        if not parts.hostname or not parts.path.strip("/"):
            raise ValueError(f"write {parts.scheme}://HOST/DATABASE")
        check_options(self.url)

    @contextmanager
    def connect(self) -> Iterator[MySqlConnection]:
        SECRETS.add_url(self.url)
        with source_errors(self.label):
            connection = self.session()
        try:
            with source_errors(self.label):
                with connection.cursor() as cursor:
                    cursor.execute("select connection_id(), version()")
                    ((identity, version),) = cursor.fetchall()
                is_mariadb = "mariadb" in version.lower()
                own = _MARIADB_SETTINGS if is_mariadb else _MYSQL_SETTINGS
                for statement in (
                    f"set session {_SETTINGS}, {own}, {_CHARACTERS}",
                    "set session transaction isolation level repeatable read",
                    "start transaction with consistent snapshot, read only",
                ):
                    with connection.cursor() as cursor:
                        cursor.execute(statement)
            yield MySqlConnection(self, connection, identity, is_mariadb=is_mariadb)
        finally:
            with suppress(Exception):  # a lost connection is closed already
                connection.close()

    def session(self) -> Connection[StreamingCursor]:
        """A connection whose values are texts and bytes, as the server writes them."""
        import pymysql
        from pymysql.converters import encoders

        from medallion.sources.sql.mysql_cursor import StreamingCursor

        parts = urlsplit(self.url)
        return pymysql.connect(
            host=parts.hostname or "",
            port=parts.port or 3306,
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            database=self.name,
            charset="utf8mb4",
            conv=cast("Any", encoders),  # no decoders
            autocommit=True,
            connect_timeout=_CONNECT_SECONDS,
            program_name="medallion",
            cursorclass=StreamingCursor,
            **tls_arguments(dict(parse_qsl(parts.query))),
        )


class MySqlConnection(SqlConnection):
    """A transaction that reads one snapshot of all tables of InnoDB.

    `identity` is the number of its connection on the server.
    """

    catalog = _CATALOG

    def __init__(
        self,
        database: MySqlDatabase,
        connection: Connection[StreamingCursor],
        identity: str,
        *,
        is_mariadb: bool,
    ) -> None:
        self._database = database
        self._connection = connection
        self.identity = identity
        self._is_mariadb = is_mariadb

    def token(self) -> str:
        return ""

    def all(self, query: str, label: str) -> Sequence[Sequence[Any]]:
        with source_errors(label):
            return self._all(query)

    def pull(self, relation: Relation) -> Iterator[bytes]:
        with source_errors(relation.label):
            columns = self._columns(relation)
            pulled = [PulledColumn(column.name, column.type, column.source) for column in columns]
            yield header(pulled, relation.label)
            writers = [column.write for column in columns]
            with self._streamed(self._query(relation, columns)) as cursor:
                yield from in_blocks(encoded(iter(lambda: cursor.fetchmany(_BATCH), ()), writers))

    def cut(
        self, relation: Relation, cursor: str, lag: int | str, begin: Bound | None
    ) -> tuple[Bound | None, bool]:
        with source_errors(relation.label):
            self._cursor_column(relation, cursor)
        return super().cut(relation, cursor, lag, begin)

    def bound(self, relation: Relation, cursor: str, bound: Bound) -> str:
        with source_errors(relation.label):
            column = self._cursor_column(relation, cursor)
            with cursor_errors(relation.label, cursor, CORRECT_RANGE):
                if column.is_number:
                    return _number_sql(bound)
                text = _moment_text(bound) if column.type.name in _MOMENTS else bound
            return str(self._connection.escape(text))

    def less(self, relation: Relation, cursor: str, value: str, lag: int | str) -> str:
        if isinstance(lag, str):
            return f"{value} - interval {lag.rstrip('s')}"
        return f"cast({value} as decimal(65,10)) - {lag}"  # an unsigned integer has no -1

    def as_text(self, value: str) -> str:
        return value  # all values are texts

    def _query(self, relation: Relation, columns: Sequence[MySqlColumn]) -> str:
        """SQL of the rows in their order, which a query in parentheses would lose."""
        if relation.query and not relation.condition:
            for column in columns:
                if column.rounded:
                    raise SourceError(
                        f"{relation.label}: column {column.name!r} is a float, of which MySQL "
                        "shows six digits",
                        hint=f"write `{column.name} * 1e0 as {column.name}` in the query",
                    )
            return relation.query
        values = ", ".join(
            f"{name} * 1e0 as {name}" if column.rounded else name
            for column in columns
            for name in [relation.quoted(column.name)]
        )
        key = [name for (name,) in self._of_table(_PRIMARY_KEY, relation)]
        order = f" order by {', '.join(map(relation.quoted, key))}" if key else ""
        return f"select {values} from {relation.origin()}{order}"

    def _columns(self, relation: Relation) -> list[MySqlColumn]:
        """The columns. Raises SourceError when there are none."""
        declared = {
            name: DeclaredType(data_type, column_type)
            for name, data_type, column_type in self._of_table(_DECLARED, relation)
        }
        if declared and self._is_mariadb:
            for (clause,) in self._of_table(_JSON_CHECKS, relation):
                name = clause.removeprefix("json_valid(`").removesuffix("`)").replace("``", "`")
                if clause.startswith("json_valid(") and name in declared:
                    declared[name] = DeclaredType("json", "json")
        with self._streamed(f"{relation.rows()} limit 0") as cursor:
            fields = list(cursor.fields)
            cursor.fetchall()  # to its end: nothing has to be stopped
        return [typed(field, declared.get(field.name)) for field in fields]

    def _cursor_column(self, relation: Relation, name: str) -> MySqlColumn:
        """The column of the cursor. Raises SourceError for one that cannot be a cursor."""
        column = next((each for each in self._columns(relation) if each.name == name), None)
        if column is None or column.rounded:
            fault = "is a float, of which MySQL shows six digits" if column else "does not exist"
            raise SourceError(
                f"{relation.label}: the cursor {name!r} {fault}", hint="correct `cursor`"
            )
        return column

    def _of_table(self, query: str, relation: Relation) -> Sequence[Sequence[str]]:
        """What the server's catalogue says of a table; nothing of a query."""
        if not relation.table:
            return []
        return self._all(query, (relation.schema or self._database.name, relation.table))

    def _all(self, query: str, values: tuple[str, ...] | None = None) -> Sequence[Sequence[Any]]:
        with self._connection.cursor() as cursor:
            cursor.execute(query, values)
            return cursor.fetchall()

    @contextmanager
    def _streamed(self, query: str) -> Iterator[StreamingCursor]:
        """Rows as they come; a query that is not read to its end is stopped on the server."""
        cursor = self._connection.cursor()
        try:
            cursor.execute(query)
            yield cursor
        finally:
            if cursor.has_rows:
                self._stop()
            cursor.discard()

    def _stop(self) -> None:
        """Stop the query that is running."""
        import pymysql

        with suppress(pymysql.Error), self._database.session() as other, other.cursor() as cursor:
            cursor.execute(f"kill query {self.identity}")


def _moment_text(bound: Bound) -> str:
    """A date or time in UTC. Raises ValueError: of others, MySQL warns and compares with null."""
    text = str(bound)
    if "-00" in text[:10]:  # as `0000-00-00`, which MySQL has
        return text
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"has dates or times, and {text!r} is none") from None
    return moment.astimezone(UTC).strftime(_UTC) if moment.tzinfo else text


def _number_sql(bound: Bound) -> str:
    """A number as SQL. Raises ValueError.

    Next to a text, MySQL would compare it as a floating-point number.
    """
    with suppress(ArithmeticError):
        number = Decimal(bound)
        if number.is_finite():
            return format(number, "f")
    raise ValueError(f"has numbers, and {bound!r} is none")
