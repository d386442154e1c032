"""The contract of layers: how the tables of one zone are stored."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field, JsonValue

from medallion.contracts.plugin import Plugin
from medallion.records import File, Partition, Release, Snapshot
from medallion.sql.relations import ORIGIN, ROW, literal, quote, viewed
from medallion.sql.row_ids import first_and_last, within_table
from medallion.storage.digests import Stored, store_file, verified

if TYPE_CHECKING:
    from medallion.sql.relations import Connection, Inputs, Relation
    from medallion.storage import Storage


def keep_file(storage: Storage, path: str, file: Path, rows: int) -> File:
    """Move a local file into a storage; returns its record for the snapshot."""
    item = store_file(storage, path, file)
    return File(path=path, bytes=item.bytes or 0, rows=rows, sha256=item.sha256 or "")


def local_files(storage: Storage, snapshot: Snapshot) -> list[Path]:
    """Local copies of a snapshot's files, verified. Raises DamagedError, MissingError."""
    return verified(storage, [Stored.of(file) for file in snapshot.files])


class Layer(Plugin, ABC):
    """How the tables of one zone are stored, below `path` (by default a folder of the lake).

    `retain` is the number of releases whose snapshots are kept. `has_log` says that other programs
    read its tables by a log that the layer writes: then `activate` is called.
    """

    has_log: ClassVar[bool] = False

    path: str | None = None
    retain: int = Field(default=10, ge=1)

    def stored_as(self) -> dict[str, Any]:
        """Its part of the fingerprints of its tables: all but the number of releases kept."""
        identity = {key: item for key, item in self.identity().items() if key != "fields"}
        return {"layer": identity, "kept": self.model_dump(mode="json", exclude={"retain"})}

    @abstractmethod
    def write(
        self, storage: Storage, folder: str, rows: Relation, connection: Connection, scratch: Path
    ) -> list[File]:
        """Write rows as new immutable files below `folder`, never in place.

        `scratch` is an empty local folder.
        """

    def layer_state(self, storage: Storage, snapshot: Snapshot) -> dict[str, JsonValue] | None:
        """What to keep in `snapshot.layer_state`, which `scan` and `stored` get back.

        For a layer that keeps more than the files of `write`: called once for each snapshot, when
        these are written and before it is recorded. `stored` must then name what was written here,
        too. By default None.
        """
        return None

    def activate(
        self,
        storage: Storage,
        release: Release,
        tables: Mapping[str, Snapshot | None],
        check: Callable[[], None],
    ) -> None:
        """Show a published release to the programs that read by the log of the layer.

        Called when the lake's pointer has moved to the release, and again after a kill: idempotent.
        `tables` are the layer's tables by plain name; None stands for a table that the release does
        not have, whose log then shows no rows. `check` raises LeaseError when a newer writer has
        published: read the log, then check, then write so that it fails if the log has changed.
        """
        raise NotImplementedError(f"layer {self.name!r} has a log, but no `activate`")

    def check_log(self, storage: Storage, release: Release, snapshot: Snapshot) -> None:
        """Raise DamagedError unless the log of a table shows its snapshot of a published release.

        Called by `medallion verify`, for layers with a log.
        """
        raise NotImplementedError(f"layer {self.name!r} has a log, but no `check_log`")

    @abstractmethod
    def scan(self, storage: Storage, snapshot: Snapshot, connection: Connection) -> Relation:
        """All rows of a snapshot, lazily, with `_row` and `_origin`."""

    def read(self, storage: Storage, snapshot: Snapshot, connection: Connection) -> Relation:
        """All rows of a snapshot, lazily, as `scan` gives them, also of one with partitions."""
        if not snapshot.partitions:
            return self.scan(storage, snapshot, connection)
        rows = self.read_partitions(storage, snapshot, snapshot.partitions, connection)
        if snapshot.removed is None:
            return rows
        (removed,) = verified(storage, [Stored.of(snapshot.removed)])
        source = f"read_parquet({literal(str(removed))})"
        return rows.filter(f"{ROW} not in (select {ROW} from {source})")

    def read_partitions(
        self,
        storage: Storage,
        snapshot: Snapshot,
        partitions: Sequence[Partition],
        connection: Connection,
    ) -> Relation:
        """The rows in the files of some partitions, with their ids in the table."""
        (table,) = (origin.number for origin in snapshot.origins)
        columns = ", ".join(quote(column.name) for column in snapshot.columns)
        parts = []
        for part in partitions:
            alone = snapshot.model_copy(
                update={"files": part.files, "partitions": (), "removed": None}
            )
            rows = viewed(self.scan(storage, alone, connection))
            origin = within_table(table, [part.numbers])
            parts.append(f"select {origin} as {ROW}, {origin} as {ORIGIN}, {columns} from {rows}")
        return connection.sql(" union all ".join(parts))

    def stored(self, snapshot: Snapshot) -> Iterable[Stored]:
        """The objects a snapshot needs, as they were written."""
        return [Stored.of(file) for file in snapshot.layer_files()]

    def objects(self, snapshot: Snapshot) -> list[str]:
        """The paths of these objects; objects that no retained snapshot needs are removed."""
        return [item.path for item in self.stored(snapshot)]


class SourceLayer(Layer, ABC):
    """A layer that keeps source files: the first layer of a pipeline."""

    @abstractmethod
    def keep(
        self, storage: Storage, table: str, source: Storage, path: str, scratch: Path
    ) -> Stored:
        """Keep one source file's bytes unchanged. Idempotent; a damaged object is replaced.

        `scratch` is a local folder for a temporary copy.
        """

    @abstractmethod
    def records(self, table: str, files: Sequence[str]) -> str:
        """The path, below the layer, of the records of a group of source files.

        Each file is identified by its bytes and the format that reads it.
        """

    def read_range(
        self, storage: Storage, snapshot: Snapshot, places: range, connection: Connection
    ) -> Relation:
        """The rows at these positions of the only source file of a snapshot, as `read` gives them.

        `places` has a step of 1. By default, all rows are read.
        """
        start, _ = first_and_last(snapshot.origins[0].number, 0, 0)
        ids = f"{ROW} between {start + places.start} and {start + places.stop - 1}"
        return self.read(storage, snapshot, connection).filter(ids)

    @abstractmethod
    def originals(
        self, storage: Storage, snapshot: Snapshot, wanted: Relation, inputs: Inputs
    ) -> Relation:
        """The records of the origins `wanted`, unchanged.

        `wanted` has one column, `_origin`. The result has `_origin`, `file`, `record` (from 1) and
        `row` (a JSON object).
        """
