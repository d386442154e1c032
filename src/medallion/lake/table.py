"""A table of a release, as a lazy relation or as a frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from medallion.contracts import ROW, Input, literal, quote
from medallion.errors import CallError, MissingError, StepError, did_you_mean
from medallion.export.arrow_metadata import described_schema
from medallion.lake.frames import SHOWN, Frames
from medallion.plural import count_of
from medallion.records import Column, Release, Snapshot, TableDescription
from medallion.records.html import html_table
from medallion.sql.duckdb_types import type_of
from medallion.sql.expressions import (
    explained,
    order_sql,
    parse_expression,
    public,
    refuse_texts_as_numbers,
)
from medallion.storage.digests import REPAIR

if TYPE_CHECKING:
    import pyarrow as pa

    from medallion.contracts import Connection, Relation


class LakeTable(Frames):
    """One table as one release has it; nothing is read before a frame is requested.

    Parameters: `source` is where its snapshot is stored, `release` the release it belongs to.
    """

    def __init__(self, source: Input, release: Release) -> None:
        self._source = source
        self.release = release

    @property
    def snapshot(self) -> Snapshot:
        return self._source.snapshot

    @property
    def columns(self) -> tuple[Column, ...]:
        return self.snapshot.columns

    @property
    def description(self) -> TableDescription:
        """What the declaration said of the table and its columns when it was published."""
        return self.release.described(self.snapshot.table)

    def __len__(self) -> int:
        return self.snapshot.rows

    def scan(self) -> Relation:
        """A lazy DuckDB relation on its own connection, for filters and SQL without reading all
        rows.
        """
        return self.select()

    def select(
        self,
        *,
        where: str | None = None,
        columns: Sequence[str] = (),
        sort: Sequence[str] = (),
        limit: int | None = None,
    ) -> Relation:
        """Some rows, lazily.

        Parameters: `where` is one SQL expression over the columns, which cannot name another table,
        a file or another statement; `columns` limits the columns; `sort` are columns (`-name`
        descends), by default in the order of the source files; `limit` is the largest number of
        rows. Raises CallError on an unknown column or an invalid condition.
        """
        import duckdb

        connection = duckdb.connect()
        connection.execute("set TimeZone = 'UTC'").fetchall()
        try:
            rows = self._source.layer.read(self._source.storage, self.snapshot, connection)
        except MissingError as error:
            raise MissingError(error.message, hint=REPAIR) from error
        names = public(rows)
        for name in (*columns, *(term.removeprefix("-") for term in sort)):
            if name not in names:
                raise CallError(
                    f"no column {name!r} in {self.snapshot.table}{did_you_mean(name, names)}"
                )
        if where is not None:
            rows = rows_where(rows, where, connection)
        order = [order_sql(sort)] if sort else []
        order += [ROW] if self.snapshot.identified else []
        if order:
            rows = rows.order(", ".join(order))
        if limit is not None:
            rows = rows.limit(limit)
        return rows.project(", ".join(quote(name) for name in columns or names))

    def to_arrow(self) -> pa.Table:
        """The whole table as a `pyarrow.Table`, with the descriptions in its metadata."""
        rows = self.scan().to_arrow_table()
        schema = described_schema(rows.schema, self.description)
        return type(rows).from_arrays(rows.columns, schema=schema)

    def __repr__(self) -> str:
        rows = count_of(len(self), "row")
        return f"<LakeTable {self.snapshot.table}: {rows}, release {self.release.id}>"

    def _repr_html_(self) -> str:
        columns = [f"{column.name} {column.type}" for column in self.columns]
        return html_table(repr(self), columns, self.select(limit=SHOWN).fetchall())


def rows_with(rows: Relation, values: Mapping[str, object]) -> Relation:
    """The rows with these values by column.

    Raises CallError when there is no such column, or its type has no such value.
    """
    names, tests = public(rows), []
    types = dict(zip(rows.columns, map(str, rows.types), strict=True))
    for name, value in values.items():
        if name not in names:
            raise CallError(f"no column {name!r}{did_you_mean(name, names)}")
        text = "null" if value is None else literal(str(value))
        typed = f"try_cast({text} as {types[name]})"
        ((fits,),) = rows.limit(0).aggregate(f"count(*) = 0 and {typed} is not null").fetchall()
        if value is not None and not fits:
            what = f"{name!r} is {type_of(rows, name)}, which {str(value)!r} is not"
            raise CallError(what, hint=f"give a value of type {type_of(rows, name)}")
        tests.append(f"{quote(name)} is not distinct from {typed}")
    return rows.filter(" and ".join(tests)) if tests else rows


def rows_where(rows: Relation, where: str, connection: Connection) -> Relation:
    """The rows that meet a condition. Raises CallError unless it is one expression over them."""
    try:
        parse_expression(connection, where)
        with explained(f"{where!r}"):
            matching = rows.filter(f"({where}\n)")
        refuse_texts_as_numbers(rows, connection, where)
    except StepError as error:
        raise CallError(
            error.message, hint="write one SQL condition, such as amount > 10"
        ) from error
    return matching
