"""All that a plugin author reads: the base classes, and what is passed to them.

A plugin **is** its own configuration: a frozen Pydantic model whose fields are the keys a user writes
in YAML and whose docstring is what `medallion plugins NAME` prints. Register the class under an entry
point group (`medallion.transforms`, `.expectations`, `.formats`, `.layers`, `.sinks`, `.engines`) and its
name can be used in any declaration. Prove it with the suites in `medallion.testing`.

Rows travel as `Relation`, DuckDB's lazy relation: compose it, never fetch it. Two columns are reserved:

- `_row` (BIGINT) tells the rows of one relation apart, and orders them as they stood in their files;
- `_origin` (BIGINT) tells which source record a row came from, and is NULL for computed rows.

A transform of grain "same" passes both on; `rows.project("* replace (...)")` and `rows.filter(...)` do.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from medallion.errors import SinkError, SourceError, StepError, did_you_mean
from medallion.records import Column, File, LoadReport, Mode, Origin, Release, Served, Snapshot, Tally

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    from medallion.storage import Storage

    Relation = duckdb.DuckDBPyRelation
    Connection = duckdb.DuckDBPyConnection
    Batches: TypeAlias = pa.RecordBatchReader

_numbers = count()

ROW = "_row"
ORIGIN = "_origin"
ASIDE = "_aside"

Scope = Literal["rows", "key", "table"]
Grain = Literal["same", "new"]
OnFail = Literal["warn", "drop", "quarantine", "fail"]
Operator = Literal["eq", "ne", "lt", "lte", "gt", "gte", "in", "contains", "startswith", "isnull"]


class Plugin(BaseModel):
    """Base of every plugin: its fields are its keys in YAML.

    `name` is its name in YAML, the same as its entry point's.
    `version` is part of the fingerprint of every table the plugin makes: raise it when the same
    input would give another output. `value_field` names the field that takes the whole value when a
    user writes one that is no mapping of fields: with `"where"`, `filter: amount > 0` reads as
    `filter: {where: amount > 0}`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    name: ClassVar[str]
    version: ClassVar[int] = 1
    value_field: ClassVar[str | None] = None

    def reads(self) -> tuple[str, ...]:
        """Full names of tables it reads beside its table's own `from`."""
        return ()

    def identity(self) -> dict[str, Any]:
        """What a fingerprint takes of it: class, version and every field."""
        kind = f"{type(self).__module__}.{type(self).__qualname__}"
        return {"plugin": kind, "version": self.version, "fields": self.model_dump(mode="json")}


@dataclass(frozen=True)
class Inputs:
    """The other tables a step may read, by alias or full name, and the connection to compose SQL on."""

    connection: Connection
    tables: Mapping[str, Relation] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Relation:
        if name not in self.tables:
            raise StepError(
                f"no table {name!r} among its inputs{did_you_mean(name, self.tables)}", hint="add it to `from`"
            )
        return self.tables[name]

    def sql(self, query: str, **relations: Relation) -> Relation:
        """A lazy relation of one SELECT over the given relations, each named by its keyword."""
        views = []
        for name, relation in relations.items():
            views.append(f"{quote(name)} as not materialized (from {viewed(relation)})")
        body = f"select * from (\n{query}\n)"
        return self.connection.sql(f"with {', '.join(views)} {body}" if views else body)


class Transform(Plugin, ABC):
    """Rows in, rows out, no input or output of its own.

    `scope` is all an engine needs to spread the work: "rows" when each row is treated alone, "key"
    when all rows of one `key()` must come together, "table" when it needs all rows.
    `grain` is "same" when every row that is not set aside comes out once with its `_row` and
    `_origin`, "new" when other rows are made; those need no `_row`, and may carry `_origin`.
    `threaded` False keeps a table with this step in the thread that called `run`: tables are computed side by side,
    which a user's own code need not bear.
    """

    scope: ClassVar[Scope] = "rows"
    grain: ClassVar[Grain] = "same"
    threaded: ClassVar[bool] = True

    def key(self) -> tuple[str, ...]:
        """The columns whose equal values must come together when `scope` is "key"."""
        return ()

    def set_aside(self, rows: Relation, inputs: Inputs) -> Relation | None:
        """The rows that go no further, before `apply` sees the rest; None when there can be none.

        Columns, in this order: `_row` (at most once each), `fate` ("deduplicated", "dropped" or
        "quarantined"), `rule` (VARCHAR), `column` (VARCHAR or NULL), `value` (VARCHAR or NULL).
        """
        return None

    def judge(self, rows: Relation, inputs: Inputs) -> Relation | None:
        """`apply` and `set_aside` in one pass over the rows, for a step of grain "same" whose two share costly work.

        All rows, as `apply` would make them, and a last column `_aside` (VARCHAR): NULL where a row goes on, else
        a JSON object of `fate`, `rule`, `column` and `value`. None when the step has no such way.
        """
        return None

    @abstractmethod
    def apply(self, rows: Relation, inputs: Inputs) -> Relation:
        """The transformed rows, lazily. Raises StepError, saying which column or value is at fault."""


