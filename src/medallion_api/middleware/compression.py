"""Content codings: which one a client takes, and bodies in it, whole or streamed."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

LEAST = 1000  # bytes below which compressing costs more than it saves
WHOLE = ("zstd", "gzip")
STREAMED = ("gzip",)

_GZIP_LEVEL = 5
_GZIP_FRAME = 31
_REFUSED = ("q=0", "q=0.0", "q=0.00", "q=0.000")


def coding_of(accepted: str | None, known: Sequence[str] = WHOLE) -> str:
    """The first of the known codings that a client takes, or `identity`."""
    if not accepted:
        return "identity"
    parts = (part.partition(";") for part in accepted.split(","))
    accepted_names = {
        name.strip().lower() for name, _, rest in parts if rest.replace(" ", "") not in _REFUSED
    }
    return next((name for name in known if name in accepted_names), "identity")


def encode(coding: str, body: bytes) -> bytes:
    if coding == "gzip":
        return gzip.compress(body, _GZIP_LEVEL, mtime=0)
    import pyarrow as pa

    packed: Any = pa.Codec("zstd").compress(body, asbytes=True)
    return bytes(packed)


def gzipped(parts: Iterable[bytes]) -> Iterator[bytes]:
    """A stream in gzip, each part sent on as it comes."""
    packing = zlib.compressobj(_GZIP_LEVEL, wbits=_GZIP_FRAME)
    for part in parts:
        if data := packing.compress(part):
            yield data
    yield packing.flush()
