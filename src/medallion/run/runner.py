"""One execution of a pipeline: ingest, compute, gate, publish, and record what happened."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from functools import partial
from threading import Lock

from medallion.contracts import Session
from medallion.errors import LeaseError, MedallionError, ServiceError, StorageError
from medallion.identifiers import next_id, now
from medallion.lake.journal import WriteJournal
from medallion.lake.pointer import FORMAT, Pointer
from medallion.lake.retention import collect
from medallion.records import Action, Change, Release, Run, Snapshot, StepRun
from medallion.run import ingest, planner
from medallion.run.compute import Computing
from medallion.run.context import RunContext
from medallion.run.failures import Failures
from medallion.run.partition_changes import computed_change
from medallion.run.planner import Arrival, Lost, Plan, Selection, Step, decide, plan, reads
from medallion.run.publish import Publisher
from medallion.run.run_log import Event, RunLog, failed_step, finished_step, ingestion
from medallion.run.scheduler import run_in_order
from medallion.run.source_tokens import read_tokens, write_tokens
from medallion.run.writer import Writer
from medallion.secrets import mask, scrub

Perform = Callable[[Step, Callable[[], None]], None]
"""Does the work of one step, in the order of the plan; after a failure it may call it again."""

_ACTIONS: dict[str, Action] = {"reuse": "reused", "unchanged": "unchanged", "left": "not run"}


class Execution:
    """A run at work; used once, under the lake's lease."""

    def __init__(
        self,
        context: RunContext,
        writer: Writer,
        selection: Selection,
        watch: Callable[[Event], None],
        perform: Perform | None = None,
    ) -> None:
        self.context = context
        self.lake = context.lake
        self.lease = writer.lease
        self.owner = writer.owner
        self.scratch = writer.scratch
        self.selection = selection
        self.perform = perform
        run = writer.lease.run
        self.log = RunLog(context.lake, run, context.declaration.name, watch)
        self.files: dict[str, list[ingest.BronzeFile]] = {}
        self.arrivals: dict[str, Arrival] = {}
        self.pointer = Pointer()
        self.current: Mapping[str, Snapshot] = {}
        self.failures = Failures()
        self.snapshots: dict[str, Snapshot] = {}
        self.lost: Lost = {}
        self._opening = Lock()
        self._stack = ExitStack()
        self._session: Session | None = None
        self.journal = WriteJournal(context.lake.storage, run)
        self.computing = Computing(context, self.journal, run, self.scratch, self.session)

    def session(self) -> Session:
        """The engine's session, opened on first use: a run with nothing to compute needs none."""
        with self._opening:
            if self._session is None:
                self._session = self._stack.enter_context(
                    self.context.declaration.engine.session(self.scratch)
                )
            return self._session

    def execute(self) -> Run:
        """Execute the run, and return its record. Raises MedallionError with `run` set when it
        fails.
        """
        try:
            with self._stack:
                self._execute_or_lose()
        except BaseException as error:
            scrub(error)
            message = str(error)
            if not isinstance(error, MedallionError):
                message = f"{type(error).__name__}: {error}"
            self.log.note(status="failed", finished=now(), error=mask(message))
            with suppress(ServiceError):  # the lake itself may have failed
                self.log.write()
            if isinstance(error, MedallionError):
                error.run = self.log.record
            raise
        self.log.write()
        return self.log.record

    def _execute_or_lose(self) -> None:
        """Execute; when the lease was lost meanwhile, raise that instead of any other error."""
        try:
            self._execute()
        except LeaseError:
            raise
        except Exception:
            with suppress(StorageError):
                self.lease.check()
            raise

    def _execute(self) -> None:
        self.pointer = self.lake.pointer(older=self.selection.full)
        release = self.lake.current(self.pointer)
        self.current = release.tables if release else {}
        publisher = Publisher(self.context, self.scratch, self.session, self.owner)
        if self.pointer.format == FORMAT:
            publisher.plain.check(release)
        shown = publisher.shown(self.pointer.published)
        self.lost = self.lake.lost(release, self.context.declaration.names()) if release else {}
        for table in self.computing.sources():
            with self.failures.collected(table.name):
                self._ingest(table)
        steps = plan(
            self.context.declaration,
            self.arrivals,
            self.current,
            self.lake.find_snapshot,
            self.selection,
            self.lost,
            self.failures.tables,
        )
        self.log.watch(Event("planned", plan=steps))
        if steps.computes:
            self.lake.put_run(self.log.record)
        self._perform(steps)
        if steps.stale:
            stale = f"not published: {', '.join(steps.stale)} would be out of date"
            note = f"{stale}; medallion run brings all up to date"
            self.log.note(status="succeeded", finished=now(), note=note)
            return
        self._publish_or_refresh(publisher, release, shown)

    def _publish_or_refresh(
        self, publisher: Publisher, release: Release | None, shown: set[str | None]
    ) -> None:
        """Publish a new release, unless the current one has the same tables, served alike."""
        same = release and _ids(release.tables) == _ids(self.snapshots)
        if (
            release
            and same
            and publisher.serves(release)
            and (shown == {release.id} or publisher.catch_up(release))
        ):
            publisher.refresh_plain(release)
            self.log.note(status="unchanged", finished=now(), release=release.id)
            return
        with publisher.connected() as connected:
            # After a release of an older format, only sinks know what `append` builds on.
            before = release if self.pointer.format == FORMAT else connected.active()
            self._publish(connected, before)

    def _ingest(self, table: ingest.SourceTable) -> None:
        before, lost = self.current.get(table.name), self.lost.get(table.name, ())
        touched = read_tokens(self.lake.storage, table.name) if before else {}
        arrival, files = ingest.ingest_table(
            table, before, self.scratch, full=self.selection.full, lost=lost, touched=touched
        )
        self.arrivals[table.name], self.files[table.name] = arrival, files
        if (tokens := ingest.touched_tokens(before, files)) and tokens != touched:
            write_tokens(self.lake.storage, table.name, tokens)

    def _perform(self, planned: Plan) -> None:
        """Bring every table of the plan up to date. Raises the errors of all failed tables."""
        steps = {step.table: step for step in planned.steps}
        self.log.places = {name: place for place, name in enumerate(steps)}
        declaration = self.context.declaration
        if self.perform:
            for step in planned.steps:
                self._attempt(step, partial(self.perform, step, partial(self._step, step)))
        else:
            run_in_order(
                {name: reads(declaration, name) for name in steps},
                lambda name: self._attempt(steps[name], partial(self._step, steps[name])),
                main_thread=planner.unthreaded(declaration),
                interrupt=lambda: self.session().interrupt(),
            )
        self.failures.check()

    def _attempt(self, planned: Step, work: Callable[[], None]) -> None:
        """Do the work of a step, unless a table that it reads has failed.

        An error that concerns only this table is collected.
        """
        name = planned.table
        failed = [read for read in reads(self.context.declaration, name) if read in self.failures]
        if failed and planned.decision != "left":
            self.failures.block(name)
            self.log.add(StepRun(table=name, action="not run", why=f"{', '.join(failed)} failed"))
            return
        with self.failures.collected(name):
            work()

    def _publish(self, publisher: Publisher, before: Release | None) -> None:
        """Load a new release next to the live tables, switch the pointer, then sinks and copies."""
        release = self._new_release(before)
        for table in self.context.declaration.served():
            self.log.watch(Event("loading", table=table))
            with self.failures.collected(table):
                for load in publisher.load_table(release, table, before):
                    self.log.loaded(load)
        self.failures.check()
        self.log.note(ingestion=ingestion(self.log.record.loads))
        release = publisher.with_served(release, self.log.record.loads)
        self.lease.check()
        self.lake.publish(release, self.pointer, before)
        publisher.activate(release)
        self.log.note(status="succeeded", finished=now(), release=release.id)
        self.log.watch(Event("published", release=release))
        with suppress(ServiceError):  # what cannot be removed now is removed by the next run
            self.journal.close()
            declaration, sinks = self.context.declaration, publisher.sinks
            collect(self.lake, declaration, sinks, lease=self.lease, thorough=False)

    def _new_release(self, before: Release | None) -> Release:
        snapshots = self.snapshots
        return Release(
            id=next_id(before.id if before else None),
            pipeline=self.context.declaration.name,
            run=self.log.record.id,
            created=now(),
            sequence=self.pointer.sequence + 1,
            token=self.lease.token,
            previous=before.id if before else None,
            tables={name: snapshots[name] for name in self.log.places if name in snapshots},
            layers=self.context.layer_settings(),
        )

    def _step(self, planned: Step) -> None:
        """Decide a step again, now that the inputs are known, and compute or keep its table."""
        name = planned.table
        started = time.perf_counter()
        inputs = {read: self.snapshots.get(read) for read in reads(self.context.declaration, name)}
        step = planned
        known = name not in self.failures and all(inputs.values())
        if planned.decision != "left" and known:
            step = decide(
                self.context.declaration,
                name,
                inputs,
                self.arrivals.get(name),
                self.current.get(name),
                self.lake.find_snapshot,
                full=self.selection.full,
                lost=self.lost,
            )
        if step.decision != "compute":
            self._keep(planned, step)
            return
        self.log.watch(Event("started", table=name))
        try:
            self.failures.raise_of(name)
            if name in self.files:
                snapshot, drift = self.computing.parse(
                    step, self.files[name], self.current.get(name)
                )
            else:
                former = None if self.selection.full else self.current.get(name)
                snapshot, drift = self.computing.compute(step, self.snapshots, former), []
        except MedallionError as error:
            self.context.locate(error)
            self.log.finish(failed_step(name, step.why, time.perf_counter() - started, error))
            raise
        self.lake.put_snapshot(snapshot, self.current.get(name))
        self.snapshots[name] = snapshot
        computed, change = computed_change(snapshot, self.snapshots, self.current)
        seconds, why = time.perf_counter() - started, change or step.why
        record = finished_step(snapshot, "computed", why, self._changes(name), seconds, computed)
        self.log.finish(record.model_copy(update={"drift": tuple(drift)}))

    def _keep(self, planned: Step, step: Step) -> None:
        snapshot = step.snapshot
        if snapshot is None:
            if planned.decision == "left":
                return
            raise MedallionError(f"{step.table}: the snapshot to keep does not exist")
        self.snapshots[step.table] = snapshot
        self.log.finish(
            finished_step(snapshot, _ACTIONS[step.decision], step.why, self._changes(step.table))
        )

    def _changes(self, table: str) -> Mapping[Change, int]:
        arrival = self.arrivals.get(table)
        return arrival.changes if arrival else {}


def _ids(snapshots: Mapping[str, Snapshot]) -> dict[str, str]:
    return {name: snapshot.id for name, snapshot in snapshots.items()}
