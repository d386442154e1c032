"""The rows in which a table differs from its former version, by their places."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import pyarrow as pa

    Batches: TypeAlias = pa.RecordBatchReader


@dataclass(frozen=True)
class RowChanges:
    """All rows of a table that are not, at the same place, in its former version.

    `batches` have these rows, and `places` theirs in the table, from 0, ascending; `rows` counts
    all rows of the table, and `former_rows` those of the former version.
    """

    places: Sequence[int]
    batches: Sequence[pa.RecordBatch]
    rows: int
    former_rows: int


def row_changes(former: Batches, latter: Batches, most: int) -> RowChanges | None:
    """How a table of the same columns differs from its former version.

    None when more than `most` rows do, or values of a column cannot be compared.
    """
    import pyarrow as pa

    if former.schema != latter.schema or any(map(pa.types.is_nested, latter.schema.types)):
        return None
    places: list[int] = []
    batches: list[pa.RecordBatch] = []
    first = 0
    others = _Reader(former)
    for batch in latter:
        start = 0
        while start < len(batch):
            other = others.next(len(batch) - start)
            part = batch.slice(start, len(other) if other else None)
            differing = _differing(part, other) if other else range(len(part))
            if differing:
                places += [first + start + place for place in differing]
                batches.append(part.take(pa.array(differing, pa.int64())) if other else part)
            if len(places) > most:
                return None
            start += len(part)
        first += len(batch)
    return RowChanges(places, batches, first, others.read + others.rest())


class _Reader:
    """Reads batches in parts of any size; `read` counts the rows."""

    def __init__(self, batches: Batches) -> None:
        self._batches: Iterator[pa.RecordBatch] = iter(batches)
        self._batch: pa.RecordBatch | None = None
        self.read = 0

    def next(self, most: int) -> pa.RecordBatch | None:
        """At most `most` of the next rows; None at the end."""
        while not self._batch:
            self._batch = next(self._batches, None)
            if self._batch is None:
                return None
        part, self._batch = self._batch.slice(0, most), self._batch.slice(most)
        self.read += len(part)
        return part

    def rest(self) -> int:
        """The number of rows that are not read yet."""
        return len(self._batch or ()) + sum(map(len, self._batches))


def _differing(one: pa.RecordBatch, two: pa.RecordBatch) -> Sequence[int]:
    """The places of rows that differ."""
    import pyarrow as pa
    import pyarrow.compute as pc

    differ = pa.scalar(False)
    for left, right in zip(
        map(_comparable, one.columns), map(_comparable, two.columns), strict=True
    ):
        if not left.equals(right):
            unequal = pc.fill_null(pc.not_equal(left, right), False)
            null = pc.not_equal(pc.is_null(left), pc.is_null(right))
            differ = pc.or_(differ, pc.or_(unequal, null))
    return [] if isinstance(differ, pa.Scalar) else pc.indices_nonzero(differ).to_pylist()


def _comparable(array: pa.Array) -> pa.Array:
    """The values of an array; floats as their bits, since 0.0 equals -0.0 and NaN not NaN."""
    import pyarrow as pa

    bits = {pa.float64(): pa.int64(), pa.float32(): pa.int32()}.get(array.type)
    return array if bits is None else array.view(bits)
