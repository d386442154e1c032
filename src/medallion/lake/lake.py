"""Lake: layers, snapshots, releases, runs and quarantine, in a folder or an object store.

lake/
  current.json                  the pointer: which release is published
  lake.json                     the owner of the lake, and its format
  lease.json                    the writer at work, and the largest fencing token
  releases/ID.json              one Release each
  runs/ID.json                  one Run each
  stamp.json                    what the answer "up to date" of the command line depended on
  touched/TABLE.json            tokens of source files that were rewritten or pulled again unchanged
  snapshots/TABLE/KEY.json      the newest Snapshot of each fingerprint
  corrections/ID.json           what users corrected together, or revoked
  writes/RUN-N.json             what a run is about to write, until a release names it
  quarantine/TABLE/ID.parquet   the rejects of a snapshot, or of a step that failed; those of many
                                partitions are in several files, ID-1.parquet and so on
  bronze/ silver/ gold/         the layers' own files
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from medallion import plugins
from medallion.contracts import Input, Layer
from medallion.errors import CallError, DamagedError, MissingError, did_you_mean
from medallion.identifiers import TableName
from medallion.lake.frames import Listing, Quarantine, quality_listing, rejects_of, tables_of
from medallion.lake.pointer import (
    FORMAT,
    POINTER,
    Pointer,
    fence_pointer,
    older_format,
    read_pointer,
    swap_pointer,
)
from medallion.lake.record_files import KEY_LENGTH, LakeRecords, snapshot_path
from medallion.lake.reject_filter import Names, RejectFilter, require_table
from medallion.lake.table import LakeTable
from medallion.records import Release, Run, Snapshot
from medallion.secrets import mask
from medallion.storage import Storage, open_storage
from medallion.storage.digests import REPAIR, Stored, lost


class Lake:
    """A lake by its URL or local folder.

        Lake("lake").table("gold.clients_stats").to_pandas()

    Parameters: `url`; `base`, the folder that a relative one starts from; `layers`, how each layer
    is stored (by default as the release that is read records it); `options`, how to reach an S3
    server where the environment does not say (`endpoint_url`, `key`, `secret`, `region`).
    """

    def __init__(
        self,
        url: str | Path,
        *,
        base: Path | None = None,
        layers: Mapping[str, Layer] | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        self.url = str(url)
        self.base = base
        self.options = options
        self.storage = open_storage(self.url, base, options)
        self.layers: dict[str, Layer] = dict(layers or {})
        self.records = LakeRecords(self.storage)
        self._layer_storages: dict[str, Storage] = {}

    # Releases

    def pointer(self, *, older: bool = False) -> Pointer:
        """The pointer to what is published. Raises StorageError for a lake of another format.

        With `older`, a lake of an older format is accepted.
        """
        try:
            pointer = read_pointer(self.storage)
        except MissingError:
            if self.records.has_published():
                raise DamagedError(
                    f"{self.storage.url}/{POINTER}: is lost, but releases are there", hint=REPAIR
                ) from None
            return Pointer()
        if pointer.format < FORMAT and not older:
            raise older_format(self.storage.url, pointer.format)
        return pointer

    def current(self, pointer: Pointer | None = None) -> Release | None:
        """The published release, or None before the first.

        Parameters: `pointer` is one that was read already; by default it is read now.
        """
        pointer = pointer or self.pointer()
        if pointer.release is None:
            return None
        try:
            return self.records.read(f"releases/{pointer.release}.json", Release)
        except MissingError as error:
            raise DamagedError(
                f"{error.message}, and it is the published release", hint=REPAIR
            ) from None

    def release(self, release: str) -> Release:
        """A release by id. Raises CallError when there is no such release."""
        try:
            return self.records.read(f"releases/{release}.json", Release)
        except DamagedError as error:
            if self.records.is_older(f"releases/{release}.json"):
                raise CallError(
                    f"release {release} has an older format, which this version of medallion "
                    "cannot read",
                    hint="medallion releases lists those that can be shown",
                ) from error
            raise
        except MissingError:
            raise CallError(
                f"there is no release {release!r}{did_you_mean(release, self.release_ids())}"
            ) from None

    def release_ids(self) -> list[str]:
        """The ids of all published releases that are kept, newest first. Reads none of them."""
        published = set(self.pointer().published)
        return [ident for ident in self.records.ids("releases") if ident in published]

    def releases(self) -> list[Release]:
        """All published releases that are kept, newest first; with every file, so they may be
        large.
        """
        published = set(self.pointer().published)
        return [release for release in self.written_releases() if release.id in published]

    def written_releases(self, unreadable: list[str] | None = None) -> list[Release]:
        """All recorded releases, newest first, including those of runs killed before publication.

        Raises DamagedError, unless `unreadable` is given: it then receives the paths of damaged
        records.
        """
        releases = self.records.all("releases", Release, unreadable=unreadable)
        return sorted(releases, key=lambda release: (release.sequence, release.id), reverse=True)

    def publish(self, release: Release, pointer: Pointer, before: Release | None) -> None:
        """Write a release and point at it. Raises ConflictError or ExistsError when another writer
        has.
        """
        self.put_release(release)
        known = {snapshot.id for snapshot in before.tables.values()} if before else set()
        records = [snapshot_path(item) for item in release.tables.values() if item.id not in known]
        self.storage.sync([f"releases/{release.id}.json", *records])
        self.point(release, pointer, release.token)

    def point(self, release: Release, pointer: Pointer, token: int) -> None:
        """Point at a release. Raises LeaseError or ConflictError if a newer writer has switched."""
        swap_pointer(self.storage, pointer.moved_to(release, token), pointer)

    def fence(self, token: int) -> None:
        """Make every later switch by a writer with a smaller token fail."""
        fence_pointer(self.storage, token)

    # Runs

    def run(self, run: str) -> Run:
        """A run by id. Raises CallError when there is no such run."""
        try:
            return self.records.read(f"runs/{run}.json", Run)
        except MissingError:
            raise CallError(f"there is no run {run!r}", hint="medallion runs lists them") from None

    def runs(self, limit: int | None = None) -> list[Run]:
        """The newest runs that are kept, by default all, newest first."""
        return self.records.all("runs", Run, limit)

    def latest_run(self) -> Run | None:
        """The newest run that is kept, or None before the first. Reads one record."""
        return next(iter(self.runs(1)), None)

    def run_ids(self) -> list[str]:
        """The ids of all runs that are kept, newest first. Reads none of them."""
        return self.records.ids("runs")

    def put_run(self, run: Run) -> None:
        self.records.put(f"runs/{run.id}.json", run)

    # Tables

    def table(self, name: str, release: str | None = None) -> LakeTable:
        """A table by its full name, as the current or another release has it.

        Raises CallError when there is no such table or release.
        """
        source = self._release_or_current(release)
        require_table(name, f"release {source.id}", source.tables)
        return LakeTable(self.input(source.tables[name], source), source)

    def tables(self, release: str | None = None) -> Listing:
        """The tables of the current or another release, as rows and frames."""
        return tables_of(self._release_or_current(release))

    def quality(self, release: str | None = None) -> Listing:
        """Where the rows of each table went: kept, deduplicated, dropped, quarantined."""
        return quality_listing(self._release_or_current(release))

    def quarantine(
        self,
        table: str | None = None,
        release: str | None = None,
        *,
        run: str | None = None,
        rule: Names = (),
        file: Names = (),
        column: Names = (),
    ) -> Quarantine:
        """The quarantined rows of the current or another release, or of a run, even a failed one.

        Parameters: `table` limits them to one table; `rule`, `file` and `column` to one or several
        of these; a file may be a pattern. Raises CallError for an unknown table, rule or column.
        """
        source = self.run(run) if run else self._release_or_current(release)
        return rejects_of(self.storage, source, table, RejectFilter.of(rule, file, column))

    def __repr__(self) -> str:
        return f"<Lake {mask(self.storage.url)}>"

    def _release_or_current(self, release: str | None) -> Release:
        source = self.release(release) if release else self.current()
        if source is None:
            raise CallError(f"{self.url}: nothing was published yet", hint="medallion run")
        return source

    def input(self, snapshot: Snapshot, release: Release | None = None) -> Input:
        """The layer, storage and record of a snapshot, so that it can be scanned."""
        name = TableName(snapshot.table).layer
        layer = self.layers.get(name)
        if layer is None and release is not None:
            kind = plugins.build(plugins.LAYERS, release.layers[name])
            layer = kind if isinstance(kind, Layer) else None
        if layer is None:
            raise CallError(f"there is no layer {name!r}")
        return Input(layer, self.layer_storage(name, layer), snapshot)

    def layer_storage(self, name: str, layer: Layer) -> Storage:
        """Where a layer stores its files: its own `path`, or the lake's folder of its name."""
        url = layer.path or f"{self.url}/{name}"
        if url not in self._layer_storages:
            self._layer_storages[url] = open_storage(url, self.base, self.options)
        return self._layer_storages[url]

    def find_snapshot(self, table: str, fingerprint: str) -> Snapshot | None:
        """The newest snapshot with this fingerprint, if there is one and all its files exist."""
        try:
            snapshot = self.records.read(
                f"snapshots/{table}/{fingerprint[:KEY_LENGTH]}.json", Snapshot
            )
        except (MissingError, DamagedError):
            return None
        return None if snapshot.fingerprint != fingerprint or self._lost(snapshot) else snapshot

    def lost(self, release: Release, tables: Collection[str]) -> dict[str, list[str]]:
        """By table, the files of a release that are missing or have another size."""
        snapshots = [snapshot for name, snapshot in release.tables.items() if name in tables]
        return {snapshot.table: paths for snapshot in snapshots if (paths := self._lost(snapshot))}

    def snapshot(self, table: str, key: str) -> Snapshot:
        """A snapshot by its table and id. Raises MissingError when it was replaced or removed."""
        return self.records.read(f"snapshots/{table}/{key[:KEY_LENGTH]}.json", Snapshot)

    def put_release(self, release: Release) -> None:
        """Write a release without pointing at it."""
        self.records.put(f"releases/{release.id}.json", release)

    def put_snapshot(self, snapshot: Snapshot, before: Snapshot | None = None) -> None:
        """Write a snapshot, after syncing its files, so that they survive a power loss.

        The files of `before`, the published snapshot of the table, are synced already.
        """
        source = self.input(snapshot)
        published = set(source.layer.objects(before)) if before else set()
        source.storage.sync(
            path for path in source.layer.objects(snapshot) if path not in published
        )
        synced = {file.path for file in before.rejects} if before else set()
        self.storage.sync(file.path for file in snapshot.rejects if file.path not in synced)
        self.records.put(snapshot_path(snapshot), snapshot)

    def snapshots(self) -> list[Snapshot]:
        """The recorded snapshots: the newest of each fingerprint."""
        return self.records.all("snapshots", Snapshot)

    def _lost(self, snapshot: Snapshot) -> list[str]:
        source = self.input(snapshot)
        files = lost(source.storage, source.layer.stored(snapshot))
        return files + lost(self.storage, map(Stored.of, snapshot.rejects))