class Expectation(Plugin, ABC):
    """A rule on a table. `on_fail` says what a failure does: note it, take the rows out, or stop the run."""

    on_fail: OnFail = "fail"

    @property
    def rule(self) -> str:
        """How reports name it."""
        return self.name


class RowExpectation(Expectation, ABC):
    """A rule that single rows break."""

    @abstractmethod
    def violations(self, rows: Relation, inputs: Inputs) -> Relation:
        """The rows that break it: `_row` (at most once each), `column` (VARCHAR), `value` (VARCHAR)."""


class TableExpectation(Expectation, ABC):
    """A rule on the figures of a whole table; `on_fail` is "warn" or "fail"."""

    @abstractmethod
    def verdict(self, tally: Tally) -> str | None:
        """None when it holds, else one sentence with both the figure and the bound.

        `tally` spans the whole step: its `rows_out` are the rows that would be published.
        """


@dataclass(frozen=True)
class Parsed:
    """What parsing one source file gave: its columns as in the file, records, and unsplittable ones.

    `rejects` holds (record number, reason, raw text) of each record that could not be split into fields, in their
    order: the others' numbers follow from it. `warnings` are told with the file's name before each.
    """

    columns: tuple[Column, ...]
    rows: int
    rejects: tuple[tuple[int, str, str], ...] = ()
    warnings: tuple[str, ...] = ()


class Format(Plugin, ABC):
    """How to read one kind of source file. `suffixes` are the endings that choose it by themselves."""

    suffixes: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def parse(self, source: Path, name: str, target: Path, connection: Connection) -> Parsed:
        """Write the records of `source` to the Parquet file `target`, in order, values as they stand, no column added.

        Records that cannot be split go into `Parsed.rejects` instead, with their numbers: the number of a written
        record is its position + 1 + the rejects before it, and nothing else says so.
        `name` is what to call the file in messages. Raises SourceError on a file that cannot be read at all,
        saying what to declare instead.
        """


class Layer(Plugin, ABC):
    """How the tables of one zone are kept, below `path` (by default the lake's folder of the layer's name).

    `retain` is the number of releases whose snapshots stay.
    """

    path: str | None = None
    retain: int = Field(default=10, ge=1)

    @abstractmethod
    def write(self, storage: Storage, folder: str, rows: Relation, connection: Connection, scratch: Path) -> list[File]:
        """Write rows as new immutable files below `folder`, never in place; `scratch` is an empty local folder."""

    @abstractmethod
    def scan(self, storage: Storage, snapshot: Snapshot, connection: Connection) -> Relation:
        """All rows of a snapshot, lazily, with `_row` and `_origin`."""

    def objects(self, snapshot: Snapshot) -> Iterable[str]:
        """The paths a snapshot needs; whatever no retained snapshot needs is removed."""
        return [file.path for file in snapshot.files]


class SourceLayer(Layer, ABC):
    """A layer that takes source files in: the first of a pipeline."""

    @abstractmethod
    def keep(self, storage: Storage, table: str, source: Storage, path: str, scratch: Path) -> tuple[str, str]:
        """Keep one source file's bytes as they came: (SHA-256, path of the object). Doing it twice is doing it once.

        `scratch` is a local folder for the copy on its way.
        """

    @abstractmethod
    def records(self, table: str, sha256: str, form: Format) -> str:
        """Where the records of these bytes, read by this format, are kept: a path below the layer."""

    @abstractmethod
    def originals(self, storage: Storage, snapshot: Snapshot, wanted: Relation, inputs: Inputs) -> Relation:
        """The records of the origins `wanted` as they stood in their files.

        `wanted` has one column, `_origin`; the result `_origin`, `file`, `record` (from 1) and `row` (a JSON object).
        """


