"""The end of a run: what it computed becomes the published release, or a candidate."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from medallion.errors import GateError, ServiceError
from medallion.identifiers import next_id, now
from medallion.lake.candidates import (
    DEFAULT,
    LIFETIME,
    delete_candidate,
    find_candidate,
    put_candidate,
)
from medallion.lake.journal import WriteJournal
from medallion.lake.lease import Lease
from medallion.lake.pointer import FORMAT, Pointer, held_since
from medallion.lake.retention import collect
from medallion.records import Candidate, Release, Snapshot
from medallion.run.context import RunContext
from medallion.run.failures import Failures
from medallion.run.gates import change_gates, table_gates
from medallion.run.publish import Publisher
from medallion.run.run_log import Event, RunLog, ingestion
from medallion.telemetry.spans import span


class Publication:
    """Publishes the tables of one run, unless they are published already.

    Parameters: `journal` names what the run has written; `pointer` is the one it began with.
    """

    def __init__(
        self,
        context: RunContext,
        publisher: Publisher,
        lease: Lease,
        journal: WriteJournal,
        pointer: Pointer,
        log: RunLog,
    ) -> None:
        self.context = context
        self.lake = context.lake
        self.publisher = publisher
        self.lease = lease
        self.journal = journal
        self.pointer = pointer
        self.log = log

    def conclude(
        self,
        tables: Mapping[str, Snapshot],
        release: Release | None,
        shown: set[str | None],
        candidate: str | None = None,
    ) -> None:
        """Publish a new release, unless the current one has the same tables, served and described
        alike.

        Parameters: `release` is the current one, and `shown` are those that sinks show. With the
        name of a `candidate`, or while publication is on hold, the new release is kept instead.
        Raises GateError when it must not be published; it is then a candidate, too.
        """
        publisher, held = self.publisher, self.pointer.held
        if held:
            candidate = candidate or DEFAULT
            note = f"publication is on hold since {held_since(held)}; medallion resume ends that"
            self.log.note(note=note, held=held)
        if (
            release
            and _ids(release.tables) == _ids(tables)
            and publisher.serves(release)
            and release.descriptions == self.context.declaration.descriptions()
            and (shown == {release.id} or publisher.catch_up(release))
        ):
            publisher.refresh(release)
            self.log.note(status="unchanged", finished=now(), release=release.id)
            if candidate is not None:
                self._forget(candidate)
            return
        with publisher.connected() as connected:
            # After a release of an older format, only sinks know what `append` builds on.
            before = release if self.pointer.format == FORMAT else connected.active()
            latter = self._loaded(connected, tables, before)
            failed = self._failed_gates(latter, release)
            name = candidate or (DEFAULT if failed else None)
            if name is None:
                self._publish(latter, connected, before)
            else:
                self._keep(name, latter, before, failed, connected)
                if release and shown != {release.id}:  # a switch was killed
                    connected.catch_up(release)
        if failed and name is not None:
            raise self._gate_error(name, failed)

    def _failed_gates(self, release: Release, current: Release | None) -> tuple[str, ...]:
        """The gates that a new release does not pass; also records what rules say of its tables."""
        complaints = [
            *table_gates(release.tables, current.tables if current else {}),
            *change_gates(self.context, release, current),
        ]
        for complaint in complaints:
            self.log.complain(complaint.table, complaint.said, fails=complaint.fails)
        return tuple(str(complaint) for complaint in complaints if complaint.fails)

    def _gate_error(self, name: str, failed: tuple[str, ...]) -> GateError:
        rejects = any(step.rejects and step.error for step in self.log.record.steps)
        shown = [f"medallion quarantine --run {self.log.record.id} shows the rows"] * rejects
        options = [
            f"medallion diff {name} shows what changed",
            f"medallion publish {name} --force publishes it",
            f"medallion discard {name} removes it",
        ]
        return GateError(
            "\n".join([*failed, f"not published: kept as candidate {name}"]),
            hint="; ".join([*shown, *options]),
        )

    def _loaded(
        self, publisher: Publisher, tables: Mapping[str, Snapshot], before: Release | None
    ) -> Release:
        """A new release of the tables, loaded next to the live ones."""
        release = self._new_release(tables, before)
        failures = Failures()
        for table in self.context.declaration.served():
            self.log.watch(Event("loading", table=table))
            with failures.collected(table):
                for load in publisher.load_table(release, table, before):
                    self.log.loaded(load)
        failures.check()
        self.log.note(ingestion=ingestion(self.log.record.loads))
        return publisher.with_served(release, self.log.record.loads)

    def _publish(self, release: Release, publisher: Publisher, before: Release | None) -> None:
        """Switch the pointer to a loaded release, then sinks and copies."""
        publisher.exports.prepare(release)
        self.lease.check()
        with span("publish", {"medallion.release": release.id}):
            self.lake.publish(release, self.pointer, before)
            publisher.activate(release)
        self.log.note(status="succeeded", finished=now(), release=release.id)
        self.log.watch(Event("published", release=release))
        self._collect(release, publisher, thorough=False)

    def _new_release(self, tables: Mapping[str, Snapshot], before: Release | None) -> Release:
        return Release(
            id=next_id(before.id if before else None),
            pipeline=self.context.declaration.name,
            run=self.log.record.id,
            created=now(),
            sequence=self.pointer.sequence + 1,
            token=self.lease.token,
            previous=before.id if before else None,
            tables=dict(tables),
            layers=self.context.layer_settings(),
            descriptions=self.context.declaration.descriptions(),
        )

    # Candidates

    def _keep(
        self,
        name: str,
        release: Release,
        before: Release | None,
        failed: tuple[str, ...],
        publisher: Publisher,
    ) -> None:
        """Keep a loaded release as a candidate, in the place of one of the same name.

        A candidate that has the same tables, served and described alike, stays as it is, and
        expires later.
        """
        base, expires = self.pointer.release, now() + LIFETIME
        former = find_candidate(self.lake, name)
        same = former is not None and former.base == base and _same(former.release, release)
        if former and same:
            release, before = former.release, former.release
        elif former:
            self._note_objects(former.release)
        record = Candidate(name=name, release=release, base=base, expires=expires, failed=failed)
        self.lease.check()
        put_candidate(self.lake, record, before)
        status = "unchanged" if same else "succeeded"
        self.log.note(status=status, finished=now(), candidate=name)
        self._collect(release, publisher, thorough=former is not None and not same)

    def _forget(self, name: str) -> None:
        """Remove the candidate of this name: the published release has the computed tables."""
        former = find_candidate(self.lake, name)
        if former:
            self._note_objects(former.release)
            self.lease.check()
            delete_candidate(self.lake, name)

    def _collect(self, release: Release, publisher: Publisher, *, thorough: bool) -> None:
        """End the journal of a kept release, and remove what no release needs any more."""
        with suppress(ServiceError):  # what cannot be removed now is removed by the next run
            self.journal.close(self.context.objects_of(release))
            declaration, sinks = self.context.declaration, publisher.sinks
            collect(self.lake, declaration, sinks, lease=self.lease, thorough=thorough)

    def _note_objects(self, release: Release) -> None:
        """Name the objects of a candidate in the journal, so that retention can remove them."""
        for layer, paths in self.context.objects_of(release).items():
            self.journal.note(layer, paths)


def _same(former: Release, latter: Release) -> bool:
    alike = former.served == latter.served and former.descriptions == latter.descriptions
    return alike and _ids(former.tables) == _ids(latter.tables)


def _ids(snapshots: Mapping[str, Snapshot]) -> dict[str, str]:
    return {name: snapshot.id for name, snapshot in snapshots.items()}
