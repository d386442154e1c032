"""The dates and times that can be served: years 1 to 9999, as Python and JSON readers support.

DuckDB has others too, such as `infinity` and the year 20224. They are refused while a table is
loaded, by all sinks, so that no reader ever meets them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from medallion.errors import SinkError
from medallion.query.column_types import Kind, kind_of
from medallion.records import Column

if TYPE_CHECKING:
    import pyarrow as pa

    from medallion.contracts import Batches

_FIRST_DAY = date.min.toordinal() - date(1970, 1, 1).toordinal()
_LAST_DAY = date.max.toordinal() - date(1970, 1, 1).toordinal()
_DAY = 86_400  # seconds
_UNITS: Mapping[str, int] = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_INFINITE: Mapping[int, tuple[int, int]] = {
    32: (-(2**31) + 1, 2**31 - 1),
    64: (-(2**63) + 1, 2**63 - 1),
}
_CAST = "a `cast` of the column to its type or by "
_ASIDE = "set such rows aside by {}`expect: {{between: …}}`, or "
_HINT = "make such values null in a step, such as `derive`"


def within_range(rows: Batches, columns: Sequence[Column], place: str) -> Batches:
    """The same rows. Reading them raises SinkError at the first date or time out of range."""
    import pyarrow as pa

    kinds = {column.name: kind_of(column.type) for column in columns}
    dated = {name: kind for name, kind in kinds.items() if _holds_moments(kind)}
    return (
        pa.RecordBatchReader.from_batches(rows.schema, _checked(rows, dated, place))
        if dated
        else rows
    )


def _checked(rows: Batches, kinds: Mapping[str, Kind], place: str) -> Iterator[pa.RecordBatch]:
    first = 1
    for batch in rows:
        for name, kind in kinds.items():
            array = batch.column(name)
            if _beyond(array, kind) and (index := _place(array, kind)) is not None:
                shown = _shown(array, kind, index)
                fault = (
                    "outside the years 1 to 9999" if kind.name != "time" else "not a time of day"
                )
                raise SinkError(
                    f"{place}: column {name!r}, row {first + index:,}: {shown} is {fault}",
                    hint=_hint(kind),
                )
        first += batch.num_rows
        yield batch


def _hint(kind: Kind) -> str:
    if kind.items:
        return _HINT
    return _ASIDE.format("" if kind.name == "time" else _CAST) + _HINT


def _holds_moments(kind: Kind) -> bool:
    return kind.name in ("date", "timestamp", "time") or any(
        _holds_moments(item) for _, item in kind.items
    )


def _beyond(array: pa.Array, kind: Kind) -> bool:
    """Whether a value, or one that is nested in it, is out of range."""
    import pyarrow.compute as pc

    match kind.name:
        case "list":
            return _beyond(array.flatten(), kind.items[0][1])
        case "map":
            parts = (array.keys, array.items)
            return any(
                _beyond(part, item) for part, (_, item) in zip(parts, kind.items, strict=True)
            )
        case "struct":
            return any(
                _beyond(part, item)
                for part, (_, item) in zip(array.flatten(), kind.items, strict=True)
            )
        case "date" | "timestamp" | "time":
            low, high = pc.min_max(_numbers(array)).as_py().values()
            least, most = _bounds(array, kind)
            return low is not None and (low < least or high > most)
    return False


def _numbers(array: pa.Array) -> pa.Array:
    import pyarrow as pa

    return array.view(pa.int32() if array.type.bit_width == 32 else pa.int64())


def _bounds(array: pa.Array, kind: Kind) -> tuple[int, int]:
    if kind.name == "date":
        return _FIRST_DAY, _LAST_DAY
    unit = _UNITS[array.type.unit]
    if kind.name == "time":
        return 0, _DAY * unit - 1
    low, high = _INFINITE[64]  # not valid dates of nanoseconds either
    return max(_FIRST_DAY * _DAY * unit, low + 1), min((_LAST_DAY + 1) * _DAY * unit - 1, high - 1)


def _place(array: pa.Array, kind: Kind) -> int | None:
    """The index of the first value that is out of range."""
    import pyarrow as pa

    rows = range(len(array))
    return next((row for row in rows if _beyond(array.take(pa.array([row])), kind)), None)


def _shown(array: pa.Array, kind: Kind, index: int) -> str:
    import pyarrow as pa

    if kind.items:
        return f"a value in a {kind}"
    number = _numbers(array.slice(index, 1))[0].as_py()
    if kind.name != "time" and number in _INFINITE[array.type.bit_width]:
        return "infinity" if number > 0 else "-infinity"
    return str(array.slice(index, 1).cast(pa.string())[0])