class TableSpec(BaseModel):
    """How one table is served: `key` tells its rows apart, `indexes` are single columns (`-name` descends)
    or lists of them.

    With a `former` table, its rows are served too. Where a key stands in both, the snapshot's row is served when
    `mode` is "merge", and the former one when it is "append".
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    indexes: tuple[tuple[str, ...], ...] = ()
    mode: Mode = "replace"
    former: Served | None = None


@dataclass(frozen=True)
class Right:
    """Something a sink does in its database: whether it was `refused` when tried, and whether it is `needed` at all."""

    what: str
    refused: SinkError | None
    needed: bool = True


class Sink(Plugin, ABC):
    """Loads a release's tables into a serving database, then switches to it at once.

    `label` is the sink's name in the declaration, under which a release's `served` lists its tables; `batch` is how
    many rows it is given at a time.
    """

    url: str
    label: str = "serving"
    batch: int = Field(default=10_000, ge=1)

    def located(self, base: Path) -> Self:
        """The same sink, a relative path in its `url` being taken from `base`."""
        return self

    @abstractmethod
    def load(self, table: TableSpec, snapshot: Snapshot, rows: Batches) -> LoadReport:
        """Load beside what is live, with the rows of `table.former`, with indexes; count what arrived.

        Doing it twice is doing it once. Raises SinkError when the former table is not there.
        """

    @abstractmethod
    def activate(self, release: Release) -> None:
        """Switch readers to the release in one atomic step, then point the plain names at it."""

    @abstractmethod
    def active(self) -> Release | None:
        """The release readers see, or None before the first."""

    @abstractmethod
    def prune(self, keep: Sequence[Release]) -> int:
        """Remove what no release in `keep` serves; how many tables went."""

    def rights(self) -> Iterator[Right]:
        """Try what publishing needs, with names of its own, and leave nothing; by default nothing is tried."""
        yield from ()

    @abstractmethod
    def store(self) -> Store:
        """The query side. Cheap: connects on first use, so that it may be made before a fork."""


@dataclass(frozen=True)
class Filter:
    """One condition: `field operator value`. `in` takes a sequence, `isnull` a bool."""

    field: str
    operator: Operator
    value: Any


@dataclass(frozen=True)
class Sort:
    """Order by one column; null sorts below every value."""

    field: str
    descending: bool = False


@dataclass(frozen=True)
class Query:
    """What to find: all `filters` hold; `fields` empty means all; `cursor` continues a former page.

    A cursor belongs to the release it began with; when that is gone, it raises CallError.
    """

    filters: tuple[Filter, ...] = ()
    sort: tuple[Sort, ...] = ()
    fields: tuple[str, ...] = ()
    limit: int = 100
    cursor: str | None = None


@dataclass(frozen=True)
class Page:
    """Rows of one release; `cursor` is None on the last page."""

    rows: list[dict[str, Any]]
    release: str
    cursor: str | None = None


class Store(ABC):
    """Reads the active release of a sink. Values are Python's own: int, float, str, bool, None,
    `Decimal`, `date`, UTC `datetime`, list, dict. Unknown names raise CallError."""

    @abstractmethod
    def release(self) -> Release:
        """The active release. Raises SinkError when nothing was published or the database is away."""

    def tables(self) -> Mapping[str, Served]:
        """The served tables by plain name, with columns and key."""
        release = self.release()
        return next((tables for tables in release.served.values() if tables), {})

    @abstractmethod
    def find(self, table: str, query: Query) -> Page:
        """One page of the rows that match. Raises CallError on unknown names and bad cursors."""

    @abstractmethod
    def get(self, table: str, key: object) -> dict[str, Any] | None:
        """The row with this key (a tuple for a key of several columns), or None."""

    @abstractmethod
    def count(self, table: str, query: Query) -> int:
        """How many rows match the query's filters."""

    @abstractmethod
    def group(self, table: str, by: Sequence[str], metrics: Mapping[str, str], query: Query) -> list[dict[str, Any]]:
        """Matching rows by equal values of `by` (none: all rows as one), with figures over each group.

        `by` takes columns, and of them `bin(number, width)`, `year(date)`, `month(date)` or `day(date)`; null is
        a group of its own. `metrics` maps a name to `count()` or `sum|mean|min|max(column)`, which leave nulls
        out; sums of decimals and whole numbers are exact, means floating point. `query.sort` and `query.limit`
        are over the result's columns, which are then ordered by `by`; `cursor` and `fields` are not used.
        """

    @abstractmethod
    def scan(self, table: str, query: Query) -> Iterator[list[dict[str, Any]]]:
        """All matching rows, sorted, in batches, from one release and in flat memory."""

    def at(self, release: Release, seconds: float | None = None) -> Store:
        """This store with its questions put to `release`, whichever is active, and ended after `seconds`.

        They raise GoneError when the release is no longer kept, and OvertimeError when the database had to end
        them; the rows of a scan must begin in that time. Closing is left to this store. A store that can do neither
        gives itself, as this one does; then `Page.release` tells what was read.
        """
        return self

    @abstractmethod
    def close(self) -> None:
        """Let go of connections; the store may be used again and then connects anew."""


