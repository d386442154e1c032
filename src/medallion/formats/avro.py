"""The Avro format: records and types as they are in the file."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from medallion.contracts import Format, Parsed
from medallion.errors import SourceError
from medallion.formats.avro_blocks import MAGIC, AvroBlocks, AvroError
from medallion.formats.avro_types import AvroKind, AvroTypeError, AvroTypes
from medallion.formats.converted_parquet import converted_columns, parse_converted
from medallion.formats.text_file import check_readable
from medallion.formats.unreadable_records import UnreadableRecords
from medallion.records import Column

if TYPE_CHECKING:
    import pyarrow as pa

    from medallion.contracts import Connection

_BATCH = 10_000  # records
_SPLIT = "cannot be decoded, or follows such a record in its block: "


class Avro(Format):
    """An Avro file, of any of its codecs (extra `avro`). Its columns keep their types, nested too.

    A union with null is a column that may be null; one of several other types becomes JSON text, as
    does a record within a record of its own type. Enumerations and UUIDs are text. A record whose
    bytes do not fit the schema is quarantined with its number, with those after it in its block,
    whose beginning is unknown then.

    ```yaml
    tables:
      bronze:
        events: {source: "data/events/*.avro"}
    ```
    """

    name: ClassVar[str] = "avro"
    version: ClassVar[int] = 1
    suffixes: ClassVar[tuple[str, ...]] = (".avro",)

    def parse(self, source: Path, name: str, target: Path, connection: Connection) -> Parsed:
        rejects = UnreadableRecords(name)
        with _opened(source, name) as (blocks, kind):
            batches = _batches(blocks, kind, rejects)
            return parse_converted(batches, _schema(kind), rejects, target, connection)

    def columns_of(
        self, source: Path, name: str, scratch: Path, connection: Connection
    ) -> tuple[Column, ...]:
        with _opened(source, name) as (_, kind):
            return converted_columns(_schema(kind), name, scratch, connection)


@contextmanager
def _opened(source: Path, name: str) -> Iterator[tuple[AvroBlocks, AvroKind]]:
    if not check_readable(source, name).startswith(MAGIC):
        raise SourceError(f"{name}: is not an Avro file", hint="declare its `format`")
    try:
        with source.open("rb") as file:
            blocks = AvroBlocks(file)
            kind = _kind(blocks.schema)
            if not (isinstance(kind.plain, dict) and kind.plain.get("type") == "record"):
                raise AvroTypeError("its schema is not a record")
            yield blocks, kind
    except AvroTypeError as error:
        raise SourceError(f"{name}: cannot be read: {error}", hint="write it again") from error
    except AvroError as error:
        raise SourceError(
            f"{name}: is cut short or corrupt: {error}", hint="download the file again"
        ) from error


def _kind(schema: Any) -> AvroKind:
    try:
        return AvroTypes().kind(schema)
    except (LookupError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise AvroTypeError(f"its schema is invalid: {error!r}") from error


def _schema(kind: AvroKind) -> pa.Schema:
    import pyarrow as pa

    return pa.schema(list(kind.arrow))


def _batches(
    blocks: AvroBlocks, kind: AvroKind, rejects: UnreadableRecords
) -> Iterator[pa.RecordBatch]:
    """The records that can be read; the others are added to `rejects`."""
    import pyarrow as pa

    schema = _schema(kind)
    batch: list[dict[str, Any]] = []
    for record in _records(blocks, kind, rejects):
        batch.append(record)
        if len(batch) >= _BATCH:
            yield pa.RecordBatch.from_pylist(batch, schema)
            batch = []
    if batch:
        yield pa.RecordBatch.from_pylist(batch, schema)


def _records(
    blocks: AvroBlocks, kind: AvroKind, rejects: UnreadableRecords
) -> Iterator[dict[str, Any]]:
    try:
        from fastavro import parse_schema, schemaless_reader
    except ModuleNotFoundError as error:
        raise SourceError(
            f"{rejects.name}: an Avro file needs fastavro, which is not installed",
            hint="pip install 'medallion-lake[avro]'",
        ) from error
    try:
        schema = parse_schema(kind.plain)
    except Exception as error:  # of several classes without a common base
        raise AvroTypeError(f"its schema is invalid: {error}") from error
    number = 0
    for block in blocks:
        data, end = io.BytesIO(block.data), number + block.records
        while number < end:
            number += 1
            try:
                record: Any = schemaless_reader(data, schema, None)
            except (EOFError, ValueError, LookupError, OverflowError, TypeError) as error:
                for each in range(number, end + 1):
                    rejects.add(each, _SPLIT + str(error or type(error).__name__), "")
                number = end
                data.seek(0, io.SEEK_END)
                break
            try:
                yield kind.convert(record) if kind.convert else record
            except ValueError as error:
                rejects.add(number, str(error), str(record))
        if data.read(1):
            raise AvroError(f"a block has more bytes than those of its {block.records:,} records")
