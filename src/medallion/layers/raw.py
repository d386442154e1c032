"""The `raw` layer: the bytes of source files under their SHA-256, and their records as Parquet."""

from __future__ import annotations

import hashlib
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import uuid4

from medallion.contracts import (
    ORIGIN,
    ROW,
    Inputs,
    SourceLayer,
    description_path,
    literal,
    place_in_group,
    quote,
)
from medallion.errors import DamagedError, MedallionError, MissingError
from medallion.identifiers import digest
from medallion.records import File, Snapshot
from medallion.records.column_type import NULL, ColumnType, column_type
from medallion.sql.duckdb_types import without_rows
from medallion.sql.exact_casts import checked
from medallion.sql.row_ids import file_of, position_of, row_id, within_table
from medallion.storage import Storage
from medallion.storage.digests import Stored, store_file, verified
from medallion.storage.local import storage_errors
from medallion.storage.sealed_records import read_record

if TYPE_CHECKING:
    import pyarrow as pa

    from medallion.contracts import Connection, Relation

CHUNK = 1 << 20


class Raw(SourceLayer):
    """Stores the bytes of source files under their SHA-256, so that no content is stored twice.

    `path` is the layer's folder or URL, by default the folder of its name in the lake; `retain` is
    the number of releases whose source files are kept.

    ```yaml
    layers:
      bronze: raw
    ```
    """

    name: ClassVar[str] = "raw"

    def keep(
        self, storage: Storage, table: str, source: Storage, path: str, scratch: Path
    ) -> Stored:
        copy = scratch / uuid4().hex
        sha256, size = hashlib.sha256(), 0
        with source.open(path) as stream, storage_errors(copy), copy.open("wb") as out:
            while chunk := stream.read(CHUNK):
                sha256.update(chunk)
                size += out.write(chunk)
        target = f"{table}/objects/{sha256.hexdigest()}{_suffixes(path)}"
        item = Stored(target, size, sha256.hexdigest())
        try:
            verified(storage, [item])
        except (MissingError, DamagedError):
            store_file(storage, target, copy, item.sha256)
        else:
            copy.unlink()
        return item

    def records(self, table: str, files: Sequence[str]) -> str:
        return f"{table}/records/{digest(list(files))}"

    def write(
        self, storage: Storage, folder: str, rows: Relation, connection: Connection, scratch: Path
    ) -> list[File]:
        raise MedallionError(
            "a raw layer stores source files only", hint="give tables with `from` a parquet layer"
        )

    def scan(self, storage: Storage, snapshot: Snapshot, connection: Connection) -> Relation:
        if not snapshot.sources:
            return without_rows(snapshot.columns, connection)
        rows = " union all ".join(
            f"select {ORIGIN} as {ROW}, {ORIGIN}, {columns} from ({records})"
            for records, columns in _typed(storage, snapshot)
        )
        return connection.sql(rows)

    def originals(
        self, storage: Storage, snapshot: Snapshot, wanted: Relation, inputs: Inputs
    ) -> Relation:
        names = ", ".join(literal(source.name) for source in snapshot.sources)
        # Only the rows that remain after the semi join are converted to JSON.
        rows = " union all ".join(
            f"select {ORIGIN}, {file_of(ORIGIN)} as file, {position_of(ORIGIN)} as position, "
            f"to_json(fields)::varchar as row "
            f"from (select {ORIGIN}, {fields} as fields from ({records})) "
            f"semi join wanted using ({ORIGIN})"
            for records, fields in _untyped(storage, snapshot)
        )
        # A record's number is its position plus the number of records rejected before it. The asof
        # join takes the last entry of `rejected` that is at or before the position.
        return inputs.sql(
            f"select {ORIGIN}, [{names}][file + 1] as file, "
            "position + 1 + coalesce(before, 0) as record, row "
            f"from ({rows}) asof left join rejected "
            "on file = rejected.in_file and position >= rejected.start",
            wanted=wanted,
            rejected=_rejected(storage, snapshot, inputs.connection),
        )

    def stored(self, snapshot: Snapshot) -> Iterable[Stored]:
        records: dict[str, Stored] = {}
        for source in snapshot.sources:
            yield Stored(source.object, source.bytes, source.sha256)
            records[source.records] = Stored(
                source.records, source.records_bytes, source.records_sha256
            )
        yield from records.values()
        yield from map(Stored, dict.fromkeys(map(description_path, records)))


def _suffixes(path: str) -> str:
    """The last two suffixes of a file's name, such as `.csv.gz`."""
    name = path.rpartition("/")[2]
    suffixes = [] if name.endswith(".") else name.lstrip(".").split(".")[1:]
    return "".join(f".{suffix}" for suffix in suffixes[-2:])


def _rejected(storage: Storage, snapshot: Snapshot, connection: Connection) -> Relation:
    """The number of records rejected `before` the rows of a file, from position `start` on."""
    import pyarrow as pa

    groups: dict[str, dict[tuple[int, int], Any]] = {}
    counts: dict[tuple[int, int], int] = {}
    for file, source in enumerate(snapshot.sources):
        if not source.quarantined:
            continue
        path = description_path(source.records)
        if path not in groups:
            files = read_record(storage, path)["files"]
            groups[path] = {(each["number"], each["place"] or 0): each["parsed"] for each in files}
        parsed = groups[path][place_in_group(source.records), source.place]
        for before, (record, *_) in enumerate(parsed["rejects"], 1):
            counts[file, record - before] = before
    columns = {
        "in_file": [file for file, _ in counts],
        "start": [start for _, start in counts],
        "before": list(counts.values()),
    }
    return connection.from_arrow(
        pa.table({name: _integers(values) for name, values in columns.items()})
    )


def _integers(values: list[int]) -> pa.Array:
    """An Arrow array from a buffer; `pa.array` of a list would import pandas."""
    import pyarrow as pa

    return pa.Array.from_buffers(pa.int64(), len(values), [None, pa.py_buffer(array("q", values))])


def _typed(storage: Storage, snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    """SQL per group of files with the same types: the records, and columns in the table's types."""
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
        yield _records(storage, snapshot, numbers), ", ".join(columns)


def _untyped(storage: Storage, snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    """SQL per group of files with the same types: its records, and a struct of their values."""
    names = {column.name for source in snapshot.sources for column in source.columns}
    for numbers, types in _groups(snapshot):
        fields = ", ".join(
            f"{literal(column.name)}: {quote(column.name) if column.name in types else 'null'}"
            for column in snapshot.columns
            if column.name in names
        )
        yield _records(storage, snapshot, numbers), f"{{{fields}}}"


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


def _records(storage: Storage, snapshot: Snapshot, numbers: list[int]) -> str:
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
        places = shared.setdefault((source.records, group), [None] * source.shared_by)
        places[source.place] = number
    parts = [_records_alone(storage, snapshot, alone)] if alone else []
    parts += [_shared_records(storage, snapshot, list(shared.values()))] if shared else []
    return " union all by name ".join(parts)


def _records_alone(storage: Storage, snapshot: Snapshot, numbers: list[int]) -> str:
    """SQL of the records of files that have a Parquet file each."""
    # `file_index` counts the files of this query; a list maps it to numbers within the snapshot.
    complete = len(numbers) == len(snapshot.sources)
    file = "file_index::bigint" if complete else f"{numbers}[(file_index + 1)::bigint]::bigint"
    origin = row_id(snapshot.origins[0].number, file, "file_row_number")
    paths = _paths(storage, snapshot, numbers)
    return f"select {origin} as {ORIGIN}, * from read_parquet([{paths}], union_by_name = true)"


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
