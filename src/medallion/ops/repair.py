"""Repair of a lake: what the rest of the lake, the source files or a new load can restore.

Pointer, records, source files, plain copies and served tables are rebuilt. Nothing damaged is
deleted: it is moved to `damaged/RUN/` in the lake, RUN being the id of the repair.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from medallion.errors import MedallionError
from medallion.lake.record_files import set_aside
from medallion.ops.needed_objects import objects_of
from medallion.ops.record_repair import RecordRepair, Repair, shown_release, snapshots_of
from medallion.ops.verify import Inspection
from medallion.records import Release, StepRun
from medallion.run import ingest
from medallion.run.publish import Publisher
from medallion.run.source_matches import matches

if TYPE_CHECKING:
    from medallion.pipeline import Pipeline
    from medallion.run.writer import Writer
    from medallion.storage import Storage


def repair(pipeline: Pipeline) -> Iterator[Repair]:
    """Repair one damage after the other, under the lake's lease. Idempotent, also after a kill."""
    with pipeline.writer() as writer:
        look = Inspection(pipeline, thorough=True)
        records = list(RecordRepair(look, writer).repairs())
        yield from records
        if records:
            look = Inspection(pipeline, thorough=True)
        yield from _ObjectRepair(look, writer).repairs()


def settle(pipeline: Pipeline) -> Iterator[Repair]:
    """Bring earlier releases up to date after a run has recomputed the published one.

    They get the files that were computed for the same fingerprint, and list those that are lost.
    """
    with pipeline.writer():
        look = Inspection(pipeline)
        lost = {damage.path: damage.place for damage in look.of("object")}
        for release in look.kept():
            settled = _settled(pipeline, release, lost.keys())
            if settled != release and release is not look.current:
                pipeline.lake.put_release(settled)
                for path in set(settled.lost) - set(release.lost):
                    yield Repair(lost[path], "lost", f"release {release.id} is without it")
        for run in look.runs.values():
            steps = tuple(_without_rejects(step, lost) for step in run.steps)
            if steps != run.steps:
                pipeline.lake.put_run(run.model_copy(update={"steps": steps}))


def _without_rejects(step: StepRun, lost: Collection[str]) -> StepRun:
    """What a run did to a table, without its files of rejects that are lost."""
    rejects = tuple(file for file in step.rejects if file.path not in lost)
    return step.model_copy(update={"rejects": rejects})


def _settled(pipeline: Pipeline, release: Release, lost: Collection[str]) -> Release:
    """A release whose `lost` files are replaced by those of an equal snapshot, if there is one."""
    lake = pipeline.lake
    tables, still_lost = dict(release.tables), set(release.lost)
    for name, snapshot in release.tables.items():
        paths = {*lake.input(snapshot, release).layer.objects(snapshot)}
        paths |= {file.path for file in snapshot.rejects}
        if not paths.intersection(lost):
            continue
        equal = lake.find_snapshot(name, snapshot.fingerprint)
        if equal is None:
            still_lost |= paths.intersection(lost)
        else:
            same = {"id": snapshot.id, "run": snapshot.run, "created": snapshot.created}
            tables[name] = equal.model_copy(update=same)
    return release.model_copy(update={"tables": tables, "lost": tuple(sorted(still_lost))})


