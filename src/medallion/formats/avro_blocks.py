"""The container of Avro files: a schema, and blocks of records that are decompressed one by one."""

from __future__ import annotations

import bz2
import io
import json
import lzma
import zlib
from collections.abc import Iterator
from typing import IO, Any, NamedTuple

MAGIC = b"Obj\x01"

_SYNC = 16  # bytes of the marker after each block
_MOST_BYTES = 1 << 28  # of a block, so that a small file cannot fill the memory
_MOST_METADATA = 1 << 24
_MOST_RECORDS = 1 << 24  # of a block


class AvroError(Exception):
    """The container is damaged, or written in a way that cannot be read."""


class AvroBlock(NamedTuple):
    """The encoded records of a block, and their number."""

    records: int
    data: bytes


class AvroBlocks:
    """Reads one file. `schema` is the one that its records were written with."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        if self._bytes(len(MAGIC)) != MAGIC:
            raise AvroError("it is not an Avro file")
        metadata = self._metadata()
        self._codec = metadata.get("avro.codec", b"null").decode("utf-8", "replace")
        self._sync = self._bytes(_SYNC)
        try:
            self.schema: Any = json.loads(metadata.get("avro.schema", b""))
        except (ValueError, RecursionError) as error:
            raise AvroError(f"its schema cannot be read: {error}") from error

    def __iter__(self) -> Iterator[AvroBlock]:
        number = 0
        while self._file.peek(1):  # type: ignore[attr-defined]
            number += 1
            records, size = self._long(), self._long()
            if not (0 <= records <= _MOST_RECORDS and 0 <= size <= _MOST_BYTES):
                raise AvroError(f"block {number} has {records:,} records in {size:,} bytes")
            data = self._bytes(size)
            if self._bytes(_SYNC) != self._sync:
                raise AvroError(f"block {number} does not end with the marker of the file")
            try:
                yield AvroBlock(records, self._decompressed(data))
            except (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError) as error:
                raise AvroError(f"block {number} cannot be decompressed: {error}") from error

    def _metadata(self) -> dict[str, bytes]:
        metadata = {}
        while count := self._long():
            if count < 0:  # a negative count is followed by the size of the entries
                count = -count
                self._long()
            for _ in range(count):
                key = self._sized().decode("utf-8", "replace")
                metadata[key] = self._sized()
        return metadata

    def _sized(self) -> bytes:
        size = self._long()
        if not 0 <= size <= _MOST_METADATA:
            raise AvroError(f"its header has a value of {size:,} bytes")
        return self._bytes(size)

    def _long(self) -> int:
        """A number in Avro's variable-length encoding."""
        value = shift = 0
        while True:
            byte = self._bytes(1)[0]
            value |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                return (value >> 1) ^ -(value & 1)
            if shift > 63:
                raise AvroError("it has a number of more than 64 bits")

    def _bytes(self, size: int) -> bytes:
        data = self._file.read(size)
        if len(data) < size:
            raise AvroError("it is cut short")
        return data

    def _decompressed(self, data: bytes) -> bytes:
        """The data of a block. Raises ValueError if it is too large."""
        match self._codec:
            case "null":
                return data
            case "deflate":
                return _decompressed(zlib.decompressobj(-15), data)
            case "bzip2":
                return _decompressed(bz2.BZ2Decompressor(), data)
            case "xz":
                return _decompressed(lzma.LZMADecompressor(), data)
            case "zstandard":
                return _zstandard(data)
            case "snappy":
                return _snappy(data)
        raise AvroError(f"it is compressed with {self._codec!r}, which is not supported")


def _decompressed(decompressor: Any, data: bytes) -> bytes:
    plain = _bounded(decompressor.decompress(data, _MOST_BYTES + 1))
    if not decompressor.eof:
        raise ValueError("it is cut short")
    return plain


def _bounded(data: bytes) -> bytes:
    if len(data) > _MOST_BYTES:
        raise ValueError(f"it has more than {_MOST_BYTES:,} bytes")
    return data


def _zstandard(data: bytes) -> bytes:
    import pyarrow as pa

    with pa.CompressedInputStream(io.BytesIO(data), "zstd") as stream:
        return _bounded(stream.read(_MOST_BYTES + 1))


def _snappy(data: bytes) -> bytes:
    """Snappy data begins with its size; the CRC-32 of the data follows it."""
    import pyarrow as pa

    size = 0
    for place, byte in enumerate(data[:5]):
        size |= (byte & 0x7F) << (7 * place)
        if not byte & 0x80:
            break
    if size > _MOST_BYTES:
        raise ValueError(f"it has more than {_MOST_BYTES:,} bytes")
    plain: bytes = pa.decompress(data[:-4], size, "snappy", asbytes=True)
    if zlib.crc32(plain) != int.from_bytes(data[-4:], "big"):
        raise ValueError("its checksum differs")
    return plain
