"""Batches as BSON documents, written column by column: a tenth of what making Python's objects of them costs.

A document is its length, its elements, and a zero byte; an element is a type, a name that ends with a zero byte, and
a value. Every element of a column has the same beginning, so that a column is a few arrays of bytes, and a batch of
documents is those arrays joined row by row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from medallion.contracts.integers import TooLargeError, whole_numbers
from medallion.query.column_types import Kind
from medallion.sinks.mongodb.documents import ZERO_EXPONENT, decimal128, leaf

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    Part: TypeAlias = pa.Array | pa.Scalar

_FLOAT, _TEXT, _OBJECT, _BYTES, _BOOLEAN, _DATE, _NULL, _INT, _LONG, _DECIMAL = (
    bytes([code]) for code in (1, 2, 3, 5, 8, 9, 10, 16, 18, 19)
)
_END = b"\0"
_GENERIC = b"\0"
_LARGEST = 32 << 20
_INT_RANGE = 1 << 31
_SIGN = 1 << 63


def documents_of(
    batch: pa.RecordBatch, kinds: dict[str, Kind], key: Sequence[str], first: int
) -> tuple[list[bytes], set[str]]:
    """The rows of a batch as documents, `_id` made of the key or else counted from `first`; the columns with a null."""
    import pyarrow.compute as pc

    arrays = {name: _prepared(batch.column(name), kind, name) for name, kind in kinds.items()}
    parts = _ident(arrays, kinds, key, first, batch.num_rows)
    for name, kind in kinds.items():
        parts += _elements(name, kind, arrays[name])
    sized = [_sizes(parts, batch.num_rows), *parts, _constant(_END), _constant(b"")]
    return pc.binary_join_element_wise(*sized).to_pylist(), {
        name for name, array in arrays.items() if array.null_count
    }


def small_parts(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """The batch in pieces that are not large, whatever its rows hold."""
    if batch.num_rows > 1 and batch.nbytes > _LARGEST:
        half = batch.num_rows // 2
        yield from small_parts(batch.slice(0, half))
        yield from small_parts(batch.slice(half))
    else:
        yield batch


def _ident(
    arrays: dict[str, pa.Array], kinds: dict[str, Kind], key: Sequence[str], first: int, rows: int
) -> list[Part]:
    if not key:
        return _elements("_id", Kind("integer"), _whole(range(first, first + rows)))
    if len(key) == 1:
        return _elements("_id", kinds[key[0]], arrays[key[0]])
    parts = [part for name in key for part in _elements(name, kinds[name], arrays[name])]
    return [_constant(_OBJECT + b"_id" + _END), _sizes(parts, rows), *parts, _constant(_END)]


def _prepared(array: pa.Array, kind: Kind, name: str) -> pa.Array:
    """The column as its elements are made of: whole numbers of 64 bits, floats without NaN, texts as bytes."""
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


def _elements(name: str, kind: Kind, array: pa.Array) -> list[Part]:
    """The column's element of every row, as arrays to be joined row by row."""
    import pyarrow.compute as pc

    beginning = name.encode() + _END
    if kind.name in ("list", "struct", "map"):
        return [_nested(name, kind, array)]
    if array.null_count == 0:
        return _present(beginning, kind, array)
    there = array.is_valid()
    parts = _present(beginning, kind, pc.if_else(there, array, _zero(array.type)))
    return [
        pc.if_else(
            there, pc.binary_join_element_wise(*parts, _constant(b"")), _constant(_NULL + beginning)
        )
    ]


