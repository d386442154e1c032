"""Verification: whether stored data is what was written. `doctor` checks a sample, `verify` all."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeVar

from medallion.declaration.locations import LAYER_MARK
from medallion.errors import DamagedError, LeaseError, MedallionError, MissingError
from medallion.lake import lease, ownership
from medallion.lake.candidates import FOLDER
from medallion.lake.corrections import FOLDER as CORRECTIONS
from medallion.lake.corrections import CorrectionLog, lost_corrections, lost_with
from medallion.lake.journal import journal_paths, read_journal
from medallion.lake.pointer import FORMAT, POINTER, Pointer
from medallion.lake.record_files import snapshot_path
from medallion.lake.record_retention import expected_releases
from medallion.ops.needed_objects import objects_of, objects_of_releases
from medallion.records import Candidate, CorrectionEntry, Record, Release, Run, Snapshot
from medallion.run.publish import Publisher
from medallion.storage import Storage
from medallion.storage.digests import REPAIR, Stored, forget_digests, lost, verified
from medallion.storage.sealed_records import read_record

if TYPE_CHECKING:
    from medallion.pipeline import Pipeline

SAMPLE_BYTES = 256 << 20  # of a lake's files that `doctor` reads back
SAMPLE_ROWS = 200_000  # of a sink's tables that `doctor` reads back

R = TypeVar("R", bound=Record)
Kind = Literal[
    "lease",
    "identity",
    "layer",
    "journal",
    "pointer",
    "release",
    "candidate",
    "correction",
    "run",
    "snapshot",
    "object",
    "plain",
    "export",
    "log",
    "sink",
]


@dataclass(frozen=True)
class Damage:
    """Something that differs from what was written.

    `place` says where it is, `path` is relative to its storage, `advice` is the command that
    repairs it.
    """

    kind: Kind
    place: str
    path: str
    said: str
    advice: str = REPAIR


@dataclass
class Inspection:
    """One check of everything that a pipeline has stored, and the damages that it found.

    Parameters: `thorough` reads all files and served tables back, instead of a sample.
    """

    pipeline: Pipeline
    thorough: bool = False
    damages: list[Damage] = field(default_factory=list)
    pointer: Pointer | None = None
    releases: dict[str, Release] = field(default_factory=dict)
    runs: dict[str, Run] = field(default_factory=dict)
    snapshots: dict[str, Snapshot] = field(default_factory=dict)
    candidates: list[Candidate] = field(default_factory=list)
    objects: int = 0
    read_back: int = 0

    def __post_init__(self) -> None:
        self.lake = self.pipeline.lake
        forget_digests()
        self._records()
        self._corrections()
        self._owners()
        self._objects()
        if current := self.current:
            self._copies(current)
            self._logs(current)
            for label in self.pipeline.sinks:
                self._sink(label, current)

    @property
    def current(self) -> Release | None:
        """The published release, if its record can be read."""
        return self.releases.get(self.pointer.release or "") if self.pointer else None

    def of(self, kind: Kind) -> list[Damage]:
        """The damages of one kind."""
        return [damage for damage in self.damages if damage.kind == kind]

    def _add(
        self, kind: Kind, path: str, said: str, storage: Storage | None = None, advice: str = REPAIR
    ) -> None:
        damage = Damage(kind, f"{(storage or self.lake.storage).url}/{path}", path, said, advice)
        if damage not in self.damages:
            self.damages.append(damage)

    def _owners(self) -> None:
        """Check the lake's owner, the lease, the owners of layers, and the journals."""
        try:
            lease.holder(self.lake.storage)
        except LeaseError as error:
            self._add("lease", lease.PATH, _said(error), advice=error.hint)
        try:
            identity = ownership.read_identity(self.lake)
            pointer = self.pointer
            if identity is None and pointer and pointer.version and pointer.format == FORMAT:
                self._add("identity", ownership.PATH, "is lost", advice="medallion adopt")
        except DamagedError as error:
            self._add("identity", ownership.PATH, _said(error), advice=error.hint)
        for _, storage in ownership.layers_apart(self.lake):
            try:
                ownership.read_layer_owner(storage)
            except DamagedError as error:
                self._add("layer", LAYER_MARK, _said(error), storage, error.hint)
        for path in journal_paths(self.lake.storage):
            try:
                read_journal(self.lake.storage, path)
            except DamagedError as error:
                self._add("journal", path, _said(error))

    def _records(self) -> None:
        self.runs = {run.id: run for _, run in self._read_all("runs", "run", Run)}
        self.releases = {
            release.id: release for _, release in self._read_all("releases", "release", Release)
        }
        candidates = self._read_all(FOLDER, "candidate", Candidate)
        self.candidates = [candidate for _, candidate in candidates]
        self.snapshots = dict(self._read_all("snapshots", "snapshot", Snapshot))
        try:
            self.pointer = self.lake.pointer()
        except DamagedError as error:
            listed = {damage.place for damage in self.damages}
            if (
                not any(error.message.startswith(place) for place in listed)
                or POINTER in error.message
            ):
                self._add("pointer", POINTER, _said(error))
            elif not self.lake.storage.info(POINTER):
                self._add("pointer", POINTER, "is lost, but releases are there")
        damaged = {damage.path for damage in self.damages}
        expected = (
            expected_releases(self.pointer, self.releases.values(), self.pipeline.declaration)
            if self.pointer
            else ()
        )
        for name in expected:
            path = f"releases/{name}.json"
            if (
                name not in self.releases
                and path not in damaged
                and not self.lake.records.is_older(path)
            ):
                self._add("release", path, "is lost")
        for release in self.kept():
            if release.run not in self.runs and f"runs/{release.run}.json" not in damaged:
                self._add("run", f"runs/{release.run}.json", "is lost")
            for snapshot in release.tables.values():
                path = snapshot_path(snapshot)
                if path not in self.snapshots and path not in damaged:
                    self._add("snapshot", path, "is lost")

    def _corrections(self) -> None:
        entries = dict(self._read_all(CORRECTIONS, "correction", CorrectionEntry))
        log = CorrectionLog(tuple(entries.values()))
        for path, ids in lost_corrections(log, self.current).items():
            if path not in {damage.path for damage in self.damages}:
                self._add("correction", path, lost_with(ids))

    def _read_all(self, folder: str, kind: Kind, model: type[R]) -> Iterator[tuple[str, R]]:
        for path in self.lake.records.paths(folder):
            try:
                yield path, self.lake.records.read(path, model)
            except DamagedError as error:
                if not self.lake.records.is_older(path):
                    self._add(kind, path, _said(error))
            except MissingError:  # removed by a writer since it was listed
                continue

    def kept(self) -> list[Release]:
        """The published releases whose records can be read, newest first."""
        published = set(self.pointer.published if self.pointer else self.releases)
        return [
            self.releases[name] for name in sorted(self.releases, reverse=True) if name in published
        ]

    def _objects(self) -> None:
        objects: dict[tuple[str, str], tuple[Storage, Stored]] = {}
        for storage, item in self.stored():
            objects[storage.url, item.path] = (storage, item)
        by_storage: dict[str, list[tuple[Storage, Stored]]] = {}
        for storage, item in objects.values():
            by_storage.setdefault(storage.url, []).append((storage, item))
        for pairs in by_storage.values():
            storage, items = pairs[0][0], [item for _, item in pairs]
            self.objects += len(items)
            damaged = set(lost(storage, items))
            for path in sorted(damaged):
                state = "is lost" if storage.info(path) is None else "has another size"
                self._add("object", path, state, storage)
            self._read_back(storage, [item for item in items if item.path not in damaged])

    def _read_back(self, storage: Storage, items: list[Stored]) -> None:
        random.shuffle(items)
        remaining = SAMPLE_BYTES
        for item in items:
            if not self.thorough and (item.bytes or 0) > remaining:
                continue
            remaining -= item.bytes or 0
            self.read_back += 1
            try:
                if item.sha256 is None:
                    read_record(storage, item.path)
                else:
                    verified(storage, [item])
            except DamagedError as error:
                self._add("object", item.path, _said(error), storage)
            except MissingError:
                self._add("object", item.path, "is lost", storage)

    def stored(self) -> Iterator[tuple[Storage, Stored]]:
        """All objects that kept releases, candidates and runs need, with their storage."""
        declaration, current = self.pipeline.declaration, self.current
        yield from objects_of_releases(self.lake, declaration, self.kept(), current)
        for candidate in self.candidates:
            for snapshot in candidate.release.tables.values():
                yield from objects_of(self.lake, candidate.release, snapshot)
        for run in self.runs.values():
            for step in run.steps:
                for file in step.rejects if step.action == "failed" else ():
                    yield self.lake.storage, Stored.of(file)

    def _copies(self, current: Release) -> None:
        publisher = Publisher(self.pipeline.context, self.pipeline.base)
        for flaw in publisher.plain.flaws(current):
            self._add("plain", flaw.path, flaw.said, flaw.storage)
        for flaw in publisher.exports.flaws(current):
            self._add("export", flaw.path, flaw.said, flaw.storage)

    def _logs(self, current: Release) -> None:
        for snapshot in current.tables.values():
            source = self.lake.input(snapshot, current)
            if source.layer.has_log:
                try:
                    source.layer.check_log(source.storage, current, snapshot)
                except MedallionError as error:
                    said, advice = error.message, error.hint or REPAIR
                    self.damages.append(Damage("log", snapshot.table, "", said, advice))

    def _sink(self, label: str, current: Release) -> None:
        sink = self.pipeline.sinks[label]
        try:
            active = sink.active()
            if current.served.get(label) and (active is None or active.id != current.id):
                shown = f"shows release {active.id}" if active else "shows no release"
                self.damages.append(
                    Damage("sink", label, "", f"{shown}, and {current.id} is published")
                )
            for flaw in sink.flaws(current, None if self.thorough else SAMPLE_ROWS):
                where = f"{label}: table {flaw.table!r}" if flaw.table else label
                self.damages.append(Damage("sink", where, flaw.table or label, flaw.said))
        except MedallionError as error:
            self.damages.append(Damage("sink", label, label, error.message, error.hint or REPAIR))


def _said(error: Exception) -> str:
    """What an error says after the place that it names."""
    return str(error).splitlines()[0].partition(": ")[2] or str(error)
