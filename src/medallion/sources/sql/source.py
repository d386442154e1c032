"""The `sql` source: a table or the result of a query of a database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import ClassVar, Self

from pydantic import Field, PrivateAttr, field_validator, model_validator

from medallion.contracts import DataSource, SourceItem
from medallion.errors import did_you_mean
from medallion.secrets import PERCENT_ENCODE, SECRETS, unclear_credentials
from medallion.sources.sql.database import Relation, SqlConnection, SqlDatabase
from medallion.sources.sql.duckdb import DuckDBDatabase
from medallion.sources.sql.postgres import PostgresDatabase
from medallion.sources.sql.sqlite import SqliteDatabase

_DATABASES: dict[str, type[SqlDatabase]] = {
    scheme: database
    for database in (PostgresDatabase, SqliteDatabase, DuckDBDatabase)
    for scheme in database.schemes
}


class SqlSource(DataSource):
    """A table or a query of a database: PostgreSQL (extra `postgres`), or a SQLite or DuckDB file.

    Each run pulls it whole, as a CSV file with the types of its columns, and compares that with the
    file of the last release. All tables that a run pulls from one database are of one moment. The
    records are in the order of the primary key, or as the query says.

    - `url`: `postgresql://USER:PASSWORD@HOST/DATABASE`, with user and password from variables;
      `sqlite:PATH` or `duckdb:PATH`, relative to the declaration.
    - `table`: its name, or `schema.table`; or `query`: a `select` statement. One that reads the
      time, or has no `order by`, gives other files at each run.
    - `columns`: the columns of the table to pull; by default all.

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
        return url

    @model_validator(mode="after")
    def _one_relation(self) -> Self:
        if bool(self.table) == bool(self.query):
            raise ValueError("write either `table` or `query`")
        if self.query and self.columns:
            raise ValueError("`columns` is for a `table`; name them in the `query`")
        return self

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
        return Relation(self.label, schema, table, self.columns, self.query.strip().rstrip(";"))

    def located(self, base: Path) -> Self:
        url = self._database.located(base).url
        if url == self.url:
            return self
        located = self.model_copy(update={"url": url})
        located._place = self._database.label  # as it is declared, on whatever machine
        return located

    def connect(self) -> AbstractContextManager[SqlConnection]:
        return self._database.connect()

    def look(
        self, connection: SqlConnection, former: Sequence[SourceItem], *, full: bool = False
    ) -> list[SourceItem]:
        return [SourceItem(self.label, connection.token())]

    def pull(self, connection: SqlConnection, item: SourceItem) -> Iterator[bytes]:
        return connection.pull(self.relation)

    @property
    def _database(self) -> SqlDatabase:
        return _DATABASES[self.url.partition(":")[0]](self.url)
