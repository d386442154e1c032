"""What medallion writes down: plain, immutable, serialisable.

Each record is one JSON object in the lake, so that any language can read it.
Times are UTC in ISO 8601; sizes are bytes; durations are seconds.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, PlainSerializer

from medallion.plural import count_of
from medallion.secrets import mask

Action = Literal["computed", "reused", "unchanged", "failed", "not run"]
Change = Literal["new", "changed", "unchanged", "retracted"]
Fate = Literal["deduplicated", "dropped", "quarantined"]
RunStatus = Literal["running", "succeeded", "unchanged", "failed"]
Mode = Literal["replace", "append", "merge"]

Moment: TypeAlias = Annotated[datetime, AfterValidator(lambda moment: moment.astimezone(UTC))]
"""A time in UTC. One with Pydantic's own time zone (seen with pydantic-core 2) may crash Python as it ends."""

Masked: TypeAlias = Annotated[str, AfterValidator(mask), PlainSerializer(mask)]
"""Free text: secrets are masked when a record is built, and again when it is written."""


class Record(BaseModel):
    """Base of all records."""

    model_config = ConfigDict(frozen=True)


class Column(Record):
    """One column: `type` is a DuckDB SQL type, such as `DECIMAL(12,2)` or `VARCHAR`.

    `source_type` is its type in a source file whose format reads it as another type, such as
    `duration[us]`, which is read as text; else it is empty.
    """

    name: str
    type: str
    source_type: str = ""


class File(Record):
    """One stored file: `path` relative to its layer (or, for rejects, to the lake), `sha256` the hash of its bytes,
    which releases of lakes of format 0 do not know."""

    path: str
    bytes: int
    rows: int
    sha256: str = ""


class SourceFile(Record):
    """One source file as it arrived in a bronze table.

    `name` is its path relative to the declaration (or its URL), `sha256` the hash of its bytes,
    `token` what told cheaply that it had not changed since (size and times, or an ETag).
    `object` holds the bytes as they came, `records` the same as Parquet of text, one row a record, in
    `records_bytes` with the hash `records_sha256`.
    `columns` stand as in the file's header. `rows` counts every record, `quarantined` those
    that could not be split into fields; their reasons stand in the table's rejects.
    """

    name: str
    bytes: int
    sha256: str
    token: str
    arrived: Moment
    object: str
    records: str
    records_bytes: int = 0
    records_sha256: str = ""
    columns: tuple[Column, ...]
    rows: int
    quarantined: int = 0


class Tally(Record):
    """How the rows of one phase of a step fared.

    A phase ends where a transform makes rows of another grain (an aggregate, say).
    Conservation law: `rows_in = kept + deduplicated + dropped + quarantined`.
    `rows_out` is `kept`, or after a change of grain the number of rows made of them.
    `reasons` breaks what was not kept down by rule: `{"cast amount": 12}`.
    """

    label: str
    rows_in: int
    kept: int
    deduplicated: int = 0
    dropped: int = 0
    quarantined: int = 0
    rows_out: int
    reasons: dict[Masked, int] = {}


class Origin(Record):
    """Which bronze snapshot the rows whose `_origin` begins with `number` came from."""

    number: int
    table: str
    snapshot: str


