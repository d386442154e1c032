"""Lake: the place that holds layers, snapshots, releases, runs and quarantine.

lake/
  current.json                  the pointer: which release is published
  lake.json                     whose lake it is, and in which format
  lease.json                    who is writing, and the fencing token of the newest writer
  releases/ID.json              one Release each
  runs/ID.json                  one Run each
  touched/TABLE.json            tokens of source files that were written again with the same bytes
  snapshots/TABLE/KEY.json      the newest Snapshot of each fingerprint
  writes/RUN-N.json             what a run is about to write, until a release names it
  quarantine/TABLE/ID.parquet   the rejects of a snapshot, or of a step that failed
  bronze/ silver/ gold/         the layers' own files
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar
from uuid import uuid4

from medallion import plugins
from medallion.contracts import Input, Layer
from medallion.errors import CallError, DamagedError, LeaseError, MissingError, StorageError, did_you_mean
from medallion.frames import Listing, Rejects, quality_listing, tables_of
from medallion.records import Moment, Record, Release, Run, Snapshot
from medallion.secrets import mask
from medallion.storage import Storage, for_each, open_storage
from medallion.storage.digests import REPAIR, Stored, lost
from medallion.storage.sealing import damaged, seal, unseal, write_record
from medallion.tables import LakeTable

R = TypeVar("R", bound=Record)

POINTER = "current.json"
FORMAT = 1  # of lakes that this version writes; it reads no newer one
HISTORY = 1000  # published ids that the pointer remembers
HEADS = 200  # heads of releases kept in memory
KEY_LENGTH = 16  # hexadecimal digits of a fingerprint that name its snapshot


@dataclass(frozen=True)
class Pointer:
    """What the lake points at: the published `release`, all that ever were `published`, and the version for a swap.

    A release that was written down by a run killed before the switch is in no `published`. `sequence` counts
    publications, `token` is the fencing token of the newest writer that switched it, `format` that of the lake.
    """

    release: str | None = None
    published: tuple[str, ...] = ()
    version: str | None = None
    sequence: int = 0
    token: int = 0
    format: int = FORMAT


class TableRows(Record):
    """How many rows a table has."""

    rows: int


class ReleaseHead(Record):
    """The first lines of a release, for lists of many: of its tables, the rows alone."""

    id: str
    run: str
    created: Moment
    previous: str | None
    tables: dict[str, TableRows]


class Lake:
    """A lake by its URL or local folder.

        Lake("lake").table("gold.clients_stats").to_pandas()

    Parameters: `url`; `base`, the folder a relative one is taken from; `layers`, how each layer is kept
    (by default as the release that is read says); `options`, how to reach an S3 server where the
    environment does not say (`endpoint_url`, `key`, `secret`, `region`).
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
        self._heads: dict[str, ReleaseHead] = {}
        self._reading_heads = Lock()

    # What is published

    def pointer(self) -> Pointer:
        """What is published now."""
        try:
            data, version = self.storage.read(POINTER)
        except MissingError:
            if self._was_published():
                raise DamagedError(
                    f"{self.storage.url}/{POINTER}: is lost, but releases are there", hint=REPAIR
                ) from None
            return Pointer()
        with self._understood(POINTER):
            body = json.loads(data)
            if is_older(body):  # of before lakes had a format; what it names cannot be read
                return Pointer(None, tuple(body["published"]), version, format=0)
            if body.get("format", FORMAT) <= FORMAT:
                unseal(data)
                counters = body["sequence"], body["token"], body["format"]
                return Pointer(body["release"], tuple(body["published"]), version, *counters)
        raise newer_format(self.storage.url, body["format"])

    def current(self, pointer: Pointer | None = None) -> Release | None:
        """The published release, or None before the first; that of a pointer which was read already."""
        pointer = pointer or self.pointer()
        if pointer.release is None:
            return None
        try:
            return self._read(f"releases/{pointer.release}.json", Release)
        except MissingError as error:
            raise DamagedError(f"{error.message}, and it is the published release", hint=REPAIR) from None

    def release(self, release: str) -> Release:
        """A release by id. Raises CallError when there is no such release."""
        try:
            return self._read(f"releases/{release}.json", Release)
        except MissingError:
            raise CallError(f"there is no release {release!r}{did_you_mean(release, self.release_ids())}") from None

    def release_ids(self) -> list[str]:
        """The ids of all releases that were published and are kept, newest first. Reads none of them."""
        published = set(self.pointer().published)
        return [ident for ident in self._ids("releases") if ident in published]

    def releases(self) -> list[Release]:
        """All releases that were published and are kept, newest first, with every file: they may be large."""
        published = set(self.pointer().published)
        return [release for release in self.written_releases() if release.id in published]

    def written_releases(self) -> list[Release]:
        """All releases that are recorded, also those of runs killed before the pointer was switched, newest first."""
        return sorted(self._all("releases", Release), key=lambda release: (release.sequence, release.id), reverse=True)

    def release_heads(self, ids: Iterable[str]) -> list[ReleaseHead]:
        """The heads of releases, without those that went meanwhile. What was read once is kept in memory."""
        heads = for_each(self.storage, self._head, ids)
        return [head for head in heads if head]

    def publish(self, release: Release, pointer: Pointer, before: Release | None) -> None:
        """Write a release down and point at it. Raises ConflictError or ExistsError when another writer came first."""
        self.put_release(release)
        known = {snapshot.id for snapshot in before.tables.values()} if before else set()
        records = [snapshot_path(found) for found in release.tables.values() if found.id not in known]
        self.storage.sync([f"releases/{release.id}.json", *records])
        self.point(release, pointer, release.token)

    def point(self, release: Release, pointer: Pointer, token: int) -> None:
        """Point at a release, if the pointer still is the one that was read and no newer writer has switched it."""
        published = [*(known for known in pointer.published if known != release.id), release.id][-HISTORY:]
        sequence = max(pointer.sequence, release.sequence)
        self.swap_pointer(Pointer(release.id, tuple(published), pointer.version, sequence, token), pointer)

    def fence(self, token: int) -> None:
        """Let every switch of the pointer fail that an earlier writer, who did not release the lease, still tries."""
        with suppress(DamagedError):  # what is lost cannot be switched
            pointer = self.pointer()
            if pointer.version is None or pointer.format < FORMAT or pointer.token >= token:
                return
            self.swap_pointer(replace(pointer, token=token), pointer)

    def swap_pointer(self, latter: Pointer, former: Pointer) -> None:
        """Replace the pointer that was read. Raises LeaseError, ConflictError or ExistsError when another has."""
        if latter.token < former.token:
            raise LeaseError(
                f"{self.storage.url}: a newer writer has switched the release", hint="nothing was published; run again"
            )
        body = {
            "format": FORMAT,
            "release": latter.release,
            "at": now().isoformat(),
            "sequence": latter.sequence,
            "token": latter.token,
            "published": latter.published,
        }
        data = seal(json.dumps(body).encode())
        if former.version is None:
            self.storage.create(POINTER, data)
        else:
            self.storage.swap(POINTER, data, former.version)
        self.storage.sync([POINTER])

    # What was done

    def run(self, run: str) -> Run:
        """A run by id. Raises CallError when there is no such run."""
        try:
            return self._read(f"runs/{run}.json", Run)
        except MissingError:
            raise CallError(f"there is no run {run!r}", hint="medallion runs lists them") from None

    def runs(self, limit: int | None = None) -> list[Run]:
        """The newest runs that are kept, by default all, newest first."""
        return self._all("runs", Run, limit)

    def run_ids(self) -> list[str]:
        """The ids of all runs that are kept, newest first. Reads none of them."""
        return self._ids("runs")

    def put_run(self, run: Run) -> None:
        self._put(f"runs/{run.id}.json", run)

    # Tables

    def table(self, name: str, release: str | None = None) -> LakeTable:
        """A table by its full name, as the current or another release has it. Raises CallError when there is none."""
        found = self._release_or_current(release)
        self._check_table(name, found)
        return LakeTable(self.input(found.tables[name], found), found)

    def tables(self, release: str | None = None) -> Listing:
        """The tables of the current or another release, as rows and frames."""
        return tables_of(self._release_or_current(release))

    def quality(self, release: str | None = None) -> Listing:
        """How the rows of each table fared: kept, deduplicated, dropped, quarantined."""
        return quality_listing(self._release_or_current(release))

    def quarantine(self, table: str | None = None, release: str | None = None) -> Rejects:
        """The quarantined rows of the current or another release, of all tables or of one."""
        found = self._release_or_current(release)
        if table is not None:
            self._check_table(table, found)
        chosen = {name: snapshot.rejects for name, snapshot in found.tables.items() if table in (None, name)}
        return Rejects(self.storage, {name: file for name, file in chosen.items() if file})

    def __repr__(self) -> str:
        return f"<Lake {mask(self.storage.url)}>"

    def _release_or_current(self, release: str | None) -> Release:
        found = self.release(release) if release else self.current()
        if found is None:
            raise CallError(f"{self.url}: nothing was published yet", hint="medallion run")
        return found

    def _check_table(self, name: str, release: Release) -> None:
        if name not in release.tables:
            raise CallError(f"there is no table {name!r} in release {release.id}{did_you_mean(name, release.tables)}")

    def input(self, snapshot: Snapshot, release: Release | None = None) -> Input:
        """Where a snapshot lies, so that it can be scanned."""
        name = snapshot.table.partition(".")[0]
        layer = self.layers.get(name)
        if layer is None and release is not None:
            kind = plugins.build(plugins.LAYERS, release.layers[name])
            layer = kind if isinstance(kind, Layer) else None
        if layer is None:
            raise CallError(f"there is no layer {name!r}")
        return Input(layer, self.layer_storage(name, layer), snapshot)

    def layer_storage(self, name: str, layer: Layer) -> Storage:
        """Where a layer keeps its files: its own `path`, or the lake's folder of its name."""
        return open_storage(layer.path or f"{self.url}/{name}", self.base, self.options)

    def find_snapshot(self, table: str, fingerprint: str) -> Snapshot | None:
        """The newest snapshot with this fingerprint, if there is one whose files are all there."""
        try:
            snapshot = self._read(f"snapshots/{table}/{fingerprint[:KEY_LENGTH]}.json", Snapshot)
        except (MissingError, DamagedError):
            return None
        return None if snapshot.fingerprint != fingerprint or self._lost(snapshot) else snapshot

    def lost(self, release: Release, tables: Collection[str]) -> dict[str, list[str]]:
        """By table, the files of a release that are not there, or not in their size."""
        snapshots = [snapshot for name, snapshot in release.tables.items() if name in tables]
        return {snapshot.table: paths for snapshot in snapshots if (paths := self._lost(snapshot))}

    def snapshot(self, table: str, key: str) -> Snapshot:
        """A snapshot by its table and id. Raises MissingError when it was replaced or removed."""
        return self._read(f"snapshots/{table}/{key[:KEY_LENGTH]}.json", Snapshot)

    def record(self, path: str, kind: type[R]) -> R:
        """A record by its path. Raises MissingError, and DamagedError when it is not what was written."""
        return self._read(path, kind)

    def record_paths(self, folder: str) -> list[str]:
        """The paths of the records in a folder of the lake; files of other programs are left out."""
        return [entry.path for entry in self.storage.list(folder) if _is_record(entry.path)]

    def put_release(self, release: Release) -> None:
        """Write a release down, without pointing at it."""
        self._put(f"releases/{release.id}.json", release)

    def put_snapshot(self, snapshot: Snapshot, before: Snapshot | None = None) -> None:
        """Write a snapshot down, once its files survive a power loss; those of the published one `before` do."""
        source = self.input(snapshot)
        published = set(source.layer.objects(before)) if before else set()
        source.storage.sync(path for path in source.layer.objects(snapshot) if path not in published)
        if snapshot.rejects:
            self.storage.sync([snapshot.rejects.path])
        self._put(snapshot_path(snapshot), snapshot)

    def snapshots(self) -> list[Snapshot]:
        """The recorded snapshots: the newest of each fingerprint."""
        return self._all("snapshots", Snapshot)

    # Within

    def _was_published(self) -> bool:
        """Whether some release in a lake without a pointer was published: one that a killed first run wrote was not."""
        releases = self._all("releases", Release)
        if not releases:
            return False
        ids = {run.release for run in self.runs() if run.status == "succeeded"}
        return any(release.previous or release.id in ids for release in releases)

    def _lost(self, snapshot: Snapshot) -> list[str]:
        source = self.input(snapshot)
        files = lost(source.storage, source.layer.stored(snapshot))
        if snapshot.rejects:
            files += lost(self.storage, [Stored.of(snapshot.rejects)])
        return files

    def _put(self, path: str, record: Record) -> None:
        write_record(self.storage, path, record.model_dump_json(indent=1).encode())

    def _read(self, path: str, kind: type[R]) -> R:
        data, _ = self.storage.read(path)
        with self._understood(path):
            return kind.model_validate_json(unseal(data))

    def _all(self, folder: str, kind: type[R], limit: int | None = None) -> list[R]:
        paths = [f"{folder}/{ident}.json" for ident in self._ids(folder)[:limit]]
        return [record for record in for_each(self.storage, lambda path: self._kept(path, kind), paths) if record]

    def _ids(self, folder: str) -> list[str]:
        """The ids of the records in a folder, newest first."""
        paths = self.record_paths(folder)
        return sorted((path.removeprefix(f"{folder}/").removesuffix(".json") for path in paths), reverse=True)

    def _head(self, release: str) -> ReleaseHead | None:
        """One reader at a time: a release of many files is large while it is read, and small afterwards."""
        with self._reading_heads:
            head = self._heads.get(release) or self._kept(f"releases/{release}.json", ReleaseHead)
            if head:
                self._heads[release] = head
                while len(self._heads) > HEADS:
                    del self._heads[next(iter(self._heads))]
            return head

    def _kept(self, path: str, kind: type[R]) -> R | None:
        try:
            return self._read(path, kind)
        except MissingError:  # removed by a writer since it was listed
            return None
        except DamagedError:
            if self._is_older(path):
                return None
            raise

    def _is_older(self, path: str) -> bool:
        with suppress(ValueError, MissingError):
            return is_older(json.loads(self.storage.read(path)[0]))
        return False

    @contextmanager
    def _understood(self, path: str) -> Iterator[None]:
        try:
            yield
        except (ValueError, KeyError, TypeError) as error:
            raise damaged(self.storage, path) from error


