"""Rebuilding what the rest of the lake allows: pointer, records, kept source files, plain copies, served tables.

Nothing damaged is thrown away: it is moved to `damaged/` in the lake, by the time of the repair.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from medallion.errors import MedallionError
from medallion.lake.pointer import POINTER, Pointer, swap_pointer
from medallion.lake.record_files import set_aside, snapshot_path
from medallion.ops.record_recovery import (
    published_releases,
    rebuilt_release,
    shown_release,
    snapshots_of,
)
from medallion.ops.verify import Inspection
from medallion.records import Release, Run
from medallion.run import ingest
from medallion.run.plain_copies import PLAIN
from medallion.run.publish import Publisher

if TYPE_CHECKING:
    from medallion.pipeline import Pipeline
    from medallion.run.context import Writing
    from medallion.storage import Storage


@dataclass(frozen=True)
class Repair:
    """What became of one damage: `recompute` is what the next run computes again."""

    place: str
    outcome: Literal["repaired", "recompute", "lost"]
    said: str


def repair(pipeline: Pipeline) -> Iterator[Repair]:
    """Repair one damage after the other, under the lake's lease. A repair that was killed is continued by the next."""
    with pipeline.writing() as writing:
        yield from _Workshop(pipeline, writing).work()


def settle(pipeline: Pipeline) -> Iterator[Repair]:
    """After what is published was computed again: earlier releases get the files that were computed for the same
    fingerprint, and note those that are lost."""
    with pipeline.writing() as writing:
        yield from _Workshop(pipeline, writing).settle()


