"""The metadata of a Parquet file, replaced without encoding its rows again.

The footer of a file is a struct `FileMetaData` in Thrift's compact protocol. All that it says of
rows and columns is left as it is; what programs find as metadata of the file, among them Arrow's
schema with the metadata of columns, is one of its fields.
"""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

if TYPE_CHECKING:
    import pyarrow as pa

_MAGIC = b"PAR1"
_END = 8  # bytes after the footer: its size, and the magic number
_KEY_VALUE_METADATA = 5  # the number of the field of FileMetaData

# Thrift's types of fields
_BOOLEANS = (1, 2)  # of a field, the type is the value
_BYTE, _INTEGERS, _DOUBLE, _BINARY, _LISTS, _STRUCT = 3, (4, 5, 6), 7, 8, (9, 10), 12


class _Field(NamedTuple):
    """A field of a struct; `value` is as it is encoded."""

    number: int
    type: int
    value: bytes


def replace_metadata(file: Path, schema: pa.Schema) -> None:
    """Give a Parquet file the metadata that Arrow would write into a file with this schema.

    The schema has the columns of the file, in its order, with the types that Arrow reads them as.
    Raises ValueError when the file is no Parquet file.
    """
    import pyarrow.parquet as pq

    empty = io.BytesIO()
    pq.ParquetWriter(empty, schema).close()
    fresh = {field.number: field for field in _fields(_footer(empty))}
    with file.open("r+b") as stream:
        former = _footer(stream)
        fields = {field.number: field for field in _fields(former)}
        # Arrow always writes its schema there.
        fields[_KEY_VALUE_METADATA] = fresh[_KEY_VALUE_METADATA]
        footer = _encoded([fields[number] for number in sorted(fields)])
        stream.seek(-len(former) - _END, os.SEEK_END)
        stream.truncate()
        stream.write(footer + len(footer).to_bytes(4, "little") + _MAGIC)


def _footer(stream: BinaryIO) -> bytes:
    stream.seek(-_END, os.SEEK_END)
    end = stream.read(_END)
    if end[4:] != _MAGIC:
        raise ValueError("it is no Parquet file")
    size = int.from_bytes(end[:4], "little")
    stream.seek(-size - _END, os.SEEK_END)
    return stream.read(size)


def _fields(struct: bytes) -> list[_Field]:
    """The fields of an encoded struct."""
    fields, place, number = [], 0, 0
    while struct[place]:
        number, type_, start = _header(struct, place, number)
        place = _after(struct, start, type_)
        fields.append(_Field(number, type_, struct[start:place]))
    return fields


def _encoded(fields: list[_Field]) -> bytes:
    """A struct of these fields, whose numbers are ascending and less than 16 apart."""
    parts, before = [], 0
    for field in fields:
        parts += [bytes([(field.number - before) << 4 | field.type]), field.value]
        before = field.number
    return b"".join(parts) + b"\0"


def _header(data: bytes, place: int, before: int) -> tuple[int, int, int]:
    """The number and type of the field at a place, and where its value begins."""
    step, type_ = data[place] >> 4, data[place] & 15
    if step:
        return before + step, type_, place + 1
    number, place = _varint(data, place + 1)
    return number >> 1, type_, place  # in zigzag encoding; numbers are positive


def _after(data: bytes, place: int, type_: int) -> int:
    """Where the value of a field that begins at a place ends."""
    if type_ in _BOOLEANS:
        return place
    if type_ == _BYTE:
        return place + 1
    if type_ in _INTEGERS:
        return _varint(data, place)[1]
    if type_ == _DOUBLE:
        return place + 8
    if type_ == _BINARY:
        size, place = _varint(data, place)
        return place + size
    if type_ in _LISTS:
        return _after_list(data, place)
    if type_ == _STRUCT:
        while data[place]:
            _, inner, place = _header(data, place, 0)
            place = _after(data, place, inner)
        return place + 1
    raise ValueError(f"its metadata has a field of the unknown type {type_}")


def _after_list(data: bytes, place: int) -> int:
    size, type_ = data[place] >> 4, data[place] & 15
    place += 1
    if size == 15:
        size, place = _varint(data, place)
    if type_ in _BOOLEANS:
        return place + size  # in a list, a byte each
    for _ in range(size):
        place = _after(data, place, type_)
    return place


def _varint(data: bytes, place: int) -> tuple[int, int]:
    """An unsigned number in groups of 7 bits, and where it ends."""
    number = shift = 0
    while True:
        byte = data[place]
        number |= (byte & 127) << shift
        place, shift = place + 1, shift + 7
        if byte < 128:
            return number, place