def snapshot_path(snapshot: Snapshot) -> str:
    """Where in the lake a snapshot is recorded."""
    return f"snapshots/{snapshot.table}/{snapshot.fingerprint[:KEY_LENGTH]}.json"


def _is_record(path: str) -> bool:
    """Whether a path is one of ours: other programs leave files of their own in folders, such as `.DS_Store`."""
    name = path.rpartition("/")[2]
    return name.endswith(".json") and not name.startswith(".")


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)


def new_id(moment: datetime) -> str:
    """An id that sorts by time, to the millisecond: `20261123-205114-1234f2`."""
    return f"{moment:%Y%m%d-%H%M%S}-{moment.microsecond // 1000:03d}{uuid4().hex[:3]}"


def next_id(last: str | None) -> str:
    """A new id, which sorts after the `last` one even when the clock was set back since."""
    moment = now()
    with suppress(ValueError):
        former = datetime.strptime((last or "")[:19], "%Y%m%d-%H%M%S-%f").replace(tzinfo=UTC)
        moment = max(moment, former + timedelta(milliseconds=1))
    return new_id(moment)


def is_older(body: object) -> bool:
    """Whether a record was written before lakes had a format: without a checksum."""
    return isinstance(body, dict) and "format" not in body and "sha256" not in body


def newer_format(url: str, found: int) -> StorageError:
    """The error for a lake that a later version of medallion has written."""
    return StorageError(
        f"{url}: the lake has format {found}, and this version of medallion reads formats up to {FORMAT}",
        hint="upgrade medallion",
    )
