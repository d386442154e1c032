"""The blocks of an Avro file."""

from __future__ import annotations

import io
import zlib
from typing import Any

import fastavro
import pyarrow as pa
import pytest

from medallion.formats import avro_blocks
from medallion.formats.avro_blocks import AvroBlocks, AvroError

SCHEMA: Any = {"type": "record", "name": "r", "fields": [{"name": "a", "type": "string"}]}


def written(codec: str = "null", records: int = 10) -> bytes:
    data = io.BytesIO()
    rows = ({"a": f"text {number}"} for number in range(records))
    fastavro.writer(data, SCHEMA, rows, codec=codec, sync_interval=40)
    return data.getvalue()


def opened(data: bytes) -> AvroBlocks:
    return AvroBlocks(io.BufferedReader(io.BytesIO(data)))  # type: ignore[arg-type]


@pytest.mark.parametrize("codec", ["null", "deflate", "bzip2", "xz"])
def test_blocks_of_each_codec(codec: str) -> None:
    blocks = opened(written(codec))
    assert blocks.schema["name"] == "r"
    data = list(blocks)
    assert sum(block.records for block in data) == 10
    assert len(data) > 1
    assert b"".join(block.data for block in data) == b"".join(
        b"\x0ctext %d" % number for number in range(10)
    )


def block(codec: bytes, data: bytes) -> bytes:
    """A file with one block of 1 record."""
    head = b"Obj\x01\x04\x14avro.codec" + bytes([2 * len(codec)]) + codec
    head += b"\x16avro.schema\x04{}\x00" + bytes(16)
    size, number = b"", 2 * len(data)
    while number > 127:
        size, number = size + bytes([number & 127 | 128]), number >> 7
    return head + b"\x02" + size + bytes([number]) + data + bytes(16)


def test_snappy_and_zstandard() -> None:
    plain = b"a text " * 100
    check = zlib.crc32(plain).to_bytes(4, "big")
    snappy = pa.compress(plain, "snappy", asbytes=True) + check
    zstd = pa.compress(plain, "zstd", asbytes=True)
    assert next(iter(opened(block(b"snappy", snappy)))).data == plain
    assert next(iter(opened(block(b"zstandard", zstd)))).data == plain
    with pytest.raises(AvroError, match="its checksum differs"):
        list(opened(block(b"snappy", snappy[:-4] + bytes(4))))


@pytest.mark.parametrize("codec", ["deflate", "bzip2", "xz", "snappy", "zstandard"])
def test_a_bomb(codec: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(avro_blocks, "_MOST_BYTES", 1000)
    if codec in ("snappy", "zstandard"):
        library = "zstd" if codec == "zstandard" else codec
        data = pa.compress(bytes(5000), library, asbytes=True)
        content = block(codec.encode(), data)
    else:
        sink = io.BytesIO()
        fastavro.writer(sink, SCHEMA, [{"a": "x" * 5000}], codec=codec)
        content = sink.getvalue()
    with pytest.raises(AvroError, match="more than 1,000 bytes"):
        list(opened(content))


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"Obj\x02", "not an Avro file"),
        (b"Obj\x01\x02", "cut short"),
        (written()[:-1], "cut short"),
        (written()[:-1] + b"?", "does not end with the marker"),
        (b"Obj\x01" + b"\xff" * 10, "more than 64 bits"),
        (b"Obj\x01\x02\x01", "a value of -1 bytes"),
        (b"Obj\x01\x00" + bytes(16), "its schema cannot be read"),
        (block(b"deflate", b"abc"), "block 1 cannot be decompressed"),
        (block(b"lzo", b"abc"), "'lzo', which is not supported"),
        (block(b"null", b"")[:-18] + b"\x01\x00" + bytes(16), "block 1 has -1 records"),
    ],
    ids=lambda value: "content" if isinstance(value, bytes) else None,
)
def test_what_cannot_be_read(data: bytes, fault: str) -> None:
    with pytest.raises(AvroError, match=fault):
        list(opened(data))