class _Workshop:
    def __init__(self, pipeline: Pipeline, writing: Writing) -> None:
        self.pipeline = pipeline
        self.lake = pipeline.lake
        self.mark = writing.lease.run
        self.token = writing.lease.token
        self.scratch = writing.scratch
        self.publisher = Publisher(pipeline.context, writing.scratch, owner=writing.owner)

    def work(self) -> Iterator[Repair]:
        look = Inspection(self.pipeline, thorough=True)
        records = [
            *self._releases(look),
            *self._runs(look),
            *self._pointer(look),
            *self._snapshots(look),
            *self._journals(look),
        ]
        yield from records
        if records:
            look = Inspection(self.pipeline, thorough=True)
        objects = list(self._objects(look))
        yield from objects
        if look.current and not any(item.outcome == "recompute" for item in objects):
            yield from self._plain(look, look.current)
            yield from self._sinks(look.current)

    def settle(self) -> Iterator[Repair]:
        look = Inspection(self.pipeline)
        gone = {damage.path: damage.place for damage in look.of("object")}
        for release in look.kept():
            settled = self._settled(release, gone.keys())
            if settled != release and release is not look.current:
                self.lake.put_release(settled)
                for path in set(settled.lost) - set(release.lost):
                    yield Repair(gone[path], "lost", f"release {release.id} is without it")
        for run in look.runs.values():
            steps = tuple(
                step.model_copy(update={"rejects": None})
                if step.rejects and step.rejects.path in gone
                else step
                for step in run.steps
            )
            if steps != run.steps:
                self.lake.put_run(run.model_copy(update={"steps": steps}))

    def _settled(self, release: Release, gone: Collection[str]) -> Release:
        """A release whose lost files are replaced by those of an equal snapshot, where there is one."""
        tables, lost = dict(release.tables), set(release.lost)
        for name, snapshot in release.tables.items():
            paths = {*self.lake.input(snapshot, release).layer.objects(snapshot)}
            paths |= {snapshot.rejects.path} if snapshot.rejects else set()
            if not paths.intersection(gone):
                continue
            equal = self.lake.find_snapshot(name, snapshot.fingerprint)
            if equal is None:
                lost |= paths.intersection(gone)
            else:
                same = {"id": snapshot.id, "run": snapshot.run, "created": snapshot.created}
                tables[name] = equal.model_copy(update=same)
        return release.model_copy(update={"tables": tables, "lost": tuple(sorted(lost))})

    def _releases(self, look: Inspection) -> Iterator[Repair]:
        for damage in look.of("release"):
            ident = Path(damage.path).stem
            release = rebuilt_release(look, ident)
            self._set_aside(self.lake.storage, damage.path)
            if release is None:
                self._unpublish(look, ident)
                yield Repair(damage.place, "lost", f"release {ident} cannot be rolled back to")
                continue
            self.lake.put_release(release)
            look.releases[ident] = release
            yield Repair(damage.place, "repaired", f"rebuilt from run {release.run}")

    def _unpublish(self, look: Inspection, ident: str) -> None:
        """Take a release that is lost from those that were published, unless it is the published one."""
        if look.pointer and look.pointer.release and look.pointer.release != ident:
            published = tuple(item for item in look.pointer.published if item != ident)
            swap_pointer(
                self.lake.storage,
                replace(look.pointer, published=published, token=self.token),
                look.pointer,
            )
            look.pointer = self.lake.pointer()

    def _runs(self, look: Inspection) -> Iterator[Repair]:
        for damage in look.of("run"):
            self._set_aside(self.lake.storage, damage.path)
            ident = Path(damage.path).stem
            release = next((item for item in look.releases.values() if item.run == ident), None)
            if release is None:
                yield Repair(damage.place, "lost", "what this run did is not known")
                continue
            run = Run(
                id=ident,
                pipeline=release.pipeline,
                status="succeeded",
                started=release.created,
                finished=release.created,
                release=release.id,
                note="rebuilt from its release by medallion repair: its steps are not known",
            )
            self.lake.put_run(run)
            yield Repair(
                damage.place, "repaired", f"its release {release.id} is known, its steps are lost"
            )

    def _pointer(self, look: Inspection) -> Iterator[Repair]:
        pointer = look.pointer
        place = f"{self.lake.storage.url}/{POINTER}"
        if pointer is not None and (pointer.release is None or pointer.release in look.releases):
            return
        published = list(pointer.published) if pointer else published_releases(look)
        readable = [ident for ident in published if ident in look.releases]
        if pointer is None:
            self._set_aside(self.lake.storage, POINTER)
        target = self._shown(readable) or (readable[-1] if readable else None)
        if target is None:
            self._set_aside(self.lake.storage, POINTER)
            yield Repair(place, "lost", "no release can be read; medallion run publishes a new one")
            return
        self.lake.point(
            look.releases[target], pointer or _lost_pointer(look, published), self.token
        )
        yield Repair(place, "repaired", f"points at release {target}")

    def _shown(self, readable: list[str]) -> str | None:
        """The release that a sink shows, if it can be read: after a rollback it is not the newest."""
        for sink in self.pipeline.sinks.values():
            try:
                active = sink.active()
            except MedallionError:
                continue
            if active and active.id in readable:
                return active.id
        return None

    def _snapshots(self, look: Inspection) -> Iterator[Repair]:
        known = {snapshot_path(item): item for item in snapshots_of(look.releases)}
        for damage in look.of("snapshot"):
            self._set_aside(self.lake.storage, damage.path)
            if damage.path in known:
                self.lake.put_snapshot(known[damage.path])
                yield Repair(damage.place, "repaired", "rebuilt from a release")
            else:
                yield Repair(damage.place, "repaired", "no release needs it")

    def _journals(self, look: Inspection) -> Iterator[Repair]:
        for damage in look.of("journal"):
            self._set_aside(self.lake.storage, damage.path)
            yield Repair(
                damage.place,
                "repaired",
                "set aside: what it named and nothing needs stays in the lake",
            )

    def _objects(self, look: Inspection) -> Iterator[Repair]:
        needed = {(storage.url, path) for storage, path in self._current_objects(look.current)}
        storages = {storage.url: storage for storage, _ in look.stored()}
        for damage in look.of("object"):
            storage = storages[damage.place.removesuffix(f"/{damage.path}")]
            if said := self._kept_again(storage, damage.path, look):
                yield Repair(damage.place, "repaired", said)
                continue
            self._set_aside(storage, damage.path)
            if (storage.url, damage.path) in needed:
                yield Repair(damage.place, "recompute", "medallion run computes it again")
            else:
                yield Repair(damage.place, "lost", "only earlier releases or failed runs need it")

    def _current_objects(self, current: Release | None) -> Iterator[tuple[Storage, str]]:
        for snapshot in current.tables.values() if current else ():
            source = self.lake.input(snapshot, current)
            yield from ((source.storage, path) for path in source.layer.objects(snapshot))
            if snapshot.rejects:
                yield self.lake.storage, snapshot.rejects.path

    def _kept_again(self, storage: Storage, path: str, look: Inspection) -> str:
        """Keep a source file's bytes again where the file still has them; says from which it was."""
        owners = {
            (item.table, file.name): file.sha256
            for item in snapshots_of(look.releases)
            for file in item.sources
            if file.object == path
        }
        for table in self.pipeline.context.source_tables():
            if table.storage.url != storage.url or table.name not in {name for name, _ in owners}:
                continue
            try:
                source, entries = ingest.matches(table)
            except MedallionError:
                continue
            for name, entry in entries:
                wanted = owners.get((table.name, name))
                if wanted and ingest.digest_of_source(source, entry) == wanted:
                    item = ingest.keep_object(table, source, entry, self.scratch)
                    storage.sync([item.path])
                    return f"kept again from {name}"
        return ""

    def _plain(self, look: Inspection, current: Release) -> Iterator[Repair]:
        damages = look.of("plain")
        for damage in damages:
            if damage.path == PLAIN:
                self._set_aside(self.lake.storage, PLAIN)
        for damage in damages:
            if damage.path != PLAIN:
                for source in (self.lake.input(item, current) for item in current.tables.values()):
                    if damage.place == f"{source.storage.url}/{damage.path}":
                        self._set_aside(source.storage, damage.path)
        self.publisher.refresh_plain(current)
        yield from (Repair(damage.place, "repaired", "copied again") for damage in damages)

    def _sinks(self, current: Release) -> Iterator[Repair]:
        for label, sink in self.publisher.sinks.items():
            try:
                flaws = list(sink.flaws(current))
                shown = shown_release(sink.active) if not flaws else None
            except MedallionError as error:
                yield Repair(label, "lost", f"{error.message}; {error.hint}")
                continue
            if not flaws and (shown == current.id or not current.served.get(label)):
                continue
            whole = any(flaw.table is None for flaw in flaws)
            try:
                said = sink.discard(
                    current, None if whole else [flaw.table or "" for flaw in flaws], self.mark
                )
                self.publisher.load(current)
                sink.activate(current)
            except MedallionError as error:
                yield Repair(label, "lost", f"{error.message}; {error.hint}")
                continue
            tables = ", ".join(flaw.table or "all tables" for flaw in flaws) or "the release"
            yield Repair(
                label, "repaired", f"loaded again: {tables}" + (f"; {said}" if said else "")
            )

    def _set_aside(self, storage: Storage, path: str) -> None:
        set_aside(self.lake.storage, storage, path, self.mark)


def _lost_pointer(look: Inspection, published: list[str]) -> Pointer:
    """What the lost pointer knew, as far as releases tell."""
    sequence = max((release.sequence for release in look.releases.values()), default=0)
    return Pointer(None, tuple(published), sequence=sequence)
