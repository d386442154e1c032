"""Encodes Arrow batches as BSON documents, column by column.

This costs a tenth of creating Python objects of the values.

A document is its length (int32), its elements, and a zero byte; an element is a type byte, a name
that ends with a zero byte, and a value. All elements of a column have the same type and name, so
that a column is a few binary arrays ("pieces"), and a batch of documents is those arrays joined row
by row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from medallion.contracts.integers import TooLargeError, whole_numbers
from medallion.query.column_types import Kind
from medallion.sinks.mongodb.documents import ZERO_EXPONENT, bson_value, decimal128

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    Piece: TypeAlias = pa.Array | pa.Scalar

_FLOAT, _TEXT, _OBJECT, _BYTES, _BOOLEAN, _DATE, _NULL, _INT, _LONG, _DECIMAL = (
    bytes([code]) for code in (1, 2, 3, 5, 8, 9, 10, 16, 18, 19)
)
_END = b"\0"
_GENERIC = b"\0"
_LARGEST_BATCH = 32 << 20
_INT_RANGE = 1 << 31
_SIGN = 1 << 63


def documents_of(
    batch: pa.RecordBatch, kinds: dict[str, Kind], key: Sequence[str], numbers: Sequence[int]
) -> tuple[list[bytes], set[str]]:
    """The rows of a batch as documents, and the names of the columns with a null.

    `_id` is the key; for a table without a key it is the row's number, from 0, of `numbers`.
    """
    import pyarrow.compute as pc

    arrays = {name: _encodable(batch.column(name), kind, name) for name, kind in kinds.items()}
    elements = _ident(arrays, kinds, key, numbers)
    for name, kind in kinds.items():
        elements += _elements(name, kind, arrays[name])
    pieces = [_sizes(elements, batch.num_rows), *elements, _scalar(_END), _scalar(b"")]
    return pc.binary_join_element_wise(*pieces).to_pylist(), {
        name for name, array in arrays.items() if array.null_count
    }


def small_batches(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """The batch in slices of at most 32 MiB, or of one row."""
    if batch.num_rows > 1 and batch.nbytes > _LARGEST_BATCH:
        half = batch.num_rows // 2
        yield from small_batches(batch.slice(0, half))
        yield from small_batches(batch.slice(half))
    else:
        yield batch


def _ident(
    arrays: dict[str, pa.Array],
    kinds: dict[str, Kind],
    key: Sequence[str],
    numbers: Sequence[int],
) -> list[Piece]:
    if not key:
        return _elements("_id", Kind("integer"), _int64_array(numbers))
    if len(key) == 1:
        return _elements("_id", kinds[key[0]], arrays[key[0]])
    elements = [element for name in key for element in _elements(name, kinds[name], arrays[name])]
    return [
        _scalar(_OBJECT + b"_id" + _END),
        _sizes(elements, len(numbers)),
        *elements,
        _scalar(_END),
    ]


def _encodable(array: pa.Array, kind: Kind, name: str) -> pa.Array:
    """The column as it is encoded: integers of 64 bits, floats without NaN, text as bytes."""
    import pyarrow as pa
    import pyarrow.compute as pc

    match kind.name:
        case "integer":
            return whole_numbers(array, kind, name)
        case "decimal":
            return _decimals(array, kind, name)
        case "float":
            array = array.cast(pa.float64())
            return pc.if_else(pc.is_nan(array), pa.nulls(len(array), pa.float64()), array)
        case "date":
            return array.cast(pa.timestamp("ms")).cast(pa.int64())
        case "timestamp":
            return array.cast(pa.timestamp("us", array.type.tz), safe=False).cast(pa.int64())
        case "time":
            return array.cast(pa.time64("us"), safe=False).cast(pa.string()).cast(pa.binary())
        case "text":
            return array.cast(pa.string()).cast(pa.binary())
        case "boolean":
            return array.cast(pa.uint8())
    return array.cast(pa.binary()) if kind.name == "bytes" else array


def _elements(name: str, kind: Kind, array: pa.Array) -> list[Piece]:
    """The element of a column in every row, as pieces to be joined row by row."""
    import pyarrow.compute as pc

    prefix = name.encode() + _END
    if kind.name in ("list", "struct", "map"):
        return [_nested(name, kind, array)]
    if array.null_count == 0:
        return _elements_without_null(prefix, kind, array)
    is_valid = array.is_valid()
    pieces = _elements_without_null(
        prefix, kind, pc.if_else(is_valid, array, _zero_value(array.type))
    )
    return [
        pc.if_else(
            is_valid, pc.binary_join_element_wise(*pieces, _scalar(b"")), _scalar(_NULL + prefix)
        )
    ]


def _elements_without_null(prefix: bytes, kind: Kind, array: pa.Array) -> list[Piece]:
    """The elements of a column that has no null."""
    match kind.name:
        case "text" | "time":
            return [
                _fixed(_TEXT + prefix, (_lengths(array) + 1).astype("<i4")),
                array,
                _scalar(_END),
            ]
        case "bytes":
            return [
                _fixed(_BYTES + prefix, _lengths(array).astype("<i4")),
                _scalar(_GENERIC),
                array,
            ]
        case "decimal":
            return [_scalar(_DECIMAL + prefix), array]
        case "float":
            return [_fixed(_FLOAT + prefix, _values(array, "<f8"))]
        case "boolean":
            return [_fixed(_BOOLEAN + prefix, _values(array, "u1"))]
        case "date":
            return [_fixed(_DATE + prefix, _values(array, "<i8"))]
        case "timestamp":
            return [_fixed(_DATE + prefix, _values(array, "<i8") // 1000)]
    values = _values(array, "<i8")
    if len(values) and values.min() >= -_INT_RANGE and values.max() < _INT_RANGE:
        return [_fixed(_INT + prefix, values.astype("<i4"))]
    return [_fixed(_LONG + prefix, values)]


def _decimals(array: pa.Array, kind: Kind, name: str) -> pa.Array:
    """Decimals as the 16 bytes of Decimal128, assembled with NumPy if the coefficients fit 64 bits.

    Little endian: the low half is the coefficient; the high half has the sign in bit 63 and the
    biased exponent from bit 49.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        numbers = whole_numbers(array, kind, name)
    except TooLargeError:
        values = _encoded_values(
            array, name, lambda value: b"" if value is None else decimal128(value).bid
        )
        encoded = _binary_array(values)
    else:
        coefficients = _values(numbers, "<i8")
        halves = np.empty((len(coefficients), 2), "<u8")
        # abs(-2**63) overflows to itself, which is the correct value when viewed as unsigned.
        halves[:, 0] = np.abs(coefficients).view("<u8")
        halves[:, 1] = (ZERO_EXPONENT - kind.scale) << 49
        halves[coefficients < 0, 1] |= np.uint64(_SIGN)
        encoded = _binary_rows(halves.view("u1"))
    return (
        pc.if_else(array.is_valid(), encoded, pa.nulls(len(array), pa.binary()))
        if array.null_count
        else encoded
    )


