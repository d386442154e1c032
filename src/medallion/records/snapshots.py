"""Records of tables: source files, snapshots, where their rows went, and the rejected rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import Field, JsonValue

from medallion.identifiers import digest
from medallion.plural import count_of
from medallion.records.base import Masked, Moment, Record
from medallion.records.column_type import TypeText

Change = Literal["new", "changed", "unchanged", "retracted"]
Fate = Literal["deduplicated", "dropped", "quarantined"]


class Column(Record):
    """One column: `type` is its logical type, such as `decimal(12,2)`, `text` or `list<int64>`.

    `source_type` is its type in a source file whose format reads it as another type, such as
    `duration[us]`, which is read as text; otherwise it is empty.
    """

    name: str
    type: TypeText
    source_type: str = Field(default="", exclude_if=lambda text: not text)


class File(Record):
    """One stored file.

    `path` is relative to its layer (or, for rejects, to the lake). `sha256` is the hash of its
    bytes, empty in releases of lakes of format 0.
    """

    path: str
    bytes: int
    rows: int
    sha256: str = ""


class RejectFile(File):
    """A Parquet file of the Reject rows of a table, or of those of some of its partitions.

    `fingerprint` identifies these partitions, and the names and columns of source files: a later
    snapshot has the same file while it rejects the same rows of them.
    """

    fingerprint: str = Field(default="", exclude_if=lambda fingerprint: not fingerprint)


class SourceFile(Record):
    """One source file of a bronze table.

    `name` is its path relative to the declaration (or its URL), `sha256` the hash of its bytes.
    `token` is what shows without reading that the file is unchanged: size and times, or an ETag.
    `form` identifies the format that read it. `object` holds the original bytes. `records` holds
    the parsed records: a Parquet file of `records_bytes` with the hash `records_sha256`, one row
    per record. Small files share it: `place` is the number of the file in it, from 0, and
    `shared_by` counts them.
    `columns` are in the order of the file's header. `rows` counts every record, `quarantined` those
    that could not be split into fields; the reasons are in the table's rejects. An `unreadable`
    file could not be read at all, and is one such record. `corrections` are the ids of the
    corrections of its records, of which those `unapplied` do not fit the records. `cursor` is how
    far a source such as a database was read with this file.
    """

    name: str
    bytes: int
    sha256: str
    token: str
    arrived: Moment
    form: str
    object: str
    records: str
    records_bytes: int = 0
    records_sha256: str = ""
    place: int = Field(default=0, exclude_if=lambda place: not place)
    shared_by: int = Field(default=1, exclude_if=lambda count: count == 1)
    columns: tuple[Column, ...]
    rows: int
    quarantined: int = 0
    unreadable: bool = Field(default=False, exclude_if=lambda unreadable: not unreadable)
    corrections: tuple[str, ...] = Field(default=(), exclude_if=lambda ids: not ids)
    unapplied: tuple[str, ...] = Field(default=(), exclude_if=lambda ids: not ids)
    cursor: JsonValue = Field(default=None, exclude_if=lambda cursor: cursor is None)

    @property
    def identity(self) -> str:
        """Identifies its bytes, the format that reads them, and the corrections of its records."""
        return records_identity(self.sha256, self.form, self.corrections)

    @property
    def corrected(self) -> int:
        """The number of its records that were read as corrected."""
        return len(self.corrections) - len(self.unapplied)


def records_identity(sha256: str, form: str, corrections: Sequence[str]) -> str:
    """What the records of a source file depend on: bytes, format, and the ids of corrections."""
    identity = f"{sha256}-{form}"
    return f"{identity}-{digest(list(corrections))[:16]}" if corrections else identity


class Tally(Record):
    """Where the rows of one phase of a table went.

    A phase ends where a transform makes rows of another grain, such as an aggregate.
    Conservation law: `rows_in = kept + deduplicated + dropped + quarantined`.
    `rows_out` is `kept`, or after a change of grain the number of rows made from them.
    `reasons` counts the rows that were not kept by rule: `{"cast amount": 12}`. `warned` counts the
    kept rows that break a rule with `on_fail: warn`, each once, and `warned_reasons` by rule.
    `corrected` counts those of `rows_in` that are corrected source records, of a table that reads
    them.
    """

    label: str
    rows_in: int
    kept: int
    deduplicated: int = 0
    dropped: int = 0
    quarantined: int = 0
    rows_out: int
    reasons: dict[Masked, int] = Field(default_factory=dict)
    warned: int = 0
    warned_reasons: dict[Masked, int] = Field(default_factory=dict)
    corrected: int = Field(default=0, exclude_if=lambda count: not count)


class Origin(Record):
    """The bronze snapshot of the rows whose `_origin` begins with `number`."""

    number: int
    table: str
    snapshot: str


class Partition(Record):
    """One part of a table: what its steps made of some source files, whatever the others are.

    `fingerprint` identifies these files and the steps: a later snapshot has the same partition
    while it is equal. `numbers` are the numbers of the files in the bronze snapshot, and `rows_in`
    counts their rows. A huge file has several partitions: then `first` is the position of the first
    of these rows in the file. `files` hold the rows that the steps kept, `removed` those that they
    did not; in both, `_origin` counts the files from 0.
    """

    fingerprint: str
    numbers: tuple[int, ...]
    first: int = Field(default=0, exclude_if=lambda first: not first)
    rows_in: int
    files: tuple[File, ...]
    removed: tuple[File, ...] = ()


class GatheredRows(Record):
    """What the steps and rules that read all partitions of a table removed, or warn of.

    `stages` identify these steps and rules, in their order, each with those before it and the
    tables that it read. `file` is a Parquet file of the ids (`_row`) of the rows, and why.
    """

    stages: tuple[str, ...]
    file: File


class PartialResult(Record):
    """What the steps of a table, up to its aggregate, made of some partitions of its main input.

    All partial results of a table combine to the rows of the aggregate. `fingerprint` identifies
    these partitions and the steps: a later snapshot has the same partial results while it is equal.
    `partitions` counts the partitions, `tally` their rows, and `files` hold the partial results.
    """

    fingerprint: str
    partitions: int
    tally: Tally
    columns: tuple[Column, ...]
    files: tuple[File, ...]


class PluginUse(Record):
    """A plugin that took part in making a table, and all that its result depends on.

    `settings` is a JSON object.
    """

    role: Literal["step", "expectation", "layer"]
    name: str
    version: int
    settings: Masked


class Snapshot(Record):
    """One immutable version of one table; `table` is its full name, such as `silver.purchases`.

    `inputs` are the ids of the snapshots it was computed from, by full table name. Only bronze
    tables have `sources`. `identified` is True when each row is one source record: then `_origin`
    identifies and orders the rows, and the order of the stored rows has no meaning. `rejects` are
    the files of the rejected rows, several with many `partitions`. Then `files` are those of the
    partitions, and `removed` is a Parquet file of the ids (`_row`) of rows in them that the table
    does not have, such as duplicates of rows in another partition; `gathered` says why, unless an
    earlier version computed it. `partials` are the partial results that an aggregate was combined
    from.
    `made_by` are its steps, its expectations and its layer, in this order; it is empty for source
    tables, and in releases of earlier versions. `failed` are the gates that it did not pass.
    `layer_state` is what the layer keeps of a log of its own. Only a summary has `source_files` and
    `arrived`.
    """

    table: str
    id: str
    fingerprint: str
    run: str
    created: Moment
    columns: tuple[Column, ...]
    rows: int
    bytes: int
    files: tuple[File, ...] = ()
    partitions: tuple[Partition, ...] = ()
    removed: File | None = None
    gathered: GatheredRows | None = Field(default=None, exclude_if=lambda rows: rows is None)
    partials: tuple[PartialResult, ...] = ()
    sources: tuple[SourceFile, ...] = ()
    inputs: dict[str, str] = Field(default_factory=dict)
    origins: tuple[Origin, ...] = ()
    tallies: tuple[Tally, ...] = ()
    identified: bool = False
    made_by: tuple[PluginUse, ...] = Field(default=(), exclude_if=lambda uses: not uses)
    rejects: tuple[RejectFile, ...] = ()
    warnings: tuple[Masked, ...] = ()
    failed: tuple[Masked, ...] = Field(default=(), exclude_if=lambda failed: not failed)
    layer_state: dict[str, JsonValue] | None = Field(
        default=None, exclude_if=lambda state: state is None
    )
    source_files: int = 0
    arrived: Moment | None = None

    def summary(self) -> Snapshot:
        """What a store needs to know; its size does not depend on the number of files.

        `source_files` counts the source files, and `arrived` is when the newest of them arrived.
        """
        arrived = max((source.arrived for source in self.sources), default=self.arrived)
        totals = {"source_files": len(self.sources) or self.source_files, "arrived": arrived}
        lists = ("files", "partitions", "partials", "sources", "origins", "made_by", "rejects")
        emptied: dict[str, Any] = dict.fromkeys((*lists, "warnings", "failed"), ())
        emptied |= dict.fromkeys(("removed", "gathered", "layer_state"))
        emptied["inputs"] = {}
        return self.model_copy(update={**emptied, **totals})

    @property
    def partition_count(self) -> int:
        """The number of partitions it consists of, or of those that its partial results are of."""
        return len(self.partitions) or sum(partial.partitions for partial in self.partials)

    def layer_files(self) -> tuple[File, ...]:
        """All files of the snapshot in its layer."""
        return (
            *self.files,
            *(file for part in self.partitions for file in part.removed),
            *((self.removed,) if self.removed else ()),
            *((self.gathered.file,) if self.gathered else ()),
            *(file for partial in self.partials for file in partial.files),
        )

    def __repr__(self) -> str:
        return f"<Snapshot {self.id} of {self.table}: {count_of(self.rows, 'row')}>"


class Reject(Record):
    """One row that was not kept: why, and where it came from.

    `file` and `record` (1 is the first record below the header) are None for rows that were
    computed rather than read. `row` is the row as it is in the file, as a JSON object.
    """

    table: str
    file: str | None
    record: int | None
    rule: str
    column: str | None
    value: str | None
    run: str
    row: str


REJECT_COLUMNS = tuple(Reject.model_fields)
"""The columns of every quarantine file, in the order they are shown."""
