"""Retention: removes what no kept release or run needs, by the names that records have.

The names come from release and snapshot records, and from the write journals of runs that ended
without a release. A folder is never listed in order to delete the rest: a file that no record names
belongs to another program.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import cast

from medallion import plugins
from medallion.contracts import Layer, Sink
from medallion.declaration.locations import RESERVED
from medallion.declaration.models import Declaration
from medallion.errors import DamagedError
from medallion.identifiers import TableName, now
from medallion.lake.candidates import FOLDER, candidate_path, candidates
from medallion.lake.corrections import purge_content
from medallion.lake.journal import LAKE, REMOVAL, Names, journal_paths, read_journals, run_of
from medallion.lake.lake import Lake
from medallion.lake.layer_logs import activate_logs
from medallion.lake.lease import Lease
from medallion.lake.record_files import record_id, snapshot_path
from medallion.lake.record_retention import RUNS, expected_releases, reject_paths
from medallion.lake.removal import Removal
from medallion.records import Candidate, Release, Run, Snapshot
from medallion.storage.digests import REPAIR
from medallion.storage.sealed_records import damaged


@dataclass(frozen=True)
class Collected:
    """The number of removed releases, objects, their bytes, tables in sinks, and partial files.

    `candidates` are the names of those that have expired.

    `left` are files in the folders of records that are not records, or are damaged and were never
    published.
    """

    releases: int = 0
    objects: int = 0
    bytes: int = 0
    tables: int = 0
    parts: int = 0
    left: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()


def collect(
    lake: Lake,
    declaration: Declaration,
    sinks: Mapping[str, Sink],
    *,
    lease: Lease,
    thorough: bool,
    discard: str | None = None,
) -> Collected:
    """Remove what is no longer needed.

    Parameters: `lease` is the caller's. Nothing that was written after it was taken is removed: a
    writer that was stopped in the middle of a deletion may have been overtaken by one that writes
    the same name. `thorough` also looks for what killed or unpublished runs left. Without it, only
    partial files are removed, and no release is read, while no release is beyond retention and no
    candidate has expired. `discard` is the name of a candidate that is removed, too.

    Raises LeaseError when the lease is lost, and DamagedError when the record of a published
    release is damaged or lost.
    """
    parts = _sweep(lake, declaration, lease.taken)
    if thorough:
        with suppress(DamagedError):  # every run reports it
            purge_content(lake, lease.check)
    retain = declaration.layers[list(declaration.layers)[-1]].retain
    if not thorough and len(lake.release_ids()) <= retain and not lake.records.ids(FOLDER):
        return Collected(parts=parts)
    collection = _Collection(lake, declaration, lease, discard)
    if not thorough and not collection.expired and not collection.dropped:
        return Collected(parts=parts)
    for release in collection.kept:
        if release.id == collection.current:
            activate_logs(lake, release)  # no log may need the files of an older release
    objects, size = collection.remove()
    tables = 0
    for sink in sinks.values():
        lease.check()
        tables += sink.prune(collection.needed)
    left = (*lake.records.foreign(), *collection.unreadable) if thorough else ()
    names = tuple(item.name for item in collection.dropped)
    counts = (len(collection.expired), objects, size, tables, parts)
    return Collected(*counts, tuple(sorted(left)), names)


def finish_removal(lake: Lake, declaration: Declaration, lease: Lease) -> None:
    """Finish the removal of an overtaken writer, before its names are reused.

    That writer did not release the lease. Should it wake up in the middle of a deletion, a file
    that then has the name is younger than its lease, and stays.
    """
    if any(REMOVAL in path for path in journal_paths(lake.storage)):
        with suppress(DamagedError):  # nothing is removed before a repair
            collect(lake, declaration, {}, lease=lease, thorough=True)


def _sweep(lake: Lake, declaration: Declaration, until: float) -> int:
    """Remove the partial files of killed writers, in the lake's own folders and in the layers."""
    inside = [name for name, layer in declaration.layers.items() if not layer.path]
    apart = {
        name: lake.layer_storage(name, layer)
        for name, layer in declaration.layers.items()
        if layer.path
    }
    swept = lake.storage.sweep((*RESERVED, *inside), until)
    return swept + sum(
        storage.sweep(declaration.tables.get(name, ()), until) for name, storage in apart.items()
    )


