"""Content codings: the first that a client accepts, and bodies that it can decode."""

from __future__ import annotations

import gzip

import pyarrow as pa
import pytest

from medallion_api.middleware.compression import STREAMED, coding_of, encode, gzipped

BODY = b"a,b\n1,2\n" * 1000


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        (None, "identity"),
        ("", "identity"),
        ("gzip", "gzip"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("GZIP", "gzip"),
        ("zstd;q=0, gzip;q=0.5", "gzip"),
        ("zstd; q=0.000,gzip ; q=0", "identity"),
        ("br", "identity"),
    ],
)
def test_the_first_coding_that_is_accepted(accepted: str | None, coding: str) -> None:
    assert coding_of(accepted) == coding


def test_a_stream_has_fewer_codings() -> None:
    assert coding_of("zstd, gzip", STREAMED) == "gzip"
    assert coding_of("zstd", STREAMED) == "identity"


def test_a_body_is_decoded_as_it_was() -> None:
    assert gzip.decompress(encode("gzip", BODY)) == BODY
    assert pa.Codec("zstd").decompress(encode("zstd", BODY), len(BODY), asbytes=True) == BODY
    assert encode("gzip", BODY) == encode("gzip", BODY)  # an ETag depends on it


def test_a_stream_is_decoded_as_it_was() -> None:
    parts = [b"", BODY, b"end", b""]
    packed = list(gzipped(parts))
    assert gzip.decompress(b"".join(packed)) == b"".join(parts)
    assert gzip.decompress(b"".join(gzipped([]))) == b""
