"""The `raw` layer: source bytes as they came, content-addressed, and their records as Parquet beside them."""

from __future__ import annotations

import hashlib
import json
from array import array
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar
from uuid import uuid4

from medallion.contracts import ORIGIN, ROW, Format, Inputs, SourceLayer, literal, quote
from medallion.errors import DamagedError, MedallionError, MissingError
from medallion.records import File, Snapshot
from medallion.storage import Storage
from medallion.storage.digests import Stored, store_file, verified
from medallion.storage.local import told
from medallion.storage.sealing import read_record

if TYPE_CHECKING:
    import pyarrow as pa

    from medallion.contracts import Connection, Relation

CHUNK = 1 << 20
TABLE_BITS, FILE_BITS = 55, 34  # _origin: 8 bits of bronze table, 21 of file, 34 of position in the file


class Raw(SourceLayer):
    """Keeps every source file's bytes under their SHA-256, so that nothing is ever lost or kept twice.

    `path` is a folder or URL of the layer's own, by default the lake's folder of its name; `retain` is the number
    of releases whose source files stay.

    ```yaml
    layers:
      bronze: raw
    ```
    """

    name: ClassVar[str] = "raw"

    def keep(self, storage: Storage, table: str, source: Storage, path: str, scratch: Path) -> Stored:
        copy = scratch / uuid4().hex
        sha256 = hashlib.sha256()
        with source.open(path) as stream, told(copy), copy.open("wb") as kept:
            while chunk := stream.read(CHUNK):
                sha256.update(chunk)
                kept.write(chunk)
        target = f"{table}/objects/{sha256.hexdigest()}{''.join(Path(path).suffixes[-2:])}"
        wanted = Stored(target, copy.stat().st_size, sha256.hexdigest())
        try:
            verified(storage, [wanted])
        except (MissingError, DamagedError):
            store_file(storage, target, copy, wanted.sha256)
        copy.unlink(missing_ok=True)
        return wanted

    def records(self, table: str, sha256: str, form: Format) -> str:
        read_by = hashlib.sha256(json.dumps(form.identity(), sort_keys=True).encode()).hexdigest()[:8]
        return f"{table}/records/{sha256}-{read_by}.parquet"

    def write(self, storage: Storage, folder: str, rows: Relation, connection: Connection, scratch: Path) -> list[File]:
        raise MedallionError("a raw layer keeps source files only", hint="give tables with `from` a parquet layer")

    def scan(self, storage: Storage, snapshot: Snapshot, connection: Connection) -> Relation:
        if not snapshot.sources:
            nothing = ", ".join(f"null::{column.type} as {quote(column.name)}" for column in snapshot.columns)
            return connection.sql(f"select 0::bigint as {ROW}, 0::bigint as {ORIGIN}, {nothing} where false")
        held = _held(snapshot)
        columns = ", ".join(
            quote(column.name) if column.name in held else f"null::{column.type} as {quote(column.name)}"
            for column in snapshot.columns
        )
        origin = _origin(snapshot)
        return connection.sql(
            f"select {origin} as {ROW}, {origin} as {ORIGIN}, {columns} from {_files(storage, snapshot)}"
        )

    def originals(self, storage: Storage, snapshot: Snapshot, wanted: Relation, inputs: Inputs) -> Relation:
        names = ", ".join(literal(source.name) for source in snapshot.sources)
        held = _held(snapshot)
        fields = ", ".join(f"{literal(c.name)}: {quote(c.name)}" for c in snapshot.columns if c.name in held)
        # JSON is made after the join, of the few rows that are wanted
        return inputs.sql(
            f"select {ORIGIN}, [{names}][file + 1] as file, position + 1 + coalesce(before, 0) as record, "
            f"to_json(fields)::varchar as row "
            f"from (select {_origin(snapshot)} as {ORIGIN}, file_index::bigint as file, file_row_number as position, "
            f"{{{fields}}} as fields from {_files(storage, snapshot)}) "
            f"semi join wanted using ({ORIGIN}) "
            f"asof left join rejected on file = rejected.in_file and position >= rejected.start",
            wanted=wanted,
            rejected=_rejected(storage, snapshot, inputs.connection),
        )

    def stored(self, snapshot: Snapshot) -> Iterable[Stored]:
        for source in snapshot.sources:
            yield Stored(source.object, source.bytes, source.sha256)
            yield Stored(source.records, source.records_bytes, source.records_sha256)
            yield Stored(f"{source.records}.json")


def _rejected(storage: Storage, snapshot: Snapshot, connection: Connection) -> Relation:
    """How many records were rejected `before` the rows of a file from position `start` on."""
    import pyarrow as pa

    found: dict[tuple[int, int], int] = {}
    for file, source in enumerate(snapshot.sources):
        rejects = read_record(storage, f"{source.records}.json")["parsed"]["rejects"] if source.quarantined else []
        for before, (record, *_) in enumerate(rejects, 1):
            found[file, record - before] = before
    columns = {
        "in_file": [file for file, _ in found],
        "start": [start for _, start in found],
        "before": list(found.values()),
    }
    return connection.from_arrow(pa.table({name: _integers(values) for name, values in columns.items()}))


def _integers(values: list[int]) -> pa.Array:
    """An Arrow array from a buffer: made from a list, it would import pandas."""
    import pyarrow as pa

    return pa.Array.from_buffers(pa.int64(), len(values), [None, pa.py_buffer(array("q", values))])


def _origin(snapshot: Snapshot) -> str:
    number = snapshot.origins[0].number
    return f"(({number}::bigint << {TABLE_BITS}) | (file_index::bigint << {FILE_BITS}) | file_row_number)"


def _held(snapshot: Snapshot) -> set[str]:
    """The columns that some file has; others may be declared, or stay from the last release."""
    return {column.name for source in snapshot.sources for column in source.columns}


def _files(storage: Storage, snapshot: Snapshot) -> str:
    records = [Stored(item.records, item.records_bytes, item.records_sha256) for item in snapshot.sources]
    local = verified(storage, records)
    paths = ", ".join(literal(str(path)) for path in local)
    return f"read_parquet([{paths}], union_by_name = true)"
