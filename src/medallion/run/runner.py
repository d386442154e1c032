"""One execution of a pipeline: ingest, compute, gate, publish, and record what happened."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from functools import partial
from threading import Lock

from medallion.contracts import Session
from medallion.errors import GateError, LeaseError, MedallionError, ServiceError, StorageError
from medallion.identifiers import now
from medallion.lake.corrections import CorrectionLog, correction_log, require_corrections
from medallion.lake.journal import WriteJournal
from medallion.lake.pointer import FORMAT, Pointer
from medallion.records import Action, Change, Run, Snapshot, StepRun
from medallion.run import ingest
from medallion.run.compute import Computing
from medallion.run.context import RunContext
from medallion.run.failures import Failures
from medallion.run.gates import table_gates
from medallion.run.partition_changes import computed_change
from medallion.run.planner import Arrival, Lost, Plan, Step, decide, plan
from medallion.run.publication import Publication
from medallion.run.publish import Publisher
from medallion.run.run_log import Event, RunLog, failed_step, finished_step, with_corrections
from medallion.run.scheduler import run_in_order
from medallion.run.selection import Selection
from medallion.run.source_groups import ingest_in_groups
from medallion.run.source_matches import SourceTable
from medallion.run.source_tokens import read_tokens, write_tokens
from medallion.run.table_order import reads, unthreaded
from medallion.run.writer import Writer
from medallion.secrets import mask, scrub
from medallion.telemetry.measurements import measure_run
from medallion.telemetry.sdk import configure
from medallion.telemetry.spans import process_carrier, span

Perform = Callable[[Step, Callable[[], None]], None]
"""Does the work of one step, in the order of the plan; after a failure it may call it again."""

_ACTIONS: dict[str, Action] = {"reuse": "reused", "unchanged": "unchanged", "left": "not run"}


class Execution:
    """A run at work; used once, under the lake's lease.

    Parameters: `candidate` is the name of the candidate that it leaves instead of publishing.
    """

    def __init__(
        self,
        context: RunContext,
        writer: Writer,
        selection: Selection,
        watch: Callable[[Event], None],
        perform: Perform | None = None,
        candidate: str | None = None,
    ) -> None:
        self.context = context
        self.lake = context.lake
        self.lease = writer.lease
        self.owner = writer.owner
        self.scratch = writer.scratch
        self.selection = selection
        self.perform = perform
        self.candidate = candidate
        run = writer.lease.run
        self.log = RunLog(context.lake, run, context.declaration.name, watch)
        self.files: dict[str, list[ingest.BronzeFile]] = {}
        self.arrivals: dict[str, Arrival] = {}
        self.pointer = Pointer()
        self.current: Mapping[str, Snapshot] = {}
        self.failures = Failures()
        self.snapshots: dict[str, Snapshot] = {}
        self.lost: Lost = {}
        self.corrections = CorrectionLog()
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
        """Execute the run. Returns its record, which a MedallionError that it raises has, too."""
        configure("medallion")
        started, record = time.perf_counter(), self.log.record
        attributes = {"medallion.pipeline": record.pipeline, "medallion.run": record.id}
        try:
            with span("run", attributes, carrier=process_carrier()) as current:
                run = self._executed()
                current.set_attributes({"medallion.run.status": run.status})
                if run.release:
                    current.set_attributes({"medallion.release": run.release})
                return run
        finally:
            measure_run(self.log.record, time.perf_counter() - started)

    def _executed(self) -> Run:
        """Execute the run, and write its record, whatever happens."""
        self.log.watch(Event("began", run=self.log.record))
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
            aborted = not isinstance(error, Exception)
            self.log.watch(Event("ended", run=self.log.record, aborted=aborted))
            if isinstance(error, MedallionError):
                error.run = self.log.record
            raise
        self.log.write()
        self.log.watch(Event("ended", run=self.log.record))
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
        publisher.exports.check()
        shown = publisher.shown(self.pointer.published)
        self.lost = self.lake.lost(release, self.context.declaration.names()) if release else {}
        self.corrections = correction_log(self.lake)
        require_corrections(self.lake, self.corrections, release)
        ingest_in_groups(self.computing.sources(), self.failures, self._ingest)
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
            self.failures.add(self._gate_errors())
            self.failures.check()
            stale = f"not published: {', '.join(steps.stale)} would be out of date"
            note = f"{stale}; medallion run brings all up to date"
            self.log.note(status="succeeded", finished=now(), note=note)
            return
        publication = Publication(
            self.context, publisher, self.lease, self.journal, self.pointer, self.log
        )
        tables = {name: self.snapshots[name] for name in self.log.places if name in self.snapshots}
        publication.conclude(tables, release, shown, self.candidate)

    def _ingest(self, table: SourceTable) -> None:
        before, lost = self.current.get(table.name), self.lost.get(table.name, ())
        touched = read_tokens(self.lake.storage, table.name) if before else {}
        arrival, files = ingest.ingest_table(
            table,
            before,
            self.scratch,
            full=self.selection.refreshes(table.name),
            backfills=self.selection.backfills(table.name),
            lost=lost,
            touched=touched,
            corrections=self.corrections.by_file(table.name),
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
                main_thread=unthreaded(declaration),
                interrupt=lambda: self.session().interrupt(),
            )
        if self.failures:
            self.failures.add(self._gate_errors())
        self.failures.check()

    def _gate_errors(self) -> dict[str, MedallionError]:
        """By table, the gates that it did not pass, of a run that leaves no candidate."""
        hint = "correct the data, or the rule"
        return {
            complaint.table: GateError(str(complaint), hint=hint)
            for complaint in table_gates(self.snapshots, self.current)
        }

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

    def _step(self, planned: Step) -> None:
        """Decide a step again, now that the inputs are known, and compute or keep its table."""
        name, started = planned.table, time.perf_counter()
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
            with span(f"compute {name}", {"medallion.table": name}) as current:
                snapshot, drift = self._computed(step)
                current.set_attributes({"medallion.rows": snapshot.rows})
        except MedallionError as error:
            self.context.locate(error)
            self.log.finish(failed_step(name, step.why, time.perf_counter() - started, error))
            raise
        self.lake.put_snapshot(snapshot, self.current.get(name))
        self.snapshots[name] = snapshot
        table = self.context.declaration.table(name)
        computed, change = computed_change(snapshot, table, self.snapshots, self.current)
        parts, seconds = (computed, self.computing.groups.get(name)), time.perf_counter() - started
        why, changes = change or step.why, self._changes(name)
        record = finished_step(snapshot, "computed", why, changes, seconds, *parts)
        record = with_corrections(record, snapshot, self.corrections)
        self.log.finish(record.model_copy(update={"drift": tuple(drift)}), snapshot)

    def _computed(self, step: Step) -> tuple[Snapshot, list[str]]:
        """The new snapshot of a table, and how its columns drifted."""
        current = self.current.get(step.table)
        if step.table in self.files:
            return self.computing.parse(step, self.files[step.table], current)
        published = {} if self.selection.full else self.current
        return self.computing.compute(step, self.snapshots, published), []

    def _keep(self, planned: Step, step: Step) -> None:
        snapshot = step.snapshot
        if snapshot is None:
            if planned.decision == "left":
                return
            raise MedallionError(f"{step.table}: the snapshot to keep does not exist")
        self.snapshots[step.table] = snapshot
        changes = self._changes(step.table)
        record = finished_step(snapshot, _ACTIONS[step.decision], step.why, changes)
        self.log.finish(with_corrections(record, snapshot, self.corrections))

    def _changes(self, table: str) -> Mapping[Change, int]:
        return self.arrivals[table].changes if table in self.arrivals else {}
