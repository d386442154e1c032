"""Rows of a database as text: the `typed_csv` file that they are pulled into."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from medallion.errors import SourceError
from medallion.records.column_type import ColumnType

BLOCK = 1 << 18


@dataclass(frozen=True)
class PulledColumn:
    """A column: its logical type in the pulled file, and the type that the database calls it."""

    name: str
    type: ColumnType
    source_type: str


def in_blocks(rows: Iterable[bytes | bytearray | memoryview]) -> Iterator[bytes]:
    """Rows joined to blocks of about `BLOCK` bytes."""
    block = bytearray()
    for row in rows:
        block += row
        if len(block) >= BLOCK:
            yield bytes(block)
            block.clear()
    yield bytes(block)


def header(columns: Sequence[PulledColumn], label: str) -> bytes:
    """The first rows of a `typed_csv` file. Raises SourceError for a name with a line break."""
    for column in columns:
        if "\n" in column.name or "\r" in column.name:
            raise SourceError(
                f"{label}: the name of column {column.name!r} has a line break",
                hint="give it another name, in a query or a view",
            )
    rows = (
        [column.name for column in columns],
        [str(column.type) for column in columns],
        [column.source_type for column in columns],
    )
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def encoded(
    batches: Iterable[Sequence[Sequence[Any]]], writers: Sequence[Callable[[Any], str]]
) -> Iterator[bytes]:
    """Records of a `typed_csv` file. A writer gives the text of a value of its column."""
    null = r"\N" if len(writers) == 1 else ""
    for rows in batches:
        lines = (
            ",".join(
                null if value is None else write(value)
                for write, value in zip(writers, row, strict=True)
            )
            for row in rows
        )
        yield "".join(f"{line}\n" for line in lines).encode()


def text_field(value: Any) -> str:
    """A value as quoted text; bytes are hexadecimal."""
    text = binary_field(value) if isinstance(value, bytes) else str(value)
    return '"' + text.replace('"', '""') + '"'


def binary_field(value: bytes) -> str:
    return f"\\x{value.hex()}"
