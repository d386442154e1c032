"""The `delta` layer: immutable Parquet files, shown by a Delta log for each table."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from medallion.contracts import ROW, File, Release, Snapshot, Storage
from medallion.errors import DamagedError, ExistsError, NotInstalledError
from medallion.identifiers import TableName
from medallion.layers.delta.deletion_vectors import deletion_vectors
from medallion.layers.delta.log import DeltaLog, shown_id
from medallion.layers.delta.log_state import Action, Shown
from medallion.layers.delta.types import (
    has_local_times,
    require_storable,
    schema_of,
    stored_type,
)
from medallion.layers.parquet import ParquetLayer
from medallion.sql.duckdb_types import types_of
from medallion.storage import for_each
from medallion.storage.digests import REPAIR, Stored, store_file, verified

if TYPE_CHECKING:
    from pydantic import JsonValue

    from medallion.contracts import Connection, Relation
    from medallion.records.column_type import ColumnType

ATTEMPTS = 5  # to commit, while other programs write to the same log


class DeltaLayer(ParquetLayer):
    """Stores each snapshot as Parquet files, like `parquet`, and shows each table in a Delta log.

    Polars, DuckDB, Spark, Databricks and whatever else reads Delta Lake read the table in the
    layer's folder of its name; each release and each rollback is a version of it. Needs deltalake:
    `pip install 'medallion-lake[delta]'`.

    `path` is the layer's folder or URL, by default the folder of its name in the lake; `retain` is
    the number of releases whose snapshots are kept; `compression` is that of the Parquet files.

    ```yaml
    layers:
      silver: parquet
      gold: {type: delta, retain: 10}
    ```
    """

    name: ClassVar[str] = "delta"
    has_log: ClassVar[bool] = True
    parquet_version: ClassVar[str] = "v1"  # Spark reads not all encodings of v2

    def write(
        self, storage: Storage, folder: str, rows: Relation, connection: Connection, scratch: Path
    ) -> list[File]:
        _require_deltalake()  # before anything is published; reading the layer does not need it
        types = types_of(rows)
        require_storable({name: type_ for name, type_ in types.items() if name != ROW})
        return super().write(storage, folder, rows, connection, scratch)

    def stored_type(self, leaf: ColumnType) -> ColumnType:
        return stored_type(leaf)

    def layer_state(self, storage: Storage, snapshot: Snapshot) -> dict[str, JsonValue] | None:
        """Copy the files that several partitions have: a log has each path only once."""
        for file, copy in _copies(snapshot):
            (original,) = verified(storage, [Stored.of(file)])
            with tempfile.TemporaryDirectory(prefix="medallion-delta-") as scratch:
                part = Path(scratch, "part.parquet")
                shutil.copyfile(original, part)
                store_file(storage, copy.path, part, file.sha256)
        return None

    def stored(self, snapshot: Snapshot) -> Iterable[Stored]:
        return [*super().stored(snapshot), *(Stored.of(copy) for _, copy in _copies(snapshot))]

    def activate(
        self,
        storage: Storage,
        release: Release,
        tables: Mapping[str, Snapshot | None],
        check: Callable[[], None],
    ) -> None:
        _require_deltalake()
        waiting = dict(tables)
        for _ in range(ATTEMPTS):
            waiting = {name: tables[name] for name in self._show(storage, release, waiting, check)}
            if not waiting:
                return
        raise ExistsError(
            f"{storage.url}: another program keeps writing to the log of {next(iter(waiting))}",
            hint="run again when it has finished",
        )

    def check_log(self, storage: Storage, release: Release, snapshot: Snapshot) -> None:
        _require_deltalake()
        table = TableName(snapshot.table).table
        log = DeltaLog.read(storage, table)
        with tempfile.TemporaryDirectory(prefix="medallion-delta-") as folder:
            state = log.replay(storage, Path(folder))
        if log.release != release.id or state.actions(_shown(storage, snapshot, release)):
            says = f"shows release {log.release}" if log.version >= 0 else "is lost"
            raise DamagedError(
                f"{storage.url}/{table}/_delta_log: {says}, and {release.id} is published",
                hint=REPAIR,
            )

    def _show(
        self,
        storage: Storage,
        release: Release,
        tables: Mapping[str, Snapshot | None],
        check: Callable[[], None],
    ) -> list[str]:
        """Commit to the logs of tables; the names of those that another program has written to."""

        def prepare(table: str) -> _Commit | None:
            return _prepared(storage, table, release, tables[table], scratch)

        def write(commit: _Commit) -> bool:
            return commit.write(storage, release, self.retain)

        with tempfile.TemporaryDirectory(prefix="medallion-delta-") as folder:
            scratch = Path(folder)
            commits = [commit for commit in for_each(storage, prepare, tables) if commit]
            if not commits:
                return []
            check()  # after the logs were read: what a newer writer commits now makes ours fail
            written = for_each(storage, write, commits)
        return [commit.log.table for commit, done in zip(commits, written, strict=True) if not done]


@dataclass(frozen=True)
class _Commit:
    """A commit to a log as it was read. `checkpoint` is a local file to keep as its checkpoint."""

    log: DeltaLog
    snapshot: Snapshot | None
    actions: list[Action]
    checkpoint: Path | None = None

    def write(self, storage: Storage, release: Release, retain: int) -> bool:
        """Write it; False when another program has written to the log meanwhile."""
        if self.checkpoint:
            self.log.keep_checkpoint(storage, self.checkpoint)
        if not self.log.commit(storage, release, self.snapshot, self.actions):
            return False
        self.log.forget(storage, retain)
        return True


def _prepared(
    storage: Storage, table: str, release: Release, snapshot: Snapshot | None, scratch: Path
) -> _Commit | None:
    """The commit by which a log shows a release; None when it shows it already."""
    log = DeltaLog.read(storage, table)
    if snapshot is None and log.version < 0:
        return None
    same = snapshot is not None and log.shows == shown_id(snapshot, release)
    if same and log.release == release.id:
        return None
    if same and not log.needs_checkpoint:
        return _Commit(log, snapshot, [])
    state = log.replay(storage, scratch)
    actions = state.actions(_shown(storage, snapshot, release) if snapshot else None)
    if not actions and log.release == release.id:
        return None
    return _Commit(log, snapshot, actions, state.checkpoint if log.needs_checkpoint else None)


def _require_deltalake() -> None:
    if find_spec("deltalake") is None:
        raise NotInstalledError(
            "layer 'delta' needs deltalake, which is not installed",
            hint="pip install 'medallion-lake[delta]'",
        )


def _shown(storage: Storage, snapshot: Snapshot, release: Release) -> Shown:
    """What the log of a snapshot's table is to show."""
    vectors = deletion_vectors(storage, snapshot)
    files = dict[str, Action]()
    modified = int(snapshot.created.timestamp() * 1000)
    for number, file in _numbered(snapshot):
        add: dict[str, Any] = {
            "path": file.path.partition("/")[2],
            "partitionValues": {},
            "size": file.bytes,
            "modificationTime": modified,
            "dataChange": True,
            "stats": f'{{"numRecords": {file.rows}}}',
        }
        if number in vectors:
            add["deletionVector"] = vectors[number]
        files[add["path"]] = add
    features = {"deletionVectors"} if vectors else set()
    if has_local_times(snapshot.columns):
        features.add("timestampNtz")
    description = release.described(snapshot.table)
    schema = schema_of(snapshot.columns, description.columns)
    return Shown(schema, files, frozenset(features), description.text)


def _numbered(snapshot: Snapshot) -> Iterator[tuple[int | None, File]]:
    """The files of a snapshot with the number of their partition; each path occurs once."""
    if not snapshot.partitions:
        yield from ((None, file) for file in snapshot.files)
        return
    known = dict[str, int]()
    for number, part in enumerate(snapshot.partitions):
        for file in part.files:
            count = known[file.path] = known.get(file.path, 0) + 1
            yield number, file if count == 1 else _copy_of(file, count)


def _copies(snapshot: Snapshot) -> Iterator[tuple[File, File]]:
    """The files that several partitions have, each with every further copy of it."""
    originals = {file.sha256: file for file in snapshot.files}
    names = {file.path for file in snapshot.files}
    for _, file in _numbered(snapshot):
        if file.path not in names:
            yield originals[file.sha256], file


def _copy_of(file: File, count: int) -> File:
    return file.model_copy(update={"path": f"{file.path.removesuffix('.parquet')}-{count}.parquet"})
