"""The Parquet format: rows and types as they are in the file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from medallion.contracts import Format, Parsed, quote
from medallion.errors import SourceError
from medallion.formats import parquet_file
from medallion.formats.column_names import check_names
from medallion.formats.text_file import check_readable, whole
from medallion.records import Column
from medallion.sql.duckdb_types import (
    MAX_DIGITS,
    MAX_LEVELS,
    MAX_LISTS,
    TOO_DEEP,
    columns_of,
    types_of,
)
from medallion.sql.durations import count_to_iso
from medallion.storage.local import storage_errors

if TYPE_CHECKING:
    import pyarrow as pa

    from medallion.contracts import Connection

_MAGIC = b"PAR1"


class Parquet(Format):
    """A Parquet file. Its columns keep their types, nested ones too.

    Durations become ISO 8601 text, such as `PT1H30M`, and decimals of more than 38 digits become
    text with every digit, because DuckDB has no matching types. Timestamps with a time zone are
    truncated to microseconds.

    ```yaml
    tables:
      bronze:
        events: {source: "data/events/*.parquet"}
    ```
    """

    name: ClassVar[str] = "parquet"
    version: ClassVar[int] = 3
    suffixes: ClassVar[tuple[str, ...]] = (".parquet", ".pq")

    def columns_of(
        self, source: Path, name: str, scratch: Path, connection: Connection
    ) -> tuple[Column, ...]:
        import duckdb
        import pyarrow as pa
        import pyarrow.parquet as pq

        check_readable(source, name)
        try:
            schema = pq.read_schema(source)
            check_names(name, schema.names)
            changes = _texts(schema, name)
            changes += [
                f"null::varchar as {quote(field.name)}" for field in schema if _is_wide(field.type)
            ]
            nanoseconds = parquet_file.zoned_nanoseconds(source, connection)
            changes += parquet_file.cut_to_microseconds(nanoseconds)
            query = f"select * replace ({', '.join(changes)}) from" if changes else "from"
            return columns_of(types_of(connection.sql(f"{query} {parquet_file.scan(source)}")))
        except (duckdb.Error, pa.ArrowException) as error:
            raise SourceError(f"{name}: cannot be read: {_first_line(error)}") from error

    def parse(self, source: Path, name: str, target: Path, connection: Connection) -> Parsed:
        import duckdb
        import pyarrow as pa
        import pyarrow.parquet as pq

        if not check_readable(source, name).startswith(_MAGIC):
            raise SourceError(f"{name}: is not a Parquet file", hint="declare its `format`")
        try:
            schema = pq.read_schema(source)
            check_names(name, schema.names)
            if not schema.names:
                raise SourceError(f"{name}: has no columns", hint="remove it from `source`")
            texts = _texts(schema, name)
            source_types = {field.name: str(field.type) for field in schema if _is_text(field.type)}
            with whole(target) as part, _with_wide_decimals(source, schema, part) as readable:
                nanoseconds = parquet_file.zoned_nanoseconds(readable, connection)
                source_types |= {name: str(type_) for name, type_ in nanoseconds.items()}
                changes = [*texts, *parquet_file.cut_to_microseconds(nanoseconds)]
                query = f"select * replace ({', '.join(changes)}) from" if changes else "from"
                rows = parquet_file.write(
                    f"{query} {parquet_file.scan(readable)}", part, connection
                )
                columns = tuple(
                    column.model_copy(update={"source_type": source_types.get(column.name, "")})
                    for column in parquet_file.columns(part, connection)
                )
        except (duckdb.InvalidInputException, duckdb.IOException, pa.ArrowException) as error:
            raise SourceError(
                f"{name}: is cut short or corrupt: {_first_line(error)}",
                hint="download the file again",
            ) from error
        return Parsed(columns, rows, warnings=() if rows else ("has no rows",))


def _texts(schema: pa.Schema, name: str) -> list[str]:
    """SQL expressions that read columns of durations as text.

    Raises SourceError for values in nested columns that DuckDB cannot read exactly.
    """
    import pyarrow as pa

    texts = []
    for field in schema:
        if pa.types.is_duration(field.type):
            texts.append(
                f"{count_to_iso(quote(field.name), field.type.unit)} as {quote(field.name)}"
            )
        elif pa.types.is_nested(field.type):
            if _too_deep(field.type):
                raise SourceError(
                    f"{name}: column {field.name!r} nests too deeply: {TOO_DEEP}",
                    hint="write the inner levels as text",
                )
            unsupported = [type_ for type_ in _leaves(field.type) if _is_text(type_)]
            if unsupported:
                raise SourceError(
                    f"{name}: column {field.name!r} has nested values of type {unsupported[0]}, "
                    "which can only be read exactly at the top level",
                    hint="write them as text, or as columns of their own",
                )
    return texts


def _too_deep(type_: pa.DataType, levels: int = MAX_LEVELS, lists: int = MAX_LISTS) -> bool:
    import pyarrow as pa

    if not pa.types.is_nested(type_):
        return levels < 0 or lists < 0
    if pa.types.is_map(type_):
        parts = [type_.key_type, type_.item_type]
    else:
        parts = [type_.field(number).type for number in range(type_.num_fields)]
    levels, lists = levels - 1, lists - (not pa.types.is_struct(type_))
    return levels < 0 or lists < 0 or any(_too_deep(part, levels, lists) for part in parts)


def _is_wide(type_: pa.DataType) -> bool:
    """Whether a type is a decimal with more digits than DuckDB supports; it would read DOUBLE."""
    import pyarrow as pa

    return bool(pa.types.is_decimal(type_)) and type_.precision > MAX_DIGITS


def _is_text(type_: pa.DataType) -> bool:
    """Whether a column of this type is read as text."""
    import pyarrow as pa

    return bool(pa.types.is_duration(type_)) or _is_wide(type_)


def _leaves(type_: pa.DataType) -> list[pa.DataType]:
    import pyarrow as pa

    if not pa.types.is_nested(type_):
        return [type_]
    return [
        leaf for number in range(type_.num_fields) for leaf in _leaves(type_.field(number).type)
    ]


@contextmanager
def _with_wide_decimals(source: Path, schema: pa.Schema, part: Path) -> Iterator[Path]:
    """The file itself, or a copy in which decimals that DuckDB cannot read are text."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    wide = [number for number, field in enumerate(schema) if _is_wide(field.type)]
    if not wide:
        yield source
        return
    for number in wide:
        schema = schema.set(number, schema.field(number).with_type(pa.string()))
    copy = part.with_name(f"{part.name}.decimals")
    try:
        with (
            storage_errors(copy),
            pq.ParquetFile(source) as file,
            pq.ParquetWriter(copy, schema) as writer,
        ):
            for batch in file.iter_batches():
                columns = [
                    column.cast(pa.string()) if number in wide else column
                    for number, column in enumerate(batch.columns)
                ]
                writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=schema))
        yield copy
    finally:
        copy.unlink(missing_ok=True)


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
