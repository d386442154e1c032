"""Repair of records: those of a lake that can be rebuilt from other records."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from medallion.errors import DamagedError, MedallionError, MissingError
from medallion.identifiers import now
from medallion.lake.corrections import add_entry, correction_log, lost_corrections, shown_ids
from medallion.lake.pointer import POINTER, Pointer, held_since, swap_pointer
from medallion.lake.record_files import record_id, set_aside, snapshot_path
from medallion.ops.verify import Inspection
from medallion.records import CorrectionEntry, Release, Run, Snapshot
from medallion.run.corrections import user_name
from medallion.run.publish import Publisher
from medallion.run.writer import Writer


@dataclass(frozen=True)
class Repair:
    """The outcome of one damage; "recompute": the next run computes the object again."""

    place: str
    outcome: Literal["repaired", "recompute", "lost"]
    said: str


class RecordRepair:
    """Repairs the records of a lake, as one inspection has read them.

    Damaged records are moved to `damaged/RUN/` in the lake. Rebuilt ones are added to the
    inspection.
    """

    def __init__(self, look: Inspection, writer: Writer) -> None:
        self.look = look
        self.lake = look.lake
        self.writer = writer

    def repairs(self) -> Iterator[Repair]:
        """Repair all kinds of records; each needs those before it."""
        yield from self._releases()
        yield from self._runs()
        yield from self._pointer()
        yield from self._candidates()
        yield from self._corrections()
        yield from self._snapshots()
        yield from self._journals()

    def _releases(self) -> Iterator[Repair]:
        for damage in self.look.of("release"):
            ident = record_id(damage.path)
            release = rebuilt_release(self.look, ident)
            self._set_aside(damage.path)
            if release is None:
                self._unpublish(ident)
                yield Repair(damage.place, "lost", f"release {ident} cannot be rolled back to")
                continue
            self.lake.put_release(release)
            self.look.releases[ident] = release
            yield Repair(damage.place, "repaired", f"rebuilt from run {release.run}")

    def _unpublish(self, ident: str) -> None:
        """Remove a lost release from those that the pointer lists, unless it is the current one."""
        pointer = self.look.pointer
        if pointer and pointer.release and pointer.release != ident:
            published = tuple(item for item in pointer.published if item != ident)
            latter = replace(pointer, published=published, token=self.writer.lease.token)
            swap_pointer(self.lake.storage, latter, pointer)
            self.look.pointer = self.lake.pointer()

    def _runs(self) -> Iterator[Repair]:
        for damage in self.look.of("run"):
            self._set_aside(damage.path)
            ident = record_id(damage.path)
            releases = self.look.releases.values()
            release = next((item for item in releases if item.run == ident), None)
            if release is None:
                yield Repair(damage.place, "lost", "what this run did is unknown")
                continue
            run = Run(
                id=ident,
                pipeline=release.pipeline,
                status="succeeded",
                started=release.created,
                finished=release.created,
                release=release.id,
                note="rebuilt from its release by medallion repair; its steps are unknown",
            )
            self.lake.put_run(run)
            said = f"its release {release.id} is known, its steps are lost"
            yield Repair(damage.place, "repaired", said)

    def _pointer(self) -> Iterator[Repair]:
        look, pointer = self.look, self.look.pointer
        place = f"{self.lake.storage.url}/{POINTER}"
        if pointer is not None and (pointer.release is None or pointer.release in look.releases):
            return
        published = list(pointer.published) if pointer else published_releases(look)
        readable = [ident for ident in published if ident in look.releases]
        if pointer is None:
            self._set_aside(POINTER)
        target = self._shown(readable) or (readable[-1] if readable else None)
        if target is None:
            self._set_aside(POINTER)
            yield Repair(place, "lost", "no release can be read; medallion run publishes a new one")
            return
        former = pointer or _lost_pointer(look, published)
        self.lake.point(look.releases[target], former, self.writer.lease.token)
        said = f"points at release {target}"
        yield Repair(place, "repaired", said if pointer else f"{said}; {_hold(former, target)}")

    def _shown(self, readable: list[str]) -> str | None:
        """The readable release that a sink shows; after a rollback it is not the newest."""
        for sink in self.look.pipeline.sinks.values():
            release = shown_release(sink.active)
            if release in readable:
                return release
        return None

    def _candidates(self) -> Iterator[Repair]:
        for damage in self.look.of("candidate"):
            self._set_aside(damage.path)
            name = record_id(damage.path)
            said = f"medallion run --no-publish --as {name} computes the candidate again"
            yield Repair(damage.place, "lost", said)

    def _corrections(self) -> Iterator[Repair]:
        damages = {damage.path: damage.place for damage in self.look.of("correction")}
        for path in damages:
            self._set_aside(path)
        lost = lost_corrections(correction_log(self.lake), self._current())
        if lost:
            self._revoke([ident for ids in lost.values() for ident in ids])
        places = damages | {path: f"{self.lake.storage.url}/{path}" for path in lost}
        for path, place in places.items():
            said = "what it stored or revoked is lost; medallion corrections lists all others"
            if path in lost:
                said = f"revoked {shown_ids(lost[path])}; the next run reads the original records"
            yield Repair(place, "lost", said)

    def _current(self) -> Release | None:
        with suppress(DamagedError, MissingError):
            return self.lake.current()
        return None

    def _revoke(self, ids: Sequence[str]) -> None:
        """Revoke lost corrections of the current release, so that runs do without them."""
        entry = CorrectionEntry(
            id=self.writer.lease.run,
            created=now(),
            author=user_name(),
            note="lost; revoked by medallion repair",
            revoked=tuple(ids),
        )
        self.writer.lease.check()
        add_entry(self.lake, entry)

    def _snapshots(self) -> Iterator[Repair]:
        known = {snapshot_path(item): item for item in snapshots_of(self.look.releases)}
        for damage in self.look.of("snapshot"):
            self._set_aside(damage.path)
            if damage.path in known:
                self.lake.put_snapshot(known[damage.path])
                yield Repair(damage.place, "repaired", "rebuilt from a release")
            else:
                yield Repair(damage.place, "repaired", "no release needs it")

    def _journals(self) -> Iterator[Repair]:
        for damage in self.look.of("journal"):
            self._set_aside(damage.path)
            said = "moved to damaged/; unneeded objects that it listed stay in the lake"
            yield Repair(damage.place, "repaired", said)

    def _set_aside(self, path: str) -> None:
        set_aside(self.lake.storage, self.lake.storage, path, self.writer.lease.run)


def rebuilt_release(look: Inspection, ident: str) -> Release | None:
    """A release from the record of the run that published it and the records of its snapshots."""
    runs = (run for run in look.runs.values() if run.release == ident)
    run = next((run for run in runs if run.status != "unchanged"), None)
    if run is None:
        return None
    known = {item.id: item for item in (*look.snapshots.values(), *snapshots_of(look.releases))}
    ids = {step.table: step.snapshot for step in run.steps if step.snapshot}
    if not ids or any(snapshot not in known for snapshot in ids.values()):
        return None
    published = list(look.pointer.published) if look.pointer else sorted(look.releases)
    earlier = [item for item in published if item < ident]
    sequences = (release.sequence for release in look.releases.values() if release.id < ident)
    release = Release(
        id=ident,
        pipeline=run.pipeline,
        run=run.id,
        created=run.finished or run.started,
        sequence=1 + max(sequences, default=0),
        previous=earlier[-1] if earlier else None,
        tables={table: known[snapshot] for table, snapshot in ids.items()},
        layers=look.pipeline.context.layer_settings(),
    )
    return Publisher(look.pipeline.context, Path()).with_served(release, run.loads)


def published_releases(look: Inspection) -> list[str]:
    """The ids of the releases that were published, as far as other records show, oldest first."""
    named = {run.release for run in look.runs.values()}
    followed = {release.previous for release in look.releases.values()}
    shown = {shown_release(sink.active) for sink in look.pipeline.sinks.values()}
    return sorted(ident for ident in look.releases if ident in named | followed | shown)


def snapshots_of(releases: dict[str, Release]) -> list[Snapshot]:
    """All snapshots of some releases."""
    return [snapshot for release in releases.values() for snapshot in release.tables.values()]


def shown_release(active: Callable[[], Release | None]) -> str | None:
    """The id of the release that a sink shows; None when it shows none or cannot be asked."""
    try:
        release = active()
    except MedallionError:
        return None
    return release.id if release else None


def _lost_pointer(look: Inspection, published: list[str]) -> Pointer:
    """The content of the lost pointer, as far as releases and runs show.

    Publication is on hold as in the last run that was to publish. What `rollback --hold` or
    `resume` did since is not known.
    """
    sequence = max((release.sequence for release in look.releases.values()), default=0)
    concluded = [run for run in look.runs.values() if run.release or run.candidate or run.held]
    last = max(concluded, key=lambda run: run.id, default=None)
    held = last.held if last else None
    return Pointer(None, tuple(published), sequence=sequence, held=held)


def _hold(pointer: Pointer, release: str) -> str:
    """What is to be done when a rebuilt pointer does not have the right hold."""
    if pointer.held:
        since = held_since(pointer.held)
        return f"publication is on hold since {since}, as in the last run: medallion resume ends it"
    return f"medallion rollback --hold {release} if it was on hold"
