"""The rows in which a table differs from its former version, by their places.

A row that was inserted or removed moves all rows after it. Where rows follow each other that all
differ from those at the same place, the rows are looked for nearby.
"""

from __future__ import annotations

from array import array
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import pyarrow as pa

    Batches: TypeAlias = pa.RecordBatchReader

Row: TypeAlias = tuple[Hashable, ...]

_CHUNK = 8192  # rows that are compared at once
_RUN = 8  # rows that all differ, after which they are looked for nearby
_WINDOWS = (16, 1024)  # rows in which they are looked for
_SEARCHES = 1000  # after which it is cheaper to load a table completely


class NotCopiedError(Exception):
    """A sink cannot load a table as a copy with changes, and has to load it completely."""


@dataclass(frozen=True)
class RowChanges:
    """The rows that only one of a table and its former version has; the others have one order.

    `batches` are those of the table, and `places` their places in it, from 0, ascending; `replaced`
    are those of the former version, and `replaced_places` their places there. `rows` counts all
    rows of the table, and `former_rows` those of the former version.
    """

    places: Sequence[int]
    batches: Sequence[pa.RecordBatch]
    rows: int
    former_rows: int
    replaced_places: Sequence[int]
    replaced: Sequence[pa.RecordBatch]

    @property
    def count(self) -> int:
        """The number of rows that differ, were added or are gone."""
        return max(len(self.places), len(self.replaced_places))

    @property
    def moves_rows(self) -> bool:
        """Whether rows that both have are at another place in the table."""
        return any(shift for _, shift in self.shifts())

    def shifts(self) -> list[tuple[range, int]]:
        """By how many places the rows that both have move, by ranges of their former places.

        A range also has the replaced rows between rows that move equally.
        """
        shifts: list[tuple[range, int]] = []
        gone, added = [*self.replaced_places, self.former_rows], [*self.places, self.rows]
        first = second = here = there = 0
        while True:
            while gone[here] == first < self.former_rows:
                first, here = first + 1, here + 1
            while added[there] == second < self.rows:
                second, there = second + 1, there + 1
            size = min(gone[here] - first, added[there] - second)
            if not size:
                return shifts
            moved, shift = range(first, first + size), second - first
            if shifts and shifts[-1][1] == shift:
                moved = range(shifts.pop()[0].start, moved.stop)
            shifts.append((moved, shift))
            first, second = first + size, second + size


def row_changes(
    former: Batches, latter: Batches, most: int, before: int = 0, after: int = 0
) -> RowChanges | None:
    """How a table of the same columns differs from its former version.

    Parameters: `before` and `after` are the numbers of rows that both versions have before and
    after those that are given. None when more than `most` rows of either do, or values of a column
    cannot be compared.
    """
    import pyarrow as pa

    columns = [[(field.name, field.type) for field in each.schema] for each in (former, latter)]
    if columns[0] != columns[1] or any(map(pa.types.is_nested, latter.schema.types)):
        return None
    one, two = _Reader(former, before), _Reader(latter, before)
    searches = 0
    while (left := one.next_rows(_CHUNK)) and (right := two.next_rows(_CHUNK)):
        size = min(len(left), len(right))
        differing = _differing(left.slice(0, size), right.slice(0, size))
        begin = _begin_of_run(differing, size)
        for reader in (one, two):
            reader.take([place for place in differing if place < begin], begin)
        if begin < size:
            searches += 1
            for reader, skipped in zip((one, two), _next_common(one, two), strict=True):
                reader.take(range(skipped), skipped)
        if max(len(one.places), len(two.places)) > most or searches > _SEARCHES:
            return None
    for reader in (one, two):
        while rest := reader.next_rows(_CHUNK):
            reader.take(range(len(rest)), len(rest))
            if len(reader.places) > most:
                return None
    rows, former_rows = two.read + after, one.read + after
    return RowChanges(two.places, two.taken, rows, former_rows, one.places, one.taken)


