"""Retention: what kept releases and runs need stays; of the rest, only what records name is removed.

The names come from release and snapshot records and from the write journals of runs that ended without a release.
A folder is never listed in order to delete what is left over: a file that no record names belongs to somebody else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import cast

from medallion import plugins
from medallion.contracts import Layer, Sink
from medallion.declaration.locations import RESERVED
from medallion.declaration.models import Declaration
from medallion.errors import DamagedError
from medallion.identifiers import TableName
from medallion.lake.journal import (
    LAKE,
    REMOVAL,
    Names,
    WriteJournal,
    journal_paths,
    read_journals,
    run_of,
)
from medallion.lake.lake import Lake
from medallion.lake.pointer import Pointer
from medallion.lake.record_files import snapshot_path
from medallion.records import Release, Run, Snapshot
from medallion.storage import Storage
from medallion.storage.digests import REPAIR
from medallion.storage.sealed_records import damaged

RUNS = 100  # the newest runs stay even when their release is gone
SLACK = 50  # runs beyond them, so that not every run has to look which may go


@dataclass(frozen=True)
class Collected:
    """How much went: releases, stored objects with their bytes, tables in sinks, and half-written files.

    `left` are files in the folders of records that are not records, or are damaged and were not published.
    """

    releases: int = 0
    objects: int = 0
    bytes: int = 0
    tables: int = 0
    parts: int = 0
    left: tuple[str, ...] = ()


def collect(
    lake: Lake,
    declaration: Declaration,
    sinks: Mapping[str, Sink],
    *,
    run: str,
    check: Callable[[], None],
    until: float,
    thorough: bool,
) -> Collected:
    """Remove what is no longer needed; the caller holds the lease, and `check` raises LeaseError when it is lost.

    `run` names the list of what is removed while it is being removed. Nothing goes that was written after `until`, when
    the lease was taken: a writer stopped in the middle of a deletion may have been overtaken by one that writes the
    same name. `thorough` also looks for what killed or unpublished runs left. Without it, only half-written files go
    while no release is beyond retention, and no release is read.
    """
    parts = _sweep(lake, declaration, until)
    retain = declaration.layers[list(declaration.layers)[-1]].retain
    if not thorough and len(lake.release_ids()) <= retain:
        return Collected(parts=parts)
    collection = _Collection(lake, declaration, run, check, until)
    if not collection.gone and not thorough:
        return Collected(parts=parts)
    objects, size = collection.remove()
    tables = 0
    for sink in sinks.values():
        check()
        tables += sink.prune(collection.kept)
    left = (*lake.records.foreign(), *collection.unreadable) if thorough else ()
    return Collected(len(collection.gone), objects, size, tables, parts, tuple(sorted(left)))


def finish_removal(
    lake: Lake, declaration: Declaration, *, run: str, check: Callable[[], None], until: float
) -> None:
    """Finish the removal of a writer that did not release the lease, before anything it was about to delete is reused:
    should it wake up in the middle of a deletion, what has that name by then is younger than its lease."""
    if any(REMOVAL in path for path in journal_paths(lake.storage)):
        with suppress(DamagedError):  # then nothing is removed before a repair
            collect(lake, declaration, {}, run=run, check=check, until=until, thorough=True)


def forget_runs(lake: Lake) -> int:
    """Remove the records of old runs; how many went. Cheap until there are `SLACK` more than are kept.

    A record that alone names rejects stays until retention removes them.
    """
    ids = lake.run_ids()
    current = lake.current() if len(ids) > RUNS + SLACK else None
    if current is None:
        return 0
    wanted = {*ids[:RUNS], *(head.run for head in lake.records.release_heads(lake.release_ids()))}
    named = {snapshot.rejects.path for snapshot in current.tables.values() if snapshot.rejects}
    old = [ident for ident in ids if ident not in wanted and _names_only(lake, ident, named)]
    for ident in old:
        lake.storage.delete(f"runs/{ident}.json")
    return len(old)


def _sweep(lake: Lake, declaration: Declaration, until: float) -> int:
    """Remove what killed writers left half-written, in the lake's own folders and in the layers' tables."""
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
    """One removal: what is kept, what is gone, and the names that only what is gone needs."""

    def __init__(
        self,
        lake: Lake,
        declaration: Declaration,
        run: str,
        check: Callable[[], None],
        until: float,
    ) -> None:
        self.lake = lake
        self.layers = dict(declaration.layers)
        self.check = check
        self.until = until
        self.spared = False  # whether something was too young to be removed
        self.current = lake.pointer().release
        self.retain = {name: layer.retain for name, layer in declaration.layers.items()}
        self.journal = WriteJournal(lake.storage, f"{run}{REMOVAL}")
        self.unreadable: list[str] = []
        releases = self._published_releases()
        known = {release.id for release in releases}
        for ident in expected_releases(lake.pointer(), releases, declaration):
            if ident not in known and not lake.records.is_older(f"releases/{ident}.json"):
                place = f"{lake.storage.url}/releases/{ident}.json"
                raise DamagedError(f"{place}: is lost; what it needs would be removed", hint=REPAIR)
        for release in releases:  # layers that are declared no more have objects too
            for name, body in release.layers.items():
                if name not in self.layers:
                    self.layers[name] = cast("Layer", plugins.build(plugins.LAYERS, body))
        self.kept = self._newest(releases, self.retain[list(declaration.layers)[-1]])
        kept = {release.id for release in self.kept}
        self.gone = [release for release in releases if release.id not in kept]

    def _published_releases(self) -> list[Release]:
        """The published releases. Raises DamagedError for one whose record is damaged: what it needs would go."""
        published = self.lake.pointer().published
        releases = self.lake.written_releases(self.unreadable)
        for path in self.unreadable:
            if path.removeprefix("releases/").removesuffix(".json") in published:
                raise damaged(self.lake.storage, path)
        return [release for release in releases if release.id in published]

    def remove(self) -> tuple[int, int]:
        """Remove objects, then the records that named them; how many objects, and their bytes."""
        ids = {release.id for release in self.kept}
        written = self.lake.written_releases([])
        releases = [release for release in written if release.id not in ids]
        snapshots, (kept_runs, runs) = self._forgotten_snapshots(), self._runs()
        journals = self._journals()
        unneeded = self._unneeded(releases, snapshots, runs, journals.values())
        needed = self._needed(kept_runs)
        unneeded = {
            layer: left
            for layer, paths in unneeded.items()
            if (left := paths - needed.get(layer, set()))
        }
        for (
            layer,
            paths,
        ) in unneeded.items():  # should this process be killed, the names are still recorded
            self.journal.note(layer, paths)
        records = [
            *(f"releases/{release.id}.json" for release in releases),
            *(snapshot_path(snapshot) for snapshot in snapshots),
            *(f"runs/{record.id}.json" for record in runs),
        ]
        for path in (*records, *journals):
            self._delete(self.lake.storage, path)
        objects = size = 0
        for layer, paths in unneeded.items():
            for entry_bytes in self._remove(layer, paths):
                objects, size = objects + 1, size + entry_bytes
        self.check()
        if not self.spared:
            self.journal.close()
        return objects + len(snapshots), size

    def _unneeded(
        self,
        releases: list[Release],
        snapshots: list[Snapshot],
        runs: list[Run],
        journals: Iterable[Names],
    ) -> Names:
        """The names, by layer, that only removed releases, snapshots, runs and journals have."""
        beyond = {name: self._beyond(count) for name, count in self.retain.items()}
        unneeded: Names = {}
        for snapshot in [
            *snapshots,
            *(each for release in releases for each in release.tables.values()),
        ]:
            self._add(unneeded, snapshot)
        for name, older in beyond.items():
            for release in older:
                for snapshot in release.tables.values():
                    if snapshot.table.startswith(f"{name}."):
                        self._add(unneeded, snapshot, rejects=False)
        for names in journals:
            for layer, paths in names.items():
                unneeded.setdefault(layer, set()).update(paths)
        unneeded.setdefault(LAKE, set()).update(_rejects(runs))
        return unneeded

    def _needed(self, runs: list[Run]) -> Names:
        needed: Names = {}
        for name, count in self.retain.items():
            for release in self._newest(self.kept, count):
                for snapshot in release.tables.values():
                    if snapshot.table.startswith(f"{name}."):
                        self._add(needed, snapshot, rejects=False)
        rejects = {
            each.rejects.path
            for release in self.kept
            for each in release.tables.values()
            if each.rejects
        }
        needed[LAKE] = rejects | _rejects(runs)
        return needed

    def _add(self, names: Names, snapshot: Snapshot, *, rejects: bool = True) -> None:
        layer = TableName(snapshot.table).layer
        if layer in self.layers:
            names.setdefault(layer, set()).update(self.layers[layer].objects(snapshot))
        if rejects and snapshot.rejects:
            names.setdefault(LAKE, set()).add(snapshot.rejects.path)

    def _newest(self, releases: list[Release], count: int) -> list[Release]:
        """The newest releases, always with the current one, newest first."""
        return [
            release for n, release in enumerate(releases) if n < count or release.id == self.current
        ]

    def _beyond(self, count: int) -> list[Release]:
        """The kept releases that are not among the newest; after a rollback the current one may be far from these."""
        newest = {release.id for release in self._newest(self.kept, count)}
        return [release for release in self.kept if release.id not in newest]

    def _journals(self) -> dict[str, Names]:
        """What journals name, but those of runs whose records are damaged: what they need is not known."""
        unknown = {path.removeprefix("runs/").removesuffix(".json") for path in self.unreadable}
        journals = read_journals(self.lake.storage, self.unreadable)
        return {path: names for path, names in journals.items() if run_of(path) not in unknown}

    def _forgotten_snapshots(self) -> list[Snapshot]:
        known = {(each.table, each.id) for release in self.kept for each in release.tables.values()}
        snapshots = self.lake.records.all("snapshots", Snapshot, unreadable=self.unreadable)
        return [each for each in snapshots if (each.table, each.id) not in known]

    def _runs(self) -> tuple[list[Run], list[Run]]:
        """The runs that stay, and those that go."""
        runs = self.lake.records.all("runs", Run, unreadable=self.unreadable)
        wanted = {release.run for release in self.kept} | {run.id for run in runs[:RUNS]}
        return [run for run in runs if run.id in wanted], [
            run for run in runs if run.id not in wanted
        ]

    def _remove(self, layer: str, paths: set[str]) -> Iterable[int]:
        """Remove those of the paths that are there; the bytes of each."""
        if layer != LAKE and layer not in self.layers:
            return
        storage = (
            self.lake.storage
            if layer == LAKE
            else self.lake.layer_storage(layer, self.layers[layer])
        )
        for folder in sorted({path.partition("/")[0] for path in paths if "/" in path}):
            for entry in storage.list(
                folder
            ):  # tells which are still there, with their sizes, in few requests
                if entry.path in paths and self._delete(storage, entry.path):
                    yield entry.bytes
        for path in sorted(path for path in paths if "/" not in path):
            if (entry_alone := storage.info(path)) and self._delete(storage, path):
                yield entry_alone.bytes

    def _delete(self, storage: Storage, path: str) -> bool:
        self.check()
        gone = storage.delete(path, self.until)
        if not gone:
            self.check()  # written by a newer writer, or else by a clock that ran ahead: the next removal sees to it
            self.spared = True
        return gone


def expected_releases(
    pointer: Pointer, releases: Iterable[Release], declaration: Declaration
) -> Iterator[str]:
    """The published releases that no retention has removed: each release says how many it left."""
    last = list(declaration.layers)[-1]
    known = {release.id: release for release in releases}
    later: list[tuple[int, int]] = []  # the places and numbers of releases published later
    for place, ident in enumerate(sorted(pointer.published, reverse=True)):
        kept = all(place - earlier < count for earlier, count in later)
        if ident == pointer.release or (kept and place < declaration.layers[last].retain):
            yield ident
        if release := known.get(ident):
            later.append((place, int(release.layers.get(last, {}).get("retain", 1))))


def _names_only(lake: Lake, run: str, paths: set[str]) -> bool:
    """Whether a run's record names no other rejects; what a damaged one names is not known."""
    try:
        return _rejects([lake.run(run)]) <= paths
    except DamagedError:
        return False


def _rejects(runs: Iterable[Run]) -> set[str]:
    return {step.rejects.path for run in runs for step in run.steps if step.rejects}
