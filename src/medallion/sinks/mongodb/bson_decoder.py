"""Decodes raw BSON documents column by column, at a third of the cost of decoding each document.

All documents of a table have the same elements in the same order, because its sink wrote them. So
the values of one element are read from all documents of a batch at once, with NumPy: `offsets` has
the position of the next byte to read in each document. `bson_encoder` describes the layout of a
document.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC
from decimal import Decimal
from struct import unpack_from
from typing import TYPE_CHECKING, Any, TypeAlias

from medallion.query.column_types import Kind
from medallion.sinks.mongodb.documents import EXACT, ZERO_EXPONENT, python_value, rows_of

if TYPE_CHECKING:
    import numpy as np
    from bson.codec_options import CodecOptions

    Array: TypeAlias = np.ndarray[Any, Any]

_FLOAT, _TEXT, _BOOLEAN, _DATE, _NULL, _INT, _LONG, _DECIMAL = 1, 2, 8, 9, 10, 16, 18, 19
# The bytes of a value by BSON type, for each kind of column; of a text, those of its length.
_SIZES: Mapping[str, Mapping[int, int]] = {
    "integer": {_INT: 4, _LONG: 8},
    "decimal": {_DECIMAL: 16},
    "float": {_FLOAT: 8},
    "text": {_TEXT: 4},
    "time": {_TEXT: 4},
    "boolean": {_BOOLEAN: 1},
    "date": {_DATE: 8},
    "timestamp": {_DATE: 8},
}
_LONGEST_VALUE = 16
_FIRST_DAY, _LAST_DAY = -719_162, 2_932_896  # date.min and date.max in days since 1970
_DAY = 86_400_000  # milliseconds
_COEFFICIENT = (1 << 49) - 1  # bits of the coefficient in the upper half of a Decimal128
_SPECIAL = 0b11


def read_rows(
    raw: bytes, fields: Sequence[str], kinds: Mapping[str, Kind], options: CodecOptions[Any]
) -> list[dict[str, Any]]:
    """Result rows with the columns `fields`, from a batch of raw documents.

    Parameters: `kinds` are all columns of the table in their order; the documents have those in
    `fields`. Documents with nested values, or with a layout that is not the sink's, are decoded by
    PyMongo with `options`.
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
    """The values of each column; None when the documents have another layout."""
    import numpy as np

    if not kinds.keys() or any(kind.name not in _SIZES for kind in kinds.values()):
        return None
    names = {name: name.encode() + b"\0" for name in kinds}
    # Fixed-size reads go beyond the end of the last document.
    padding = bytes(_LONGEST_VALUE + max(map(len, names.values())))
    cells = np.frombuffer(raw + padding, np.uint8)
    offsets, columns = _starts(raw) + 4, {}
    for name, kind in kinds.items():
        element_name = np.frombuffer(names[name], np.uint8)
        types, offsets = cells[offsets], offsets + 1
        if not (_bytes(cells, offsets, len(element_name)) == element_name).all():
            return None
        offsets = offsets + len(element_name)
        sizes = _sizes(types, kind)
        if sizes is None:
            return None
        if kind.name in ("text", "time"):
            sizes = np.where(
                types == _NULL, 0, sizes + _bytes(cells, offsets, 4).view("<i4").ravel()
            )
        values = _READERS[kind.name](raw, cells, np.where(types == _NULL, len(raw), offsets), types)
        if values is None:
            return None
        if kind.zoned:
            values = [moment.replace(tzinfo=UTC) for moment in values]
        for row in np.flatnonzero(types == _NULL).tolist():
            values[row] = None
        columns[name], offsets = values, offsets + sizes
    return None if cells[offsets].any() else columns


def _starts(raw: bytes) -> Array:
    import numpy as np

    offsets, position = [], 0
    while position < len(raw):
        offsets.append(position)
        position += unpack_from("<i", raw, position)[0]
    return np.array(offsets, np.int64)


def _sizes(types: Array, kind: Kind) -> Array | None:
    """The size of each value; None when a type does not belong to this kind of column."""
    import numpy as np

    size_by_type = np.full(256, -1, np.int64)
    size_by_type[_NULL] = 0
    for type_, size in _SIZES[kind.name].items():
        size_by_type[type_] = size
    sizes = size_by_type[types]
    return None if (sizes < 0).any() else sizes


def _bytes(cells: Array, offsets: Array, width: int) -> Array:
    """`width` bytes from each offset, as one row each."""
    import numpy as np

    return cells[offsets[:, None] + np.arange(width)]


# Readers of the values at the offsets. The offset of a null is in the padding, which is zeros.


def _integers(_raw: bytes, cells: Array, offsets: Array, types: Array) -> list[Any]:
    import numpy as np

    ints, longs = (
        _bytes(cells, offsets, 4).view("<i4").ravel(),
        _bytes(cells, offsets, 8).view("<i8").ravel(),
    )
    return np.where(types == _INT, ints, longs).tolist()  # type: ignore[no-any-return]


def _floats(_raw: bytes, cells: Array, offsets: Array, _types: Array) -> list[Any]:
    return _bytes(cells, offsets, 8).view("<f8").ravel().tolist()


def _booleans(_raw: bytes, cells: Array, offsets: Array, _types: Array) -> list[Any]:
    return (cells[offsets] != 0).tolist()  # type: ignore[no-any-return]


def _texts(raw: bytes, cells: Array, offsets: Array, _types: Array) -> list[Any]:
    ends = offsets + 3 + _bytes(cells, offsets, 4).view("<i4").ravel()
    return [
        raw[start:end].decode()
        for start, end in zip((offsets + 4).tolist(), ends.tolist(), strict=True)
    ]


def _dates(_raw: bytes, cells: Array, offsets: Array, _types: Array) -> list[Any] | None:
    days = _bytes(cells, offsets, 8).view("<i8").ravel() // _DAY
    if days.min() < _FIRST_DAY or days.max() > _LAST_DAY:
        return None
    return days.astype("datetime64[D]").tolist()


def _timestamps(_raw: bytes, cells: Array, offsets: Array, _types: Array) -> list[Any] | None:
    milliseconds = _bytes(cells, offsets, 8).view("<i8").ravel()
    if milliseconds.min() < _FIRST_DAY * _DAY or milliseconds.max() >= (_LAST_DAY + 1) * _DAY:
        return None
    return milliseconds.astype("datetime64[ms]").tolist()


def _decimals(_raw: bytes, cells: Array, offsets: Array, _types: Array) -> list[Any] | None:
    halves = _bytes(cells, offsets, 16).view("<u8")
    low, high = halves[:, 0], halves[:, 1]
    if (
        (low >> 63).any()
        or (high & _COEFFICIENT).any()
        or ((high >> 61 & _SPECIAL) == _SPECIAL).any()
    ):
        return _long_decimals(halves)
    coefficients = low.astype("i8")
    coefficients[high >> 63 == 1] *= -1
    exponents = ((high >> 49 & 0x3FFF).astype("i8") - ZERO_EXPONENT).tolist()
    return [
        Decimal(number).scaleb(exponent, EXACT)
        for number, exponent in zip(coefficients.tolist(), exponents, strict=True)
    ]


def _long_decimals(halves: Array) -> list[Any]:
    from bson.decimal128 import Decimal128

    return [python_value(Kind("decimal"), Decimal128.from_bid(value.tobytes())) for value in halves]


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
