"""The `sql` source: a table or the result of a query of a database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import ClassVar, Self

from pydantic import Field, PrivateAttr, field_validator, model_validator

from medallion.contracts import CatalogTable, DataSource, SourceItem
from medallion.databases.relation import Relation
from medallion.errors import did_you_mean
from medallion.identifiers import digest
from medallion.secrets import PERCENT_ENCODE, SECRETS, unclear_credentials
from medallion.sources.increments import (
    CORRECT_RANGE,
    PERIODS,
    Bound,
    Increments,
    Key,
    Lag,
    Period,
    check_cursor,
    cursor_errors,
    number_of,
)
from medallion.sources.sql.database import SqlConnection, SqlDatabase
from medallion.sources.sql.duckdb import DuckDBDatabase
from medallion.sources.sql.mysql import MySqlDatabase
from medallion.sources.sql.postgres import PostgresDatabase
from medallion.sources.sql.sqlite import SqliteDatabase

_DATABASES: dict[str, type[SqlDatabase]] = {
    scheme: database
    for database in (PostgresDatabase, MySqlDatabase, SqliteDatabase, DuckDBDatabase)
    for scheme in database.schemes
}


class SqlSource(DataSource):
    """A table or a query of a database.

    PostgreSQL (extra `postgres`), MySQL and MariaDB (extra `mysql`), or a SQLite or DuckDB file.

    Each run pulls it whole, as a CSV file with the types of its columns, and compares that with the
    file of the last release. All tables that a run pulls from one database are of one moment. The
    records are in the order of the primary key, or as the query says.

    - `url`: `postgresql://USER:PASSWORD@HOST/DATABASE`, with user and password from variables;
      the same with `mysql://` or `mariadb://`; `sqlite:PATH` or `duckdb:PATH`, relative to the
      declaration.
    - `table`: its name, or `schema.table`; or `query`: a `select` statement. One that reads the
      time, or has no `order by`, gives other files at each run.
    - `columns`: the columns of the table to pull; by default all.
    - `cursor`: a column that grows with each new or updated row, such as `updated_at`. Then a run
      pulls only rows with larger values, after a first pull of all; `key` are the columns that
      identify a row.
    - `lag`: how much later than others a row with a smaller value may be committed, as `10 minutes`
      or, for a cursor of numbers, a number. Rows that are later still are found by a whole pull.
    - `whole`: `daily`, `weekly` or `monthly`: how often all rows are pulled again, which finds
      deleted ones; by default only by `medallion run --refresh TABLE`.

    ```yaml
    tables:
      bronze:
        orders:
          source: {sql: {url: "postgresql://${DB_USER}:${DB_PASSWORD}@db/shop", table: orders}}
    ```
    """

    name: ClassVar[str] = "sql"
    version: ClassVar[int] = 1
    pulled_format: ClassVar[str] = "typed_csv"

    url: str = Field(repr=False)
    table: str = ""
    query: str = ""
    columns: tuple[str, ...] = ()
    cursor: str = ""
    key: Key = ()
    lag: Lag = 0
    whole: Period | None = None
    _place: str = PrivateAttr(default="")

    @field_validator("url")
    @classmethod
    def _known_url(cls, url: str) -> str:
        SECRETS.add_url(url)
        scheme = url.partition(":")[0]
        if scheme not in _DATABASES:
            raise ValueError(
                f"no database has URLs of {scheme!r}{did_you_mean(scheme, _DATABASES)}"
            )
        if unclear_credentials(url):
            raise ValueError(
                f"the URL's user or password has unescaped URL characters; {PERCENT_ENCODE}"
            )
        _DATABASES[scheme](url).check()
        return url

    @model_validator(mode="after")
    def _one_relation(self) -> Self:
        if bool(self.table) == bool(self.query):
            raise ValueError("write either `table` or `query`")
        if self.query and self.columns:
            raise ValueError("`columns` is for a `table`; name them in the `query`")
        return self

    @model_validator(mode="after")
    def _consistent_cursor(self) -> Self:
        check_cursor(self.cursor, self.key, self.lag, self.whole)
        missing = {self.cursor, *self.key} - {"", *self.columns}
        if self.columns and missing:
            raise ValueError(f"`columns` must have {min(missing)!r}, of `cursor` and `key`")
        if self.url.startswith("sqlite:") and isinstance(self.lag, str):
            raise ValueError("SQLite has no intervals; write `lag` as a number")
        return self

    @property
    def version_key(self) -> tuple[str, ...]:
        return self.key

    @property
    def label(self) -> str:
        place = self._place or self._database.label
        return f"{place} {self.table or 'query'}"

    @property
    def database(self) -> str:
        return self.url

    @property
    def relation(self) -> Relation:
        """What is pulled."""
        schema, _, table = self.table.rpartition(".")
        query = self.query.strip().rstrip(";")
        quoted = self._database.quoted
        return Relation(self.label, schema, table, self.columns, query, quoted=quoted)

    def located(self, base: Path) -> Self:
        url = self._database.located(base).url
        if url == self.url:
            return self
        located = self.model_copy(update={"url": url})
        located._place = self._database.label  # as it is declared, on whatever machine
        return located

    def connect(self) -> AbstractContextManager[SqlConnection]:
        return self._database.connect()

    def tables(self, connection: SqlConnection) -> Sequence[CatalogTable]:
        return connection.tables(self._place or self._database.label)

    def look(
        self, connection: SqlConnection, former: Sequence[SourceItem], *, full: bool = False
    ) -> list[SourceItem]:
        if not self.cursor:
            return [SourceItem(self.label, connection.token())]
        cut = partial(connection.cut, self.relation, self.cursor, self.lag)
        return self._increments.items([] if full else former, cut)

    def backfill(self, former: Sequence[SourceItem], begin: str, end: str) -> Sequence[SourceItem]:
        if not self.cursor:
            return super().backfill(former, begin, end)
        with cursor_errors(self.label, self.cursor, CORRECT_RANGE):
            return self._increments.backfill(former, begin, end, _written)

    def pull(self, connection: SqlConnection, item: SourceItem) -> Iterator[bytes]:
        relation = self.relation
        if self.cursor:
            values = self._increments.range(item)
            relation = connection.within(relation, self.cursor, values)
        return connection.pull(relation)

    @property
    def _increments(self) -> Increments:
        pulled = [self.table, self.query, self.columns, self.cursor, self.key, self.lag]
        period = PERIODS[self.whole] if self.whole else None
        return Increments(self.label, digest(pulled), period)

    @property
    def _database(self) -> SqlDatabase:
        return _DATABASES[self.url.partition(":")[0]](self.url)


def _written(text: str, known: Bound) -> Bound:
    """A value of the cursor. Raises ValueError where all others are numbers and it is none.

    A text is compared by the database, as one of the column's type.
    """
    return text if isinstance(known, str) else number_of(text)