class Snapshot(Record):
    """One immutable version of one table, `table` being its full name: `silver.purchases`.

    `inputs` are the snapshot ids it was made of, by full table name. `sources` is filled for bronze tables alone.
    `identified` says that each row is one source record: then `_origin` tells rows apart and orders them, and the
    order of the stored rows tells nothing. `rejects` is a Parquet file of Reject rows, or None when there are none.
    `source_files` and `arrived` are set in a summary alone.
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
    sources: tuple[SourceFile, ...] = ()
    inputs: dict[str, str] = {}
    origins: tuple[Origin, ...] = ()
    tallies: tuple[Tally, ...] = ()
    identified: bool = False
    rejects: File | None = None
    warnings: tuple[Masked, ...] = ()
    source_files: int = 0
    arrived: Moment | None = None

    def summary(self) -> Snapshot:
        """What a store needs of it: its size does not depend on the number of files.

        Of the source files, `source_files` counts them and `arrived` is when the last one came.
        """
        arrived = max((source.arrived for source in self.sources), default=self.arrived)
        counted = {"source_files": len(self.sources) or self.source_files, "arrived": arrived}
        left_out = dict.fromkeys(("files", "sources", "origins", "warnings"), ())
        return self.model_copy(update={**left_out, "inputs": {}, "rejects": None, **counted})

    def __repr__(self) -> str:
        return f"<Snapshot {self.id} of {self.table}: {count_of(self.rows, 'row')}>"


class Serving(Record):
    """In what way a table is served: `key` tells its rows apart, `indexes` are lists of columns (`-name` descends).

    With a `former` table, its rows are served too. Where a key stands in both, the snapshot's row is served when
    `mode` is "merge", and the former one when it is "append".
    """

    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    indexes: tuple[tuple[str, ...], ...] = ()
    mode: Mode = "replace"
    former: Served | None = None

    def way(self) -> dict[str, Any]:
        """These fields alone."""
        return {name: getattr(self, name) for name in Serving.model_fields}


class Served(Serving):
    """One table (by its full name) inside one sink: `name` is the physical table or collection it was loaded into.

    `rows` were counted there. A `former` table is what the release before served, its own `former` left out.
    """

    table: str
    name: str
    snapshot: str
    rows: int


Serving.model_rebuild()  # for classes of other modules that are served, which do not import `Served`


class Release(Record):
    """A consistent set of snapshots under one id, published atomically.

    `tables` maps full table names to snapshots; `served` maps a sink's name to its tables by plain name;
    `sequence` counts publications and orders releases, whatever the clocks said; `token` is its writer's fencing token.
    `layers` says how each layer is kept, so that a release can be read without its declaration;
    `lost` are files that were damaged and that `medallion repair` could not rebuild.
    """

    id: str
    pipeline: str
    run: str
    created: Moment
    sequence: int = 0
    token: int = 0
    previous: str | None
    tables: dict[str, Snapshot]
    layers: dict[str, dict[str, Any]]
    served: dict[str, dict[str, Served]] = {}
    lost: tuple[str, ...] = ()

    def summary(self) -> Release:
        """What a store needs of it: the tables' summaries and what is served, not where its files lie."""
        tables = {name: snapshot.summary() for name, snapshot in self.tables.items()}
        return self.model_copy(update={"tables": tables, "layers": {}})

    def __repr__(self) -> str:
        return f"<Release {self.id} of {self.pipeline}: {count_of(len(self.tables), 'table')}>"


class Owner(Record):
    """Who writes to a serving database: a lake by its id, its pipeline, and the run with its fencing token.

    `accepted` is a release that the database shows and the lake does not know, taken over on purpose.
    """

    lake: str
    pipeline: str
    token: int
    run: str
    accepted: str | None = None


class Reject(Record):
    """One row that did not make it: why, and where it came from.

    `file` and `record` (1 is the first record below the header) are None for rows that were
    computed rather than read. `row` is the row as it stood in the file, as a JSON object.
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


class LoadReport(Record):
    """What loading one table into a sink took.

    `arrived` are the rows of the snapshot, as counted in the sink, and `rate` how many of them arrived a second; `met`
    says how many have a key that was served before. All are 0 when `loaded` is False: everything was there already.
    """

    sink: str
    served: Served
    seconds: float
    loaded: bool
    arrived: int = 0
    met: int = 0
    rate: float = 0.0


class Ingestion(Record):
    """What all loads of one run took together: rows, seconds, and rows a second."""

    rows: int
    seconds: float
    rate: float


class StepRun(Record):
    """What happened to one table in one run."""

    table: str
    action: Action
    why: Masked
    seconds: float = 0.0
    rows: int = 0
    bytes: int = 0
    snapshot: str | None = None
    tallies: tuple[Tally, ...] = ()
    sources: dict[Change, int] = {}
    drift: tuple[Masked, ...] = ()
    warnings: tuple[Masked, ...] = ()
    rejects: File | None = None
    error: Masked | None = None


class Run(Record):
    """The record of one execution."""

    id: str
    pipeline: str
    status: RunStatus
    started: Moment
    finished: Moment | None = None
    steps: tuple[StepRun, ...] = ()
    loads: tuple[LoadReport, ...] = ()
    ingestion: Ingestion | None = None
    release: str | None = None
    note: Masked = ""
    error: Masked | None = None

    def __repr__(self) -> str:
        published = f", release {self.release}" if self.release else ""
        return f"<Run {self.id} of {self.pipeline}: {self.status}, {count_of(len(self.steps), 'table')}{published}>"
