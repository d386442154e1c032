"""SQL of the records of source files, as the layer `raw` stores them: a Parquet file for one source
file, or for several small ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from medallion.contracts import ORIGIN, literal, quote
from medallion.records import Snapshot
from medallion.records.column_type import NULL, ColumnType, column_type
from medallion.sql.exact_casts import checked
from medallion.sql.row_ids import row_id, within_table
from medallion.storage import Storage
from medallion.storage.digests import Stored, verified


def typed_records(
    storage: Storage, snapshot: Snapshot, places: range | None = None
) -> Iterator[tuple[str, str]]:
    """SQL per group of files with the same types: the records, and columns in the table's types.

    `places` are positions in a file that is alone: its other records are left out.
    """
    for numbers, types in _groups(snapshot):
        place = f"{snapshot.table}: {snapshot.sources[numbers[0]].name}"
        columns = []
        for column in snapshot.columns:
            name, target = quote(column.name), column_type(column.type)
            source = types.get(column.name, NULL)
            # `checked` appends the value: "…: 'x' does not fit …".
            message = f"{place}: column {column.name!r} is {source}, other files need {target}"
            value = checked(name, source, target, message)
            columns.append(name if value == name else f"{value} as {name}")
        yield _records(storage, snapshot, numbers, places), ", ".join(columns)


def untyped_records(
    storage: Storage, snapshot: Snapshot, places: range | None, wanted: Collection[int]
) -> Iterator[tuple[str, str]]:
    """SQL per group of files with the same types: its records, and a struct of their values.

    Of all files, only the `wanted` ones are read, by their numbers.
    """
    names = {column.name for source in snapshot.sources for column in source.columns}
    for numbers, _ in _groups(snapshot):
        read = [number for number in numbers if number in wanted]
        present = {column.name for number in read for column in snapshot.sources[number].columns}
        fields = ", ".join(
            f"{literal(column.name)}: {quote(column.name) if column.name in present else 'null'}"
            for column in snapshot.columns
            if column.name in names
        )
        if read:
            yield _records(storage, snapshot, read, places), f"{{{fields}}}"


def _groups(snapshot: Snapshot) -> Iterator[tuple[list[int], dict[str, ColumnType]]]:
    """Groups of files whose columns have the same types: their numbers, and the types."""
    remaining = list(range(len(snapshot.sources)))
    while remaining:
        types, numbers, others = dict[str, ColumnType](), list[int](), list[int]()
        for number in remaining:
            columns = {
                column.name: column_type(column.type) for column in snapshot.sources[number].columns
            }
            if any(types.get(name, type_) != type_ for name, type_ in columns.items()):
                others.append(number)
                continue
            types |= columns
            numbers.append(number)
        yield numbers, types
        remaining = others


def _records(storage: Storage, snapshot: Snapshot, numbers: list[int], places: range | None) -> str:
    """SQL of the records of these files, each with its `_origin`."""
    alone: list[int] = []
    # By Parquet file, the numbers of its files by place. Groups of files with the same bytes have
    # the same Parquet file, which is read once for each of them.
    shared: dict[tuple[str, int], list[int | None]] = {}
    groups = Counter[tuple[str, int]]()  # how many have had a file in this place so far
    for number in numbers:
        source = snapshot.sources[number]
        if source.shared_by == 1:
            alone.append(number)
            continue
        group = groups[source.records, source.place]
        groups[source.records, source.place] += 1
        file_numbers = shared.setdefault((source.records, group), [None] * source.shared_by)
        file_numbers[source.place] = number
    parts = [_records_alone(storage, snapshot, alone, places)] if alone else []
    parts += [_shared_records(storage, snapshot, list(shared.values()))] if shared else []
    return " union all by name ".join(parts)


def _records_alone(
    storage: Storage, snapshot: Snapshot, numbers: list[int], places: range | None
) -> str:
    """SQL of the records of files that have a Parquet file each."""
    # `file_index` counts the files of this query; a list maps it to numbers within the snapshot.
    complete = len(numbers) == len(snapshot.sources)
    file = "file_index::bigint" if complete else f"{numbers}[(file_index + 1)::bigint]::bigint"
    origin = row_id(snapshot.origins[0].number, file, "file_row_number")
    paths = _paths(storage, snapshot, numbers)
    records = f"select {origin} as {ORIGIN}, * from read_parquet([{paths}], union_by_name = true)"
    if places is None:
        return records
    # DuckDB reads only the row groups with these positions.
    return f"{records} where file_row_number between {places.start} and {places.stop - 1}"


def _shared_records(
    storage: Storage, snapshot: Snapshot, shared: Sequence[Sequence[int | None]]
) -> str:
    """SQL of the records of files that share Parquet files; each has its files' numbers by place.

    The number of a file whose records are not wanted is None. In a Parquet file, `_origin` counts
    the files from 0.
    """
    origin = within_table(snapshot.origins[0].number, shared)
    paths = _paths(
        storage, snapshot, [next(n for n in places if n is not None) for places in shared]
    )
    records = (
        f"select {origin} as {ORIGIN}, * exclude ({ORIGIN}) "
        f"from read_parquet([{paths}], union_by_name = true)"
    )
    complete = all(number is not None for places in shared for number in places)
    return records if complete else f"select * from ({records}) where {ORIGIN} is not null"


def _paths(storage: Storage, snapshot: Snapshot, numbers: Sequence[int]) -> str:
    """SQL of the local paths of the Parquet files that have the records of some files."""
    sources = [snapshot.sources[number] for number in numbers]
    local = verified(
        storage, [Stored(item.records, item.records_bytes, item.records_sha256) for item in sources]
    )
    return ", ".join(literal(str(path)) for path in local)