@dataclass(frozen=True)
class Input:
    """One table a task reads: where its snapshot lies."""

    layer: Layer
    storage: Storage
    snapshot: Snapshot


@dataclass(frozen=True)
class TableTask:
    """One table to compute: `steps` on the rows of `inputs[main]`, then `expectations`, then writing.

    `lineage` maps an origin number to its bronze table, for the original rows of rejects.
    """

    table: str
    run: str
    folder: str
    main: str
    inputs: Mapping[str, Input]
    steps: Sequence[Transform]
    expectations: Sequence[Expectation]
    layer: Layer
    storage: Storage
    lineage: Mapping[int, Input]


@dataclass(frozen=True)
class Built:
    """What computing one table gave. `rejects` is a local Parquet file, or None; `failure` says which
    expectation with `on_fail: fail` was not met, and then `files` is empty."""

    columns: tuple[Column, ...]
    files: tuple[File, ...]
    rows: int
    tallies: tuple[Tally, ...]
    origins: tuple[Origin, ...] = ()
    identified: bool = False
    rejects: Path | None = None
    warnings: tuple[str, ...] = ()
    failure: str | None = None


@dataclass(frozen=True)
class ParseTask:
    """One source file to parse: `source` and `target` are local files."""

    form: Format
    source: Path
    name: str
    target: Path


class Session(ABC):
    """An engine at work, for the length of one run. Its methods are called from several threads at once."""

    @abstractmethod
    def parse(self, tasks: Sequence[ParseTask]) -> Iterable[Parsed | SourceError]:
        """Parse source files; each gives in turn what was parsed, or why it cannot be read."""

    @abstractmethod
    def build(self, task: TableTask) -> Built:
        """Compute one table."""

    @abstractmethod
    def interrupt(self) -> None:
        """Make what other threads are parsing and building end soon, with KeyboardInterrupt."""

    @abstractmethod
    def batches(self, source: Input, rows: int) -> Batches:
        """All rows of a snapshot without reserved columns, as a stream of Arrow batches of so many `rows` at most."""


class Engine(Plugin, ABC):
    """Executes the steps."""

    @abstractmethod
    def session(self, scratch: Path) -> AbstractContextManager[Session]:
        """Open a session whose temporary files lie below `scratch`."""


class Section(Plugin):
    """A package's own top-level key of the declaration, such as `api` or `dashboard`."""

    def faults(self, declaration: Any) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """What does not fit the rest of the `medallion.config.Declaration`: (path below the section, message) each."""
        yield from ()


def quote(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: str) -> str:
    """A text as an SQL literal."""
    return "'" + value.replace("'", "''") + "'"


def viewed(rows: Relation) -> str:
    """The name of a new view on a relation, for SQL on its connection; no other relation has or gets that name."""
    name = f"_view_{next(_numbers)}"  # DuckDB keeps one list of views for all that work side by side
    rows.create_view(name)
    return name


def require(rows: Relation, *names: str) -> None:
    """Raise StepError naming the first column that rows lack, and what they have."""
    columns = [name for name in rows.columns if name not in (ROW, ORIGIN)]
    for name in names:
        if name not in columns:
            raise StepError(
                f"no column {name!r}{did_you_mean(name, columns)}", hint=f"the rows have: {', '.join(columns)}"
            )