def _nested(name: str, kind: Kind, array: pa.Array) -> pa.Array:
    """Elements of lists, structs and maps, encoded by PyMongo from Python objects."""
    from bson import encode

    return _binary_array(
        _encoded_values(
            array, name, lambda value: encode({name: kind.walk(value, bson_value)})[4:-1]
        )
    )


def _encoded_values(array: pa.Array, name: str, encoded: Callable[[Any], bytes]) -> list[bytes]:
    """The values of a column, encoded one by one. Raises TooLargeError on too large a number."""
    values = []
    for index, value in enumerate(array.to_pylist()):
        try:
            values.append(encoded(value))
        except OverflowError as error:
            what = (
                str(error)
                if str(error).startswith("a decimal")
                else "an integer too large for the 64 bits of BSON"
            )
            raise TooLargeError(name, index, what) from None
    return values


def _fixed(prefix: bytes, values: np.ndarray[Any, Any]) -> pa.Array:
    """Elements whose values all have the same size."""
    import numpy as np

    rows, width, size = len(values), len(prefix), values.dtype.itemsize
    cells = np.empty((rows, width + size), "u1")
    cells[:, :width] = np.frombuffer(prefix, "u1")
    cells[:, width:] = np.ascontiguousarray(values).view("u1").reshape(rows, size)
    return _binary_rows(cells)


def _sizes(pieces: Sequence[Piece], rows: int) -> pa.Array:
    """The first four bytes of a document: its length, computed from the pieces of each row."""
    import numpy as np
    import pyarrow as pa

    size = np.full(rows, 5, "<i4")  # these four bytes and the zero byte at the end
    for piece in pieces:
        size += _lengths(piece) if isinstance(piece, pa.Array) else len(piece.as_py())
    return _binary_rows(size.view("u1").reshape(rows, 4))


# Arrow and NumPy exchange buffers here, because an Arrow array of a Python list imports pandas.


def _values(array: pa.Array, dtype: str) -> np.ndarray[Any, Any]:
    import numpy as np

    return np.frombuffer(array.buffers()[1], dtype)[array.offset : array.offset + len(array)]


def _lengths(array: pa.Array) -> np.ndarray[Any, Any]:
    import pyarrow.compute as pc

    return _values(pc.binary_length(array), "<i4")


def _binary_rows(cells: np.ndarray[Any, Any]) -> pa.Array:
    """A matrix of bytes as a binary array with one value per row."""
    import numpy as np

    rows, width = cells.shape
    return _binary_from_buffers(np.arange(0, rows * width + 1, width or 1, dtype="<i4"), cells)


def _binary_array(values: Sequence[bytes]) -> pa.Array:
    import numpy as np

    return _binary_from_buffers(np.cumsum([0, *map(len, values)], dtype="<i4"), b"".join(values))


def _int64_array(values: Sequence[int]) -> pa.Array:
    import numpy as np
    import pyarrow as pa

    return pa.Array.from_buffers(
        pa.int64(), len(values), [None, pa.py_buffer(np.array(values, "<i8"))]
    )


def _binary_from_buffers(ends: np.ndarray[Any, Any], data: Any) -> pa.Array:
    import pyarrow as pa

    return pa.Array.from_buffers(
        pa.binary(), len(ends) - 1, [None, pa.py_buffer(ends), pa.py_buffer(data)]
    )


def _scalar(value: bytes) -> Any:
    return _binary_array([value])[0]


def _zero_value(type_: pa.DataType) -> Any:
    import pyarrow as pa

    if pa.types.is_binary(type_):
        return _scalar(b"")
    return pa.Array.from_buffers(type_, 1, [None, pa.py_buffer(bytes(8))])[0]
