"""The rows in which a table differs from its former version, by their places."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import pyarrow as pa

    Batches: TypeAlias = pa.RecordBatchReader


class NotCopiedError(Exception):
    """A sink cannot load a table as a copy with changes, and has to load it completely."""


@dataclass(frozen=True)
class RowChanges:
    """All rows of a table that are not, at the same place, in its former version.

    `batches` have these rows, and `places` theirs in the table, from 0, ascending; `replaced` has
    the rows of the former version at these places, and those after the last row of the table.
    `rows` counts all rows of the table, and `former_rows` those of the former version.
    """

    places: Sequence[int]
    batches: Sequence[pa.RecordBatch]
    rows: int
    former_rows: int
    replaced: Sequence[pa.RecordBatch]

    @property
    def count(self) -> int:
        """The number of rows that differ, were added or are gone."""
        return len(self.places) + max(0, self.former_rows - self.rows)

    @property
    def replaced_places(self) -> list[int]:
        """The places of the replaced rows in the former version, ascending."""
        kept = [place for place in self.places if place < self.former_rows]
        return [*kept, *range(self.rows, self.former_rows)]


def row_changes(former: Batches, latter: Batches, most: int) -> RowChanges | None:
    """How a table of the same columns differs from its former version.

    None when more than `most` rows of either do, or values of a column cannot be compared.
    """
    import pyarrow as pa

    columns = [[(field.name, field.type) for field in each.schema] for each in (former, latter)]
    if columns[0] != columns[1] or any(map(pa.types.is_nested, latter.schema.types)):
        return None
    places: list[int] = []
    batches: list[pa.RecordBatch] = []
    replaced: list[pa.RecordBatch] = []
    first = 0
    others = _Reader(former)
    for batch in latter:
        start = 0
        while start < len(batch):
            other = others.next(len(batch) - start)
            part = batch.slice(start, len(other) if other else None)
            if other is None:
                places += range(first + start, first + start + len(part))
                batches.append(part)
            elif (differing := _differing(part, other)) is not None:
                places += [first + start + place for place in differing.to_pylist()]
                batches.append(part.take(differing))
                replaced.append(other.take(differing))
            if len(places) > most:
                return None
            start += len(part)
        first += len(batch)
    while other := others.next(most + 1):
        replaced.append(other)
        if others.read - first > most:
            return None
    return RowChanges(places, batches, first, others.read, replaced)


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


def _differing(one: pa.RecordBatch, two: pa.RecordBatch) -> pa.Array | None:
    """The places of rows that differ; None when all are equal."""
    import pyarrow.compute as pc

    # Without constants of Python: making Arrow values of them imports pandas where it is installed.
    differ = None
    for left, right in zip(
        map(_comparable, one.columns), map(_comparable, two.columns), strict=True
    ):
        if not left.equals(right):
            unequal = pc.not_equal(left, right)  # null where a value is
            null = pc.not_equal(pc.is_null(left), pc.is_null(right))
            here = pc.or_kleene(unequal, null)
            differ = here if differ is None else pc.or_kleene(differ, here)
    return None if differ is None else pc.indices_nonzero(differ)


def _comparable(array: pa.Array) -> pa.Array:
    """The values of an array; floats as their bits, since 0.0 equals -0.0 and NaN not NaN."""
    import pyarrow as pa

    bits = {pa.float64(): pa.int64(), pa.float32(): pa.int32()}.get(array.type)
    return array if bits is None else array.view(bits)
