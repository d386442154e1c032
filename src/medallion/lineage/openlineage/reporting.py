"""Reports runs as OpenLineage events, where the environment says to whom."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from medallion.errors import MedallionError
from medallion.identifiers import now
from medallion.records import LoadReport, Release, Run, StepRun
from medallion.run.context import RunContext
from medallion.run.run_log import Event
from medallion.run.writer import Writer, exclusive_writer
from medallion.secrets import SECRETS, masked_logger
from medallion.telemetry.environment import openlineage_file, sends_openlineage

if TYPE_CHECKING:
    from openlineage.client.client import OpenLineageClient
    from openlineage.client.event_v2 import RunEvent

    from medallion.lineage.openlineage.run_events import RunEvents
    from medallion.lineage.openlineage.sender import EventSender

    Watch = Callable[[Event], None]

_log = masked_logger(__name__)


@contextmanager
def reported(context: RunContext, watch: Watch) -> Iterator[Watch]:
    """A watcher of a run that also reports it, where OpenLineage is configured.

    What cannot be reported is a warning after the run, never an error of it.
    """
    if not sends_openlineage(context.base):
        yield watch
        return
    try:
        report = _report(context)
    except MedallionError as error:
        _log.warning("OpenLineage: no events are sent: %s", error)
        yield watch
        return

    def both(event: Event) -> None:
        report(event)
        watch(event)

    report.sender.start()
    try:
        yield both
    finally:
        report.sender.close()


@contextmanager
def reporting_writer(context: RunContext) -> Iterator[Writer]:
    """The lake's writer for the length of a block that may switch to another release.

    What readers then see is reported as a run that loads and computes nothing.
    """
    if not sends_openlineage(context.base):
        with exclusive_writer(context) as writer:
            yield writer
        return
    started = now()
    with exclusive_writer(context) as writer:
        before = context.lake.pointer(older=True).release
        yield writer
        release = context.lake.current()
    if release is None or release.id == before:
        return
    run = Run(id=writer.lease.run, pipeline=release.pipeline, status="running", started=started)
    with reported(context, lambda _: None) as watch:
        watch(Event("began", run=run))
        for label, tables in release.served.items():
            for served in tables.values():
                load = LoadReport(sink=label, served=served, seconds=0, loaded=True)
                watch(Event("loaded", load=load))
        watch(Event("published", release=release))
        changes = {"status": "succeeded", "finished": now(), "release": release.id}
        watch(Event("ended", run=run.model_copy(update=changes)))


def _report(context: RunContext) -> Report:
    """The report of a run. Raises MedallionError when nothing can be sent."""
    from importlib.util import find_spec

    if find_spec("openlineage") is None:
        raise MedallionError(
            "it needs openlineage-python, which is not installed",
            hint="pip install 'medallion-lake[openlineage]'",
        )
    file = openlineage_file(context.base)
    if file and not file.is_file():
        raise MedallionError(f"{file}: no such file", hint="OPENLINEAGE_CONFIG names it")
    from medallion.lineage.openlineage.sender import EventSender

    return Report(context, EventSender(partial(_client, context)))


def _client(context: RunContext) -> OpenLineageClient:
    """OpenLineage's client, as its own variables and its own file configure it."""
    import yaml
    from openlineage.client.client import OpenLineageClient
    from openlineage.client.git import get_git_repo_url

    settings: dict[str, Any] = {}
    if file := openlineage_file(context.base):
        settings = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
        _register_secrets(settings)
    with _own_variables_removed():
        client = OpenLineageClient(config=settings)
    place = client.config.facets.source_code_location
    if not place.disabled and (url := get_git_repo_url(place.repo_url)):
        SECRETS.add_url(url)
        place.repo_url = SECRETS.mask(url)
    return client


@contextmanager
def _own_variables_removed() -> Iterator[None]:
    """Remove the variables that OpenLineage's client sets: aliases of `OPENLINEAGE_URL`.

    A later run of the process would send to the same URL, whatever its variables say.
    """
    before = set(os.environ)
    yield
    for name in os.environ.keys() - before:
        if name.startswith("OPENLINEAGE_"):
            del os.environ[name]


def _register_secrets(settings: Any) -> None:
    """Register the keys and passwords of a configuration file, so that no message shows them."""
    if isinstance(settings, dict):
        SECRETS.add_variables({str(key): value for key, value in settings.items() if _text(value)})
        for value in settings.values():
            _register_secrets(value)
    elif isinstance(settings, list):
        for value in settings:
            _register_secrets(value)


def _text(value: object) -> bool:
    return isinstance(value, str)


class Report:
    """Turns the events of a run into those of OpenLineage, which `sender` builds and sends."""

    def __init__(self, context: RunContext, sender: EventSender) -> None:
        self.sender = sender
        self._context = context
        self._events: RunEvents | None = None  # of the run, in the thread of the sender
        self._open: dict[str, None] = {}  # tables that are being computed
        self._loads: list[LoadReport] = []

    def __call__(self, event: Event) -> None:
        """Put what an event says of a run into the queue; builds nothing here."""
        moment, step = now(), event.step
        if event.kind == "began" and event.run:
            self.sender.put(partial(self._began, event.run))
        elif event.kind == "started":
            self._open[event.table] = None
            self._put(lambda events: [events.started(event.table, moment)])
        elif event.kind == "finished" and step and step.action in ("computed", "failed"):
            self._open.pop(event.table, None)
            if event.snapshot:
                snapshot = event.snapshot
                self._put(lambda events: [events.computed(snapshot, moment)])
            else:
                self._put(lambda events: [events.failed(step, moment)])
        elif event.kind == "loaded" and event.load and event.load.loaded:
            self._loads.append(event.load)
        elif event.kind == "published" and event.release:
            self._published(event.release, moment)
        elif event.kind == "ended" and event.run:
            self._ended(event.run, aborted=event.aborted)

    def _put(self, build: Callable[[RunEvents], Iterable[RunEvent]]) -> None:
        self.sender.put(lambda: build(self._events) if self._events else ())

    def _began(self, run: Run) -> list[RunEvent]:
        from medallion.lineage.openlineage.run_events import RunEvents

        self._events = RunEvents(self._context, run)
        return [self._events.began()]

    def _published(self, release: Release, moment: datetime) -> None:
        for load in self._loads:
            self._put(partial(_published, release, load, moment))

    def _ended(self, run: Run, *, aborted: bool) -> None:
        moment = run.finished or now()
        for table in self._open:
            self._put(partial(_aborted, table, moment))
        for step in run.steps:
            if step.action in ("computed", "failed"):
                self._put(partial(_judged, step, moment))
        self._put(lambda events: [events.ended(run, aborted=aborted)])


def _published(
    release: Release, load: LoadReport, moment: datetime, events: RunEvents
) -> Iterable[RunEvent]:
    return events.published(release, load, moment)


def _aborted(table: str, moment: datetime, events: RunEvents) -> Iterable[RunEvent]:
    return [events.aborted(table, moment)]


def _judged(step: StepRun, moment: datetime, events: RunEvents) -> Iterable[RunEvent]:
    return events.judged(step, moment)
