"""The `raw` layer: the bytes of source files under their SHA-256, and their records as Parquet."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterable, Sequence
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
)
from medallion.errors import DamagedError, MedallionError, MissingError
from medallion.identifiers import digest
from medallion.layers.stored_records import typed_records, untyped_records
from medallion.records import File, Snapshot
from medallion.sql.duckdb_types import without_rows
from medallion.sql.row_ids import file_of, position_of
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
        return connection.sql(_rows(typed_records(storage, snapshot)))

    def read_range(
        self, storage: Storage, snapshot: Snapshot, places: range, connection: Connection
    ) -> Relation:
        (source,) = snapshot.sources
        if source.shared_by > 1:
            return super().read_range(storage, snapshot, places, connection)
        return connection.sql(_rows(typed_records(storage, snapshot, places)))

    def originals(
        self, storage: Storage, snapshot: Snapshot, wanted: Relation, inputs: Inputs
    ) -> Relation:
        names = ", ".join(literal(source.name) for source in snapshot.sources)
        places = _places(snapshot, wanted)
        files = {number for (number,) in wanted.project(file_of(ORIGIN)).distinct().fetchall()}
        # Only the rows that remain after the semi join are converted to JSON.
        rows = " union all ".join(
            f"select {ORIGIN}, {file_of(ORIGIN)} as file, {position_of(ORIGIN)} as position, "
            f"to_json(fields)::varchar as row "
            f"from (select {ORIGIN}, {fields} as fields from ({records})) "
            f"semi join wanted using ({ORIGIN})"
            for records, fields in untyped_records(storage, snapshot, places, files or {0})
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


def _rows(typed: Iterable[tuple[str, str]]) -> str:
    """SQL of the rows of a table, from the records and columns of its groups of files."""
    return " union all ".join(
        f"select {ORIGIN} as {ROW}, {ORIGIN}, {columns} from ({records})"
        for records, columns in typed
    )


def _places(snapshot: Snapshot, wanted: Relation) -> range | None:
    """The positions between the first and the last of the `wanted` records, if of one file.

    So that of a huge file only the row groups with these records are read.
    """
    if len(snapshot.sources) != 1 or snapshot.sources[0].shared_by > 1:
        return None
    position = position_of(ORIGIN)
    ends = wanted.aggregate(f"min({position}), max({position})").fetchall()[0]
    return range(0) if ends[0] is None else range(ends[0], ends[1] + 1)
