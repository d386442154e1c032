"""The contract of engines, which compute tables, and their tasks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from medallion.contracts.expectation import Expectation
from medallion.contracts.format import Format
from medallion.contracts.layer import Layer
from medallion.contracts.plugin import Plugin
from medallion.contracts.record_group import RecordGroup
from medallion.contracts.transform import Transform
from medallion.errors import MedallionError, SourceError, StorageError
from medallion.records import (
    Column,
    Correction,
    File,
    GatheredRows,
    Origin,
    PartialResult,
    Partition,
    RejectFile,
    Snapshot,
    Tally,
)

if TYPE_CHECKING:
    from medallion.contracts.sink import Batches
    from medallion.storage import Storage
    from medallion.storage.digests import Stored


@dataclass(frozen=True)
class Input:
    """One table that a task reads: its snapshot, with layer and storage."""

    layer: Layer
    storage: Storage
    snapshot: Snapshot


@dataclass(frozen=True)
class TableTask:
    """One table to compute: `steps` on `inputs[main]`, then `expectations`, then writing.

    `lineage` maps an origin number to its bronze table, for the original rows of rejects, which are
    written as the object `rejects` of the storage `quarantine`. The partitions and
    partial results of `former`, the published snapshot of the table, are used where they are equal.
    `former_inputs` are those that `former` was computed from by the same steps; None when they are
    not known, or the steps were others. A task can be pickled.
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
    quarantine: Storage
    rejects: str
    former: Snapshot | None = None
    former_inputs: Mapping[str, Input] | None = None


@dataclass(frozen=True)
class Built:
    """The result of computing one table.

    `rejects` are the files of the quarantined rows. `failure` names the expectation with
    `on_fail: fail` that was not met; `files` is empty then. `gates` are rules on the whole table
    that were not met: it is complete, and its release must not be published. `partitions`,
    `removed`, `gathered` and `partials` are those of the snapshot. `groups_computed` counts the
    groups that were computed, when the others are those of the former snapshot.
    """

    columns: tuple[Column, ...]
    files: tuple[File, ...]
    rows: int
    tallies: tuple[Tally, ...]
    origins: tuple[Origin, ...] = ()
    identified: bool = False
    rejects: tuple[RejectFile, ...] = ()
    warnings: tuple[str, ...] = ()
    failure: str | None = None
    gates: tuple[str, ...] = ()
    partitions: tuple[Partition, ...] = ()
    removed: File | None = None
    gathered: GatheredRows | None = None
    partials: tuple[PartialResult, ...] = ()
    groups_computed: int | None = None


@dataclass(frozen=True)
class StoredSource:
    """A source file whose bytes a layer has as an object; `name` is its name in messages.

    `corrections` are those of its records.
    """

    name: str
    form: Format
    object: Stored
    corrections: tuple[Correction, ...] = ()


@dataclass(frozen=True)
class ParseTask:
    """A group of source files to parse; `path` is the path of their records in `storage`.

    Attempts that may run at the same time differ in `attempt`, which is part of the names of the
    Parquet files that they write. A task can be pickled.
    """

    table: str
    files: tuple[StoredSource, ...]
    storage: Storage
    path: str
    attempt: str = ""


@dataclass(frozen=True)
class ParsedGroup:
    """The result of a ParseTask: the group as it was stored, or the errors of its files.

    `damage` is the error of a source file's object that is missing or damaged.
    """

    group: RecordGroup | None = None
    errors: tuple[SourceError, ...] = ()
    damage: StorageError | None = None


@dataclass(frozen=True)
class EngineCheck:
    """Something that an engine needs: what was observed, or the error that it `failed` with."""

    what: str
    said: str = ""
    failed: MedallionError | None = None


class Session(ABC):
    """An engine during one run. Its methods are called from several threads at the same time."""

    @abstractmethod
    def parse(self, tasks: Sequence[ParseTask]) -> Iterable[ParsedGroup]:
        """Parse groups of source files of one table: for each, in order, its result."""

    @abstractmethod
    def build(self, task: TableTask) -> Built:
        """Compute one table."""

    @abstractmethod
    def interrupt(self) -> None:
        """Make the work of other threads end soon, with KeyboardInterrupt."""

    @abstractmethod
    def batches(self, source: Input, rows: int) -> Batches:
        """All rows of a snapshot in Arrow batches of at most `rows`, without reserved columns."""


class Engine(Plugin, ABC):
    """Executes the steps of tables."""

    @abstractmethod
    def session(self, scratch: Path) -> AbstractContextManager[Session]:
        """Open a session that keeps its temporary files below `scratch`."""

    def checks(self, storage: Storage) -> Iterator[EngineCheck]:
        """Try what computing tables of the lake at `storage` needs; by default nothing.

        `medallion doctor` shows the outcomes. Nothing is raised, and nothing is left in the lake.
        """
        yield from ()