class _Reader:
    """Reads rows of one version, of which `taken`, at `places`, are not in the other one.

    `read` counts the rows that were read, and those before them.
    """

    def __init__(self, batches: Batches, before: int) -> None:
        self._batches: Iterator[pa.RecordBatch] = iter(batches)
        self._batch: pa.RecordBatch | None = None
        self.read = before
        self.places: list[int] = []
        self.taken: list[pa.RecordBatch] = []

    def next_rows(self, most: int, least: int = 1) -> pa.RecordBatch | None:
        """The next rows: at most `most`, at least `least` unless they end; None at the end."""
        import pyarrow as pa

        while self._batch is None or len(self._batch) < least:
            batch = next(self._batches, None)
            if batch is None:
                break
            parts = [part for part in (self._batch, batch) if part]
            table = pa.Table.from_batches(parts, batch.schema).combine_chunks()
            self._batch = next(iter(table.to_batches()), None)
        return self._batch.slice(0, most) if self._batch else None

    def take(self, chosen: Sequence[int], size: int) -> None:
        """Read `size` of the next rows, of which the `chosen` ones are not in the other version."""
        import pyarrow as pa

        if self._batch is None:
            return
        if chosen:
            # Not `pa.array`, which imports pandas.
            numbers = pa.py_buffer(array("q", chosen))
            numbers = pa.Array.from_buffers(pa.int64(), len(chosen), [None, numbers])
            self.taken.append(self._batch.take(numbers))
            self.places += [self.read + place for place in chosen]
        self._batch = self._batch.slice(size)
        self.read += size


def _begin_of_run(differing: Sequence[int], size: int) -> int:
    """The first of rows that follow each other and differ, if they are many or the last ones."""
    begin = 0
    for number, place in enumerate(differing):
        if number and place != differing[number - 1] + 1:
            begin = number
        if number - begin + 1 == _RUN or place == size - 1:
            return differing[begin]
    return size


def _next_common(one: _Reader, two: _Reader) -> tuple[int, int]:
    """How many of the next rows of each are before rows that both have."""
    sizes = 0, 0
    for window in _WINDOWS:
        left, right = (_tuples(reader.next_rows(window, window)) for reader in (one, two))
        if common := _first_common(left, right):
            return common
        sizes = len(left), len(right)
    return min(sizes), min(sizes)


def _first_common(left: Sequence[Row], right: Sequence[Row]) -> tuple[int, int] | None:
    """The least numbers of rows that are before equal rows, as far as these reach."""
    found: tuple[int, int] | None = None
    positions: dict[Row, list[int]] = {}
    for here, row in enumerate(left):
        positions.setdefault(row, []).append(here)
    for there, row in enumerate(right):
        for here in positions.get(row, ()):
            if found and here + there >= sum(found):
                break
            size = min(_RUN, len(left) - here, len(right) - there)
            if left[here : here + size] == right[there : there + size]:
                found = here, there
    return found


def _tuples(rows: pa.RecordBatch | None) -> list[Row]:
    if rows is None:
        return []
    return list(zip(*(_hashable(column).to_pylist() for column in rows.columns), strict=True))


def _hashable(values: pa.Array) -> pa.Array:
    """The values of an array; moments as numbers, since Python has no nanoseconds."""
    import pyarrow as pa

    values = _comparable(values)
    if not pa.types.is_temporal(values.type):
        return values
    return values.view({32: pa.int32(), 64: pa.int64()}[values.type.bit_width])


def _differing(one: pa.RecordBatch, two: pa.RecordBatch) -> list[int]:
    """The places of rows that differ."""
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
    return [] if differ is None else pc.indices_nonzero(differ).to_pylist()


def _comparable(values: pa.Array) -> pa.Array:
    """The values of an array, floats as their bits, since 0.0 equals -0.0 and NaN not NaN."""
    import pyarrow as pa

    bits = {pa.float64(): pa.int64(), pa.float32(): pa.int32()}.get(values.type)
    return values if bits is None else values.view(bits)
