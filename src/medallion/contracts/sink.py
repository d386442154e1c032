"""The contract of sinks: what loads a release into a serving database and switches to it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self, TypeAlias

from pydantic import ConfigDict, Field, PrivateAttr, field_validator

from medallion.contracts.plugin import Plugin
from medallion.contracts.row_changes import RowChanges
from medallion.contracts.store import Store
from medallion.errors import SinkError
from medallion.query.query import Query
from medallion.records import LoadReport, Owner, Release, Served, Serving, Snapshot
from medallion.secrets import SECRETS

if TYPE_CHECKING:
    import pyarrow as pa

    Batches: TypeAlias = pa.RecordBatchReader


class TableSpec(Serving):
    """A table to serve under its plain `name`."""

    model_config = ConfigDict(extra="forbid")

    name: str


@dataclass(frozen=True)
class Right:
    """A permission in the database: the error it was `refused` with, and whether it is `needed`."""

    what: str
    refused: SinkError | None
    needed: bool = True


@dataclass(frozen=True)
class Flaw:
    """A served table that differs from what was loaded; `table` is None for the whole database."""

    table: str | None
    said: str


class Sink(Plugin, ABC):
    """Loads a release's tables into a serving database, then switches readers to it atomically.

    `label` is the sink's name in the declaration, under which a release's `served` lists its
    tables; `batch` is the number of rows it is given at a time. `copies_tables` says that
    `load_changes` is cheaper than `load` where few rows of a large table differ.
    """

    copies_tables: ClassVar[bool] = False

    url: str = Field(repr=False)
    label: str = "serving"
    batch: int = Field(default=10_000, ge=1)
    _writer: Owner | None = PrivateAttr(default=None)

    @field_validator("url")
    @classmethod
    def _register(cls, url: str) -> str:
        SECRETS.add_url(url)
        return url

    def located(self, base: Path) -> Self:
        """The same sink; a relative path in its `url` is relative to `base`."""
        return self

    def file(self) -> Path | None:
        """The local file of an embedded database; None for a server."""
        return None

    def connected(self) -> AbstractContextManager[Self]:
        """The same sink with one connection for the whole block; by default itself."""
        return nullcontext(self)

    def unfit_names(self, names: Sequence[str]) -> Iterator[tuple[str, str]]:
        """The plain table names that the database cannot hold, each with the reason.

        Parameters: `names` are all tables of the last layer: ASCII letters, digits and `_`, a
        letter first, at most 60 characters, and different from each other. All other limits are
        those of one database and belong here: a maximum length in bytes (a physical name is
        `NAME__` and ten characters), reserved names, and names that differ only in case.
        `medallion check` reports them. The default accepts all names.
        """
        yield from ()

    def loaded(self) -> frozenset[str]:
        """The physical names of the tables that are complete and need not be loaded again.

        By default empty: `load` is then called for each table, and checks by itself.
        """
        return frozenset()

    def written_by(self, writer: Owner) -> Self:
        """The same sink for one writer; `load`, `activate` and `prune` check that it is the owner.

        Use `check_writer` for the check. `activate` records the writer as the owner in the same
        step that switches readers.
        """
        sink = self.model_copy()
        sink._writer = writer
        return sink

    @abstractmethod
    def owner(self) -> Owner | None:
        """Who last switched or took over the database, or None when nobody has."""

    @abstractmethod
    def claim(self, owner: Owner) -> None:
        """Record the owner in place of any former one; readers see the same as before."""

    @abstractmethod
    def load(self, table: TableSpec, snapshot: Snapshot, rows: Batches) -> LoadReport:
        """Load a table next to the live ones, with indexes and the rows of `table.former`.

        Counts the rows that arrived. Idempotent. Raises SinkError when the former table is missing.
        """

    def load_changes(
        self, table: TableSpec, snapshot: Snapshot, former: Served, changes: RowChanges
    ) -> LoadReport | None:
        """Load a table next to the live ones, as a copy of its `former` version that is changed.

        Called if `copies_tables`, for tables without rows of earlier runs that are served in the
        same way as before. The result must be equal to that of `load`. None when it cannot be
        made so, or the former table is not what was loaded; then `load` is called.
        """
        return None

    @abstractmethod
    def activate(self, release: Release) -> None:
        """Switch readers to the release in one atomic step, then point the plain names at it."""

    @abstractmethod
    def active(self) -> Release | None:
        """The release readers see, or None before the first."""

    @abstractmethod
    def prune(self, keep: Sequence[Release]) -> int:
        """Remove what no release in `keep` serves; the number of tables removed."""

    def rights(self) -> Iterator[Right]:
        """Try each permission that publishing needs, leaving nothing behind; by default none."""
        yield from ()

    def flaws(self, release: Release, rows: int | None = None) -> Iterator[Flaw]:
        """Compare the served tables of the active release with what was loaded; by default, counts.

        Parameters: `rows` limits this to tables of at most that many rows, for a quick answer.
        """
        tables = release.served.get(self.label, {})
        with closing(self.store()) as store:
            for table, served in tables.items():
                if rows is None or served.rows <= rows:
                    count = store.count(table, Query())
                    if count != served.rows:
                        yield Flaw(table, f"has {count:,} rows; {served.rows:,} were loaded")

    def discard(self, release: Release, tables: Sequence[str] | None, mark: str) -> str:
        """Move damaged tables, or the whole database when None, aside; they are then loaded again.

        Parameters: `mark` makes the names of what is moved aside unique. Returns where that is.
        Raises SinkError when it cannot be done without loss.
        """
        raise SinkError(
            f"{self.label}: damaged tables cannot be replaced",
            hint="drop them in the database, and run",
        )

    @abstractmethod
    def store(self) -> Store:
        """The query side. Cheap: connects on first use, so that it may be made before a fork."""