class _Collection:
    """One removal: the releases kept, those expired, and the names that only expired ones need.

    `needed` are the kept releases and those of candidates, except the `dropped` ones: they have
    expired, or were published.
    """

    def __init__(
        self, lake: Lake, declaration: Declaration, lease: Lease, discard: str | None
    ) -> None:
        self.lake = lake
        self.layers = dict(declaration.layers)
        self.lease = lease
        self.current = lake.pointer().release
        self.retain = {name: layer.retain for name, layer in declaration.layers.items()}
        self.unreadable: list[str] = []
        releases = self._published_releases()
        known = {release.id for release in releases}
        for ident in expected_releases(lake.pointer(), releases, declaration):
            path = f"releases/{ident}.json"
            if ident not in known and not lake.records.is_older(path):
                raise DamagedError(
                    f"{lake.storage.url}/{path}: is lost; its files would be removed", hint=REPAIR
                )
        records = self._candidates()
        moment = now()
        self.dropped = [
            item
            for item in records
            if item.name == discard or item.expires <= moment or item.release.id in known
        ]
        pending = [item.release for item in records if item not in self.dropped]
        # A layer that is no longer declared has objects, too.
        for release in (*releases, *(item.release for item in records)):
            for name, body in release.layers.items():
                if name not in self.layers:
                    self.layers[name] = cast("Layer", plugins.build(plugins.LAYERS, body))
        self.kept = self._newest(releases, self.retain[list(declaration.layers)[-1]])
        kept = {release.id for release in self.kept}
        self.expired = [release for release in releases if release.id not in kept]
        self.needed: Sequence[Release] = (*self.kept, *pending)

    def _candidates(self) -> list[Candidate]:
        """The candidates. Raises DamagedError for a damaged record: its needs are unknown."""
        damaged_records: list[str] = []
        records = candidates(self.lake, damaged_records)
        for path in damaged_records:
            raise damaged(self.lake.storage, path)
        return records

    def _published_releases(self) -> list[Release]:
        """The published releases. Raises DamagedError for a damaged record."""
        published = self.lake.pointer().published
        releases = self.lake.written_releases(self.unreadable)
        for path in self.unreadable:
            if record_id(path) in published:
                raise damaged(self.lake.storage, path)
        return [release for release in releases if release.id in published]

    def remove(self) -> tuple[int, int]:
        """Remove objects, then the records that named them. Returns how many objects, and their
        bytes.
        """
        ids = {release.id for release in self.kept}
        written = self.lake.written_releases([])
        releases = [release for release in written if release.id not in ids]
        named = [*releases, *(item.release for item in self.dropped)]
        snapshots, (kept_runs, runs) = self._forgotten_snapshots(), self._runs()
        journals = self._journals()
        unneeded = self._unneeded(named, snapshots, runs, journals.values())
        needed = self._needed(kept_runs)
        removable = {
            layer: surplus
            for layer, paths in unneeded.items()
            if (surplus := paths - needed.get(layer, set()))
        }
        removal = Removal(self.lake, self.layers, self.lease)
        removal.note(removable)
        records = [
            *(candidate_path(item.name) for item in self.dropped),
            *(f"releases/{release.id}.json" for release in releases),
            *(snapshot_path(snapshot) for snapshot in snapshots),
            *(f"runs/{record.id}.json" for record in runs),
        ]
        for path in (*removal.restored(records, self.needed), *journals):
            removal.delete(self.lake.storage, path)
        objects = size = 0
        for layer, paths in removable.items():
            for entry_bytes in removal.objects(layer, paths):
                objects, size = objects + 1, size + entry_bytes
        removal.close()
        return objects + len(snapshots), size

    def _unneeded(
        self,
        releases: list[Release],
        snapshots: list[Snapshot],
        runs: list[Run],
        journals: Iterable[Names],
    ) -> Names:
        """The names, by layer, that removed releases, snapshots, runs and journals have."""
        unneeded: Names = {}
        released = (snapshot for release in releases for snapshot in release.tables.values())
        for snapshot in (*snapshots, *released):
            self._add(unneeded, snapshot)
        for layer, count in self.retain.items():
            self._add_layer(unneeded, layer, self._beyond(count))
        for names in journals:
            for layer, paths in names.items():
                unneeded.setdefault(layer, set()).update(paths)
        unneeded.setdefault(LAKE, set()).update(reject_paths(runs))
        return unneeded

    def _needed(self, runs: list[Run]) -> Names:
        needed: Names = {}
        for layer, count in self.retain.items():
            self._add_layer(needed, layer, self._newest(self.kept, count))
            self._add_layer(needed, layer, self.needed[len(self.kept) :])
        rejects = {
            file.path
            for release in self.needed
            for snapshot in release.tables.values()
            for file in snapshot.rejects
        }
        needed[LAKE] = rejects | reject_paths(runs)
        return needed

    def _add_layer(self, names: Names, layer: str, releases: Sequence[Release]) -> None:
        for release in releases:
            for table, snapshot in release.tables.items():
                if TableName(table).layer == layer:
                    self._add(names, snapshot, rejects=False)

    def _add(self, names: Names, snapshot: Snapshot, *, rejects: bool = True) -> None:
        layer = TableName(snapshot.table).layer
        if layer in self.layers:
            names.setdefault(layer, set()).update(self.layers[layer].objects(snapshot))
        if rejects and snapshot.rejects:
            names.setdefault(LAKE, set()).update(file.path for file in snapshot.rejects)

    def _newest(self, releases: list[Release], count: int) -> list[Release]:
        """The newest releases, always with the current one, newest first."""
        return [
            release
            for place, release in enumerate(releases)
            if place < count or release.id == self.current
        ]

    def _beyond(self, count: int) -> list[Release]:
        """The kept releases that are not among the newest, the current one excepted."""
        newest = {release.id for release in self._newest(self.kept, count)}
        return [release for release in self.kept if release.id not in newest]

    def _journals(self) -> dict[str, Names]:
        """The names in journals, except those of runs with a damaged record: their needs are
        unknown.
        """
        unknown = set(map(record_id, self.unreadable))
        journals = read_journals(self.lake.storage, self.unreadable)
        return {path: names for path, names in journals.items() if run_of(path) not in unknown}

    def _forgotten_snapshots(self) -> list[Snapshot]:
        known = {
            (table, kept.id) for release in self.needed for table, kept in release.tables.items()
        }
        snapshots = self.lake.records.all("snapshots", Snapshot, unreadable=self.unreadable)
        return [item for item in snapshots if (item.table, item.id) not in known]

    def _runs(self) -> tuple[list[Run], list[Run]]:
        """The runs that stay, and those that are removed."""
        runs = self.lake.records.all("runs", Run, unreadable=self.unreadable)
        needed = {release.run for release in self.needed} | {run.id for run in runs[:RUNS]}
        kept = [run for run in runs if run.id in needed]
        return kept, [run for run in runs if run.id not in needed]