def _present(beginning: bytes, kind: Kind, array: pa.Array) -> list[Part]:
    """The elements of a column without null."""
    match kind.name:
        case "text" | "time":
            return [
                _fixed(_TEXT + beginning, (_lengths(array) + 1).astype("<i4")),
                array,
                _constant(_END),
            ]
        case "bytes":
            return [
                _fixed(_BYTES + beginning, _lengths(array).astype("<i4")),
                _constant(_GENERIC),
                array,
            ]
        case "decimal":
            return [_constant(_DECIMAL + beginning), array]
        case "float":
            return [_fixed(_FLOAT + beginning, _values(array, "<f8"))]
        case "boolean":
            return [_fixed(_BOOLEAN + beginning, _values(array, "u1"))]
        case "date":
            return [_fixed(_DATE + beginning, _values(array, "<i8"))]
        case "timestamp":
            return [_fixed(_DATE + beginning, _values(array, "<i8") // 1000)]
    values = _values(array, "<i8")
    if len(values) and values.min() >= -_INT_RANGE and values.max() < _INT_RANGE:
        return [_fixed(_INT + beginning, values.astype("<i4"))]
    return [_fixed(_LONG + beginning, values)]


def _decimals(array: pa.Array, kind: Kind, name: str) -> pa.Array:
    """Decimals as the 16 bytes of Decimal128, put together from whole numbers where 64 bits hold them."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        numbers = whole_numbers(array, kind, name)
    except TooLargeError:
        values = _each(array, name, lambda value: b"" if value is None else decimal128(value).bid)
        made = _texts(values)
    else:
        whole = _values(numbers, "<i8")
        halves = np.empty((len(whole), 2), "<u8")
        halves[:, 0] = np.abs(whole).view(
            "<u8"
        )  # the lowest number is its own absolute value, and right unsigned
        halves[:, 1] = (ZERO_EXPONENT - kind.scale) << 49
        halves[whole < 0, 1] |= np.uint64(_SIGN)
        made = _rows(halves.view("u1"))
    return (
        pc.if_else(array.is_valid(), made, pa.nulls(len(array), pa.binary()))
        if array.null_count
        else made
    )


def _nested(name: str, kind: Kind, array: pa.Array) -> pa.Array:
    """Elements of lists, structs and maps, by way of Python's objects."""
    from bson import encode

    return _texts(_each(array, name, lambda value: encode({name: kind.walk(value, leaf)})[4:-1]))


def _each(array: pa.Array, name: str, encoded: Callable[[Any], bytes]) -> list[bytes]:
    """The values of a column, encoded one by one. Raises TooLargeError on a number that BSON cannot hold."""
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


def _fixed(beginning: bytes, values: np.ndarray[Any, Any]) -> pa.Array:
    """Elements whose values all have one size."""
    import numpy as np

    rows, width, size = len(values), len(beginning), values.dtype.itemsize
    cells = np.empty((rows, width + size), "u1")
    cells[:, :width] = np.frombuffer(beginning, "u1")
    cells[:, width:] = np.ascontiguousarray(values).view("u1").reshape(rows, size)
    return _rows(cells)


def _sizes(parts: Sequence[Part], rows: int) -> pa.Array:
    """How long the document is that the parts of each row make, as its first four bytes say it."""
    import numpy as np
    import pyarrow as pa

    size = np.full(rows, 5, "<i4")  # these four and the zero at the end
    for part in parts:
        size += _lengths(part) if isinstance(part, pa.Array) else len(part.as_py())
    return _rows(size.view("u1").reshape(rows, 4))


# Between Arrow and NumPy by way of their buffers: made from Python's lists and numbers, arrays would import pandas.


def _values(array: pa.Array, dtype: str) -> np.ndarray[Any, Any]:
    import numpy as np

    return np.frombuffer(array.buffers()[1], dtype)[array.offset : array.offset + len(array)]


def _lengths(array: pa.Array) -> np.ndarray[Any, Any]:
    import pyarrow.compute as pc

    return _values(pc.binary_length(array), "<i4")


def _rows(cells: np.ndarray[Any, Any]) -> pa.Array:
    """Rows of bytes as an array."""
    import numpy as np

    rows, width = cells.shape
    return _binary(np.arange(0, rows * width + 1, width or 1, dtype="<i4"), cells)


def _texts(values: Sequence[bytes]) -> pa.Array:
    import numpy as np

    return _binary(np.cumsum([0, *map(len, values)], dtype="<i4"), b"".join(values))


def _whole(values: range) -> pa.Array:
    import numpy as np
    import pyarrow as pa

    return pa.Array.from_buffers(
        pa.int64(), len(values), [None, pa.py_buffer(np.array(values, "<i8"))]
    )


def _binary(ends: np.ndarray[Any, Any], data: Any) -> pa.Array:
    import pyarrow as pa

    return pa.Array.from_buffers(
        pa.binary(), len(ends) - 1, [None, pa.py_buffer(ends), pa.py_buffer(data)]
    )


def _constant(value: bytes) -> Any:
    return _texts([value])[0]


def _zero(type_: pa.DataType) -> Any:
    import pyarrow as pa

    if pa.types.is_binary(type_):
        return _constant(b"")
    return pa.Array.from_buffers(type_, 1, [None, pa.py_buffer(bytes(8))])[0]
