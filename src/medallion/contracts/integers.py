"""Integers and decimals as 64-bit integers, a decimal counted in units of its last digit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from medallion.query.column_types import Kind

if TYPE_CHECKING:
    import pyarrow as pa

_END = 2**63


class TooLargeError(OverflowError):
    """A value that the database cannot store: its `column`, its `index` in the batch, its kind.

    `hint` says what to do; without it, the value is a number that is too large.
    """

    def __init__(self, column: str, index: int, what: str, hint: str = "") -> None:
        super().__init__(f"column {column!r}: {what}")
        self.column = column
        self.index = index
        self.what = what
        self.hint = hint or "cast it to float or text, or to a decimal of fewer places"


def unscaled(array: pa.Array, kind: Kind) -> pa.Array:
    """Integers, or decimals in units of their last digit, as integers or decimals of scale 0."""
    import pyarrow as pa

    if not pa.types.is_decimal(array.type):
        return array
    array = array.cast(pa.decimal128(38, kind.scale))
    return pa.Array.from_buffers(
        pa.decimal128(38, 0), len(array), array.buffers(), offset=array.offset
    )


def whole_numbers(array: pa.Array, kind: Kind, name: str) -> pa.Array:
    """The column `name` as int64. Raises TooLargeError when a value is too large."""
    import pyarrow as pa

    array = unscaled(array, kind)
    try:
        return array.cast(pa.int64())
    except pa.ArrowInvalid:
        what = f"a decimal of {kind.scale} places" if kind.name == "decimal" else "an integer"
        index = next(
            index
            for index, value in enumerate(array.to_pylist())
            if value is not None and not -_END <= value < _END
        )
        raise TooLargeError(name, index, f"{what} too large for 64 bits") from None
