"""Documents as they come from the server, read column by column: a third of what decoding each of them costs.

All documents of a table have the same elements in the same order, for its sink wrote them. So what stands behind the
same element of many documents is found for all of them at once. `mongodb_bson` tells how a document is laid out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC
from decimal import Decimal
from struct import unpack_from
from typing import TYPE_CHECKING, Any, TypeAlias

from medallion.query.column_types import Kind
from medallion.sinks.mongodb.documents import EXACT, ZERO_EXPONENT, restored, rows_of

if TYPE_CHECKING:
    import numpy as np
    from bson.codec_options import CodecOptions

    Array: TypeAlias = np.ndarray[Any, Any]

_FLOAT, _TEXT, _BOOLEAN, _DATE, _NULL, _INT, _LONG, _DECIMAL = 1, 2, 8, 9, 10, 16, 18, 19
_SIZES: Mapping[
    str, Mapping[int, int]
] = {  # bytes of a value, by its type; what stands before a text
    "integer": {_INT: 4, _LONG: 8},
    "decimal": {_DECIMAL: 16},
    "float": {_FLOAT: 8},
    "text": {_TEXT: 4},
    "time": {_TEXT: 4},
    "boolean": {_BOOLEAN: 1},
    "date": {_DATE: 8},
    "timestamp": {_DATE: 8},
}
_LARGEST = 16
_FIRST_DAY, _LAST_DAY = -719_162, 2_932_896  # of Python's dates, from 1970
_DAY = 86_400_000  # milliseconds
_COEFFICIENT = (1 << 49) - 1  # in the upper half of a decimal, below its exponent
_SPECIAL = 0b11


def read_rows(
    raw: bytes, fields: Sequence[str], kinds: Mapping[str, Kind], options: CodecOptions[Any]
) -> list[dict[str, Any]]:
    """Some columns of a batch of documents as the dicts a caller gets.

    `kinds` are all columns of the table in their order, and the documents hold of them the `fields`. Documents with
    nested values, or not laid out as a sink does it, are decoded by `options`.
    """
    from bson import decode_all

    columns = _columns(raw, {name: kind for name, kind in kinds.items() if name in fields})
    if columns is None:
        return rows_of(fields, kinds, decode_all(raw, options))
    return [
        dict(zip(fields, row, strict=True))
        for row in zip(*(columns[name] for name in fields), strict=True)
    ]


def _columns(raw: bytes, kinds: Mapping[str, Kind]) -> dict[str, list[Any]] | None:
    """The values of each column; None when the documents are not laid out like this."""
    import numpy as np

    if not kinds.keys() or any(kind.name not in _SIZES for kind in kinds.values()):
        return None
    titles = {name: name.encode() + b"\0" for name in kinds}
    room = bytes(
        _LARGEST + max(map(len, titles.values()))
    )  # for what is looked at behind the last document's end
    cells = np.frombuffer(raw + room, np.uint8)
    at, found = _starts(raw) + 4, {}
    for name, kind in kinds.items():
        title = np.frombuffer(titles[name], np.uint8)
        types, at = cells[at], at + 1
        if not (_bytes(cells, at, len(title)) == title).all():
            return None
        at = at + len(title)
        sizes = _sizes(types, kind)
        if sizes is None:
            return None
        if kind.name in ("text", "time"):
            sizes = np.where(types == _NULL, 0, sizes + _bytes(cells, at, 4).view("<i4").ravel())
        values = _READERS[kind.name](raw, cells, np.where(types == _NULL, len(raw), at), types)
        if values is None:
            return None
        if kind.zoned:
            values = [moment.replace(tzinfo=UTC) for moment in values]
        for row in np.flatnonzero(types == _NULL).tolist():
            values[row] = None
        found[name], at = values, at + sizes
    return None if cells[at].any() else found


def _starts(raw: bytes) -> Array:
    import numpy as np

    starts, at = [], 0
    while at < len(raw):
        starts.append(at)
        at += unpack_from("<i", raw, at)[0]
    return np.array(starts, np.int64)


def _sizes(types: Array, kind: Kind) -> Array | None:
    """How long each value is; None when one is of a type that this kind of column does not have."""
    import numpy as np

    table = np.full(256, -1, np.int64)
    table[_NULL] = 0
    for type_, size in _SIZES[kind.name].items():
        table[type_] = size
    sizes = table[types]
    return None if (sizes < 0).any() else sizes


def _bytes(cells: Array, at: Array, width: int) -> Array:
    """So many bytes from each place on, a row each."""
    import numpy as np

    return cells[at[:, None] + np.arange(width)]


# What reads the values at places of a batch; a null's place is one behind the last document, where zeros stand.


def _integers(_raw: bytes, cells: Array, at: Array, types: Array) -> list[Any]:
    import numpy as np

    small, large = (
        _bytes(cells, at, 4).view("<i4").ravel(),
        _bytes(cells, at, 8).view("<i8").ravel(),
    )
    return np.where(types == _INT, small, large).tolist()  # type: ignore[no-any-return]


def _floats(_raw: bytes, cells: Array, at: Array, _types: Array) -> list[Any]:
    return _bytes(cells, at, 8).view("<f8").ravel().tolist()


def _booleans(_raw: bytes, cells: Array, at: Array, _types: Array) -> list[Any]:
    return (cells[at] != 0).tolist()  # type: ignore[no-any-return]


def _texts(raw: bytes, cells: Array, at: Array, _types: Array) -> list[Any]:
    ends = at + 3 + _bytes(cells, at, 4).view("<i4").ravel()
    return [
        raw[start:end].decode() for start, end in zip((at + 4).tolist(), ends.tolist(), strict=True)
    ]


def _dates(_raw: bytes, cells: Array, at: Array, _types: Array) -> list[Any] | None:
    days = _bytes(cells, at, 8).view("<i8").ravel() // _DAY
    if days.min() < _FIRST_DAY or days.max() > _LAST_DAY:
        return None
    return days.astype("datetime64[D]").tolist()


def _timestamps(_raw: bytes, cells: Array, at: Array, _types: Array) -> list[Any] | None:
    moments = _bytes(cells, at, 8).view("<i8").ravel()
    if moments.min() < _FIRST_DAY * _DAY or moments.max() >= (_LAST_DAY + 1) * _DAY:
        return None
    return moments.astype("datetime64[ms]").tolist()


def _decimals(_raw: bytes, cells: Array, at: Array, _types: Array) -> list[Any] | None:
    halves = _bytes(cells, at, 16).view("<u8")
    low, high = halves[:, 0], halves[:, 1]
    if (
        (low >> 63).any()
        or (high & _COEFFICIENT).any()
        or ((high >> 61 & _SPECIAL) == _SPECIAL).any()
    ):
        return _long_decimals(halves)
    signed = low.astype("i8")
    signed[high >> 63 == 1] *= -1
    exponents = ((high >> 49 & 0x3FFF).astype("i8") - ZERO_EXPONENT).tolist()
    return [
        Decimal(number).scaleb(exponent, EXACT)
        for number, exponent in zip(signed.tolist(), exponents, strict=True)
    ]


def _long_decimals(halves: Array) -> list[Any]:
    from bson.decimal128 import Decimal128

    return [restored(Kind("decimal"), Decimal128.from_bid(value.tobytes())) for value in halves]


_Reader: TypeAlias = "Callable[[bytes, Array, Array, Array], list[Any] | None]"
_READERS: Mapping[str, _Reader] = {
    "integer": _integers,
    "decimal": _decimals,
    "float": _floats,
    "text": _texts,
    "time": _texts,
    "boolean": _booleans,
    "date": _dates,
    "timestamp": _timestamps,
}