class _ObjectRepair:
    """Repairs what the records name: objects of layers, plain copies, and the tables in sinks."""

    def __init__(self, look: Inspection, writer: Writer) -> None:
        self.look = look
        self.pipeline = look.pipeline
        self.lake = look.lake
        self.writer = writer
        self.publisher = Publisher(look.pipeline.context, writer.scratch, owner=writer.owner)

    def repairs(self) -> Iterator[Repair]:
        objects = list(self._objects())
        yield from objects
        current = self.look.current
        # What is to be recomputed cannot be copied or loaded before the next run.
        if current and not any(item.outcome == "recompute" for item in objects):
            yield from self._copies(current)
            yield from self._sinks(current)

    def _objects(self) -> Iterator[Repair]:
        needed = {(storage.url, path) for storage, path in self._current_objects()}
        storages = {storage.url: storage for storage, _ in self.look.stored()}
        for damage in self.look.of("object"):
            storage = storages[damage.place.removesuffix(f"/{damage.path}")]
            if file := self._copy_source(storage, damage.path):
                yield Repair(damage.place, "repaired", f"copied again from {file}")
                continue
            self._set_aside(storage, damage.path)
            if (storage.url, damage.path) in needed:
                yield Repair(damage.place, "recompute", "medallion run computes it again")
            else:
                yield Repair(damage.place, "lost", self._needed_by(storage, damage.path))

    def _needed_by(self, storage: Storage, path: str) -> str:
        """What needs an object that the published release does not need, and what helps."""
        for candidate in self.look.candidates:
            name, release = candidate.name, candidate.release
            needed = {
                (place.url, item.path)
                for snapshot in release.tables.values()
                for place, item in objects_of(self.lake, release, snapshot)
            }
            if (storage.url, path) in needed:
                again = f"medallion run --no-publish --as {name} computes it again"
                return f"candidate {name} needs it: {again}, medallion discard {name} removes it"
        return "only earlier releases or failed runs need it"

    def _current_objects(self) -> Iterator[tuple[Storage, str]]:
        current = self.look.current
        for snapshot in current.tables.values() if current else ():
            source = self.lake.input(snapshot, current)
            yield from ((source.storage, path) for path in source.layer.objects(snapshot))
            yield from ((self.lake.storage, file.path) for file in snapshot.rejects)

    def _copy_source(self, storage: Storage, path: str) -> str | None:
        """Copy a bronze object from its source file, if that is unchanged; the file's name."""
        digests = {
            (snapshot.table, file.name): file.sha256
            for snapshot in snapshots_of(self.look.releases)
            for file in snapshot.sources
            if file.object == path
        }
        for table in self.pipeline.context.source_tables():
            if table.storage.url != storage.url or table.name not in {name for name, _ in digests}:
                continue
            with table.connections:
                try:
                    found = matches(table)
                except MedallionError:
                    continue
                for file in found:
                    digest = digests.get((table.name, file.name))
                    if digest and ingest.digest_of_source(file.storage, file.entry) == digest:
                        item = ingest.keep_object(
                            table, file.storage, file.entry, self.writer.scratch
                        )
                        storage.sync([item.path])
                        return file.name
        return None

    def _copies(self, current: Release) -> Iterator[Repair]:
        copies = (self.publisher.plain, self.publisher.exports)
        flaws = [flaw for files in copies for flaw in files.flaws(current)]
        for flaw in flaws:
            self._set_aside(flaw.storage, flaw.path)
        self.publisher.refresh(current, again=True)
        for flaw in flaws:
            yield Repair(f"{flaw.storage.url}/{flaw.path}", "repaired", "copied again")
        for damage in self.look.of("log"):
            yield Repair(damage.place, "repaired", f"shows release {current.id}")

    def _sinks(self, current: Release) -> Iterator[Repair]:
        for label, sink in self.publisher.sinks.items():
            try:
                flaws = list(sink.flaws(current))
                active = shown_release(sink.active) if not flaws else None
                if not flaws and (active == current.id or not current.served.get(label)):
                    continue
                whole = any(flaw.table is None for flaw in flaws)
                damaged = None if whole else [flaw.table or "" for flaw in flaws]
                advice = sink.discard(current, damaged, self.writer.lease.run)
                self.publisher.load(current)
                sink.activate(current)
            except MedallionError as error:
                yield Repair(label, "lost", f"{error.message}; {error.hint}")
                continue
            tables = ", ".join(flaw.table or "all tables" for flaw in flaws) or "the release"
            outcome = f"loaded again: {tables}" + (f"; {advice}" if advice else "")
            yield Repair(label, "repaired", outcome)

    def _set_aside(self, storage: Storage, path: str) -> None:
        set_aside(self.lake.storage, storage, path, self.writer.lease.run)
