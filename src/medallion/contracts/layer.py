"""The contract of layers: how the tables of one zone are stored."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field, JsonValue

from medallion.contracts.format import Format
from medallion.contracts.plugin import Plugin
from medallion.records import File, Snapshot
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

    `retain` is the number of releases whose snapshots are kept.
    """

    path: str | None = None
    retain: int = Field(default=10, ge=1)

    @abstractmethod
    def write(
        self, storage: Storage, folder: str, rows: Relation, connection: Connection, scratch: Path
    ) -> list[File]:
        """Write rows as new immutable files below `folder`, never in place.

        `scratch` is an empty local folder.
        """

    def layer_state(self, storage: Storage, snapshot: Snapshot) -> dict[str, JsonValue] | None:
        """What to keep in `snapshot.layer_state`, which `scan` and `stored` get back.

        For a layer with a log of its own, such as Delta: called once for each snapshot, when
        `write` has written its files and before it is recorded. A JSON object, such as the version
        that the log gave it. `stored` must then name the objects of the log that the snapshot
        needs. By default None.
        """
        return None

    @abstractmethod
    def scan(self, storage: Storage, snapshot: Snapshot, connection: Connection) -> Relation:
        """All rows of a snapshot, lazily, with `_row` and `_origin`."""

    def stored(self, snapshot: Snapshot) -> Iterable[Stored]:
        """The objects a snapshot needs, as they were written."""
        return [Stored.of(file) for file in snapshot.files]

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
    def records(self, table: str, sha256: str, form: Format) -> str:
        """The path, below the layer, of the records of these bytes as read by this format."""

    @abstractmethod
    def originals(
        self, storage: Storage, snapshot: Snapshot, wanted: Relation, inputs: Inputs
    ) -> Relation:
        """The records of the origins `wanted`, unchanged.

        `wanted` has one column, `_origin`. The result has `_origin`, `file`, `record` (from 1) and
        `row` (a JSON object).
        """
