"""The contract of engines, which compute tables, and their tasks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from medallion.contracts.expectation import Expectation
from medallion.contracts.format import Format, Parsed
from medallion.contracts.layer import Layer
from medallion.contracts.plugin import Plugin
from medallion.contracts.transform import Transform
from medallion.errors import SourceError
from medallion.records import Column, File, Origin, Partition, Snapshot, Tally

if TYPE_CHECKING:
    from medallion.contracts.sink import Batches
    from medallion.storage import Storage


@dataclass(frozen=True)
class Input:
    """One table that a task reads: its snapshot, with layer and storage."""

    layer: Layer
    storage: Storage
    snapshot: Snapshot


@dataclass(frozen=True)
class TableTask:
    """One table to compute: `steps` on `inputs[main]`, then `expectations`, then writing.

    `lineage` maps an origin number to its bronze table, for the original rows of rejects. The
    partitions of `former`, the published snapshot of the table, are used where they are equal.
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
    former: Snapshot | None = None


@dataclass(frozen=True)
class Built:
    """The result of computing one table.

    `rejects` is a local Parquet file, or None. `failure` names the expectation with `on_fail: fail`
    that was not met; `files` is empty then. `partitions` and `removed` are those of the snapshot.
    """

    columns: tuple[Column, ...]
    files: tuple[File, ...]
    rows: int
    tallies: tuple[Tally, ...]
    origins: tuple[Origin, ...] = ()
    identified: bool = False
    rejects: Path | None = None
    warnings: tuple[str, ...] = ()
    failure: str | None = None
    partitions: tuple[Partition, ...] = ()
    removed: File | None = None


@dataclass(frozen=True)
class ParseTask:
    """One source file to parse: `source` and `target` are local files."""

    form: Format
    source: Path
    name: str
    target: Path


class Session(ABC):
    """An engine during one run. Its methods are called from several threads at the same time."""

    @abstractmethod
    def parse(self, tasks: Sequence[ParseTask]) -> Iterable[Parsed | SourceError]:
        """Parse source files: for each, in order, the result or why it cannot be read."""

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
