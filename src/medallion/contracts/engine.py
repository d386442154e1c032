"""What computes tables: engines, and the tasks they are given."""

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
from medallion.records import Column, File, Origin, Snapshot, Tally

if TYPE_CHECKING:
    from medallion.contracts.sink import Batches
    from medallion.storage import Storage


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
