"""PostgreSQL: tables and queries by `COPY`, all tables of a run in one snapshot."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit

from medallion.contracts import quote
from medallion.databases.relation import Relation
from medallion.databases.typed_text import PulledColumn, header, in_blocks
from medallion.errors import NotInstalledError, SourceError, UnreachableError
from medallion.postgres_session import OPTIONS, is_transient, message_and_hint
from medallion.records.column_type import TEXT, ColumnType, list_type
from medallion.secrets import SECRETS
from medallion.sources.sql.database import SqlConnection, SqlDatabase
from medallion.sql.duckdb_types import MAX_DIGITS

if TYPE_CHECKING:
    import psycopg
    from psycopg import Connection

_TYPES = {
    "bool": "boolean",
    "bytea": "binary",
    "date": "date",
    "float4": "float32",
    "float8": "float64",
    "int2": "int16",
    "int4": "int32",
    "int8": "int64",
    "json": "json",
    "jsonb": "json",
    "time": "time",
    "timestamp": "timestamp",
    "timestamptz": "timestamptz",
    "uuid": "uuid",
}
_TEXTS = ("text", "varchar", "bpchar", "name", "citext")
# Texts of values do not depend on the settings of server, database and user.
_SETTINGS = {
    "bytea_output": "hex",
    "datestyle": "ISO, YMD",
    "extra_float_digits": "3",
    "idle_in_transaction_session_timeout": "0",
    "intervalstyle": "iso_8601",
    "synchronize_seqscans": "off",
    "timezone": "UTC",
    "xmloption": "content",
}
_HINTS = {
    "25006": "a query may only read",
    "42501": "grant this user the right to select from it",
    "42601": "correct the `query`; it is one `select` statement",
    "42703": "correct `columns`, `cursor` and `key`, or the `query`",
    "42P01": "create it, or correct its name, which is `schema.table` in another schema",
    "3F000": "correct the name of the schema",
}
_CATALOG = """
    select type.oid, type.typname, format_type(type.oid, null), item.typname
    from pg_type as type left join pg_type as item on item.typarray = type.oid
    where type.oid = any($1)"""
_PRIMARY_KEY = """
    select attname from pg_index, unnest(indkey) with ordinality as key(number, place)
    join pg_attribute on attnum = number
    where indrelid = $1::regclass and attrelid = indrelid and indisprimary order by place"""

_TABLES = """
    with named as (
        select pg_class.oid, case when nspname = current_schema() then '' else nspname || '.' end
            || relname as name
        from pg_class join pg_namespace on pg_namespace.oid = relnamespace
        where relkind in ('r', 'p') and not relispartition and nspname !~ '^pg_'
        and nspname <> 'information_schema' and has_table_privilege(pg_class.oid, 'select'))
    select name, null, null, null, null, null from named
    union all select named.name, conname, place, item.attname, other.name, referred.attname
    from pg_constraint join named on named.oid = conrelid
    cross join unnest(conkey, confkey) with ordinality as key(number, other_number, place)
    join pg_attribute as item on item.attrelid = conrelid and item.attnum = number
    left join named as other on other.oid = confrelid
    left join pg_attribute as referred
        on referred.attrelid = confrelid and referred.attnum = other_number
    where contype = 'p' or contype = 'f' and other.oid is not null"""


class PostgresDatabase(SqlDatabase):
    """A database of PostgreSQL, or of one that speaks its protocol and has its catalog."""

    schemes: ClassVar[tuple[str, ...]] = ("postgresql", "postgres")

    @property
    def label(self) -> str:
        parts = urlsplit(self.url)
        return f"postgresql://{parts.netloc.rpartition('@')[2]}{parts.path}"

    @contextmanager
    def connect(self) -> Iterator[PostgresConnection]:
        SECRETS.add_url(self.url)
        with _source_errors(self.label):
            import psycopg
            from psycopg.conninfo import conninfo_to_dict

            options: dict[str, Any] = {**OPTIONS, **conninfo_to_dict(self.url)}
            connection = psycopg.connect(
                **options, prepare_threshold=None, cursor_factory=psycopg.RawCursor
            )
        try:
            with _source_errors(self.label):
                connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
                connection.read_only = True
                for name, value in _SETTINGS.items():
                    connection.execute("select set_config($1, $2, true)", [name, value])
            yield PostgresConnection(connection)
        finally:
            connection.close()


class PostgresConnection(SqlConnection):
    """A transaction that reads one snapshot."""

    catalog = _TABLES

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def token(self) -> str:
        return ""  # PostgreSQL counts no changes that include those of a crash or a restore

    def all(self, query: str, label: str) -> Sequence[Sequence[Any]]:
        with _source_errors(label), self._connection.transaction():
            return self._connection.execute(query.encode()).fetchall()

    def pull(self, relation: Relation) -> Iterator[bytes]:
        # A savepoint: after an error, the other tables of the database can still be read.
        with _source_errors(relation.label), self._connection.transaction():
            columns = self._columns(relation)
            yield header([column for column, _ in columns.values()], relation.label)
            values = ", ".join(f"{value} as {quote(name)}" for name, (_, value) in columns.items())
            key = [] if relation.query else self._primary_key(relation)
            order = f" order by {', '.join(map(quote, key))}" if key else ""
            rows = f"select {values} from {relation.origin()}{order}"
            # One column: an empty line would be no record.
            options = r", null '\N', force_quote *" if len(columns) == 1 else ""
            copy = f"copy ({rows}) to stdout (format csv{options})"
            with self._connection.cursor().copy(copy.encode()) as stream:
                yield from in_blocks(stream)

    def _columns(self, relation: Relation) -> Mapping[str, tuple[PulledColumn, str]]:
        """Each column by name, and SQL of its value. Raises SourceError when there is none."""
        cursor = self._connection.execute(f"{relation.rows()} limit 0".encode())
        described = cursor.description or ()
        oids = [column.type_code for column in described]
        rows = self._connection.execute(_CATALOG, [oids]).fetchall()
        catalog = {oid: names for oid, *names in rows}
        columns = {}
        for column in described:
            type_, source_type, item = catalog[column.type_code]
            logical, value = _typed(column, type_, item)
            shown = "" if type_ in _TEXTS else source_type
            if column.name in columns:
                raise SourceError(
                    f"{relation.label}: two columns are called {column.name!r}",
                    hint="give one another name in the query, by `as`",
                )
            columns[column.name] = (PulledColumn(column.name, logical, shown), value)
        if not columns:
            raise SourceError(f"{relation.label}: it has no columns")
        return columns

    def _primary_key(self, relation: Relation) -> list[str]:
        return [name for (name,) in self._connection.execute(_PRIMARY_KEY, [relation.name])]


def _typed(column: psycopg.Column, type_: str, item: str | None) -> tuple[ColumnType, str]:
    """The logical type of a column, and SQL of its value as the pulled file has it."""
    name = quote(column.name)
    if item is not None:
        inner = _TYPES.get(item)
        typed = ColumnType(inner) if inner and inner != "json" else TEXT
        return list_type(typed), f"to_json({name}::text[])"
    if type_ == "numeric":
        precision, scale = column.precision, column.scale
        if precision and scale is not None and 0 <= scale <= precision <= MAX_DIGITS:
            return ColumnType("decimal", precision, scale), name
        return TEXT, name
    return ColumnType(_TYPES[type_]) if type_ in _TYPES else TEXT, name


@contextmanager
def _source_errors(label: str) -> Iterator[None]:
    """Turn errors of PostgreSQL into SourceError, and those that a retry may help against."""
    try:
        import psycopg
    except ImportError as error:
        raise NotInstalledError(
            f"{label} needs psycopg, which is not installed",
            hint="pip install 'medallion-lake[postgres]'",
        ) from error
    try:
        yield
    except psycopg.Error as error:
        message, hint = message_and_hint(error, _HINTS)
        kind = UnreachableError if is_transient(error) else SourceError
        raise kind(f"{label}: {message}", hint=hint) from error
