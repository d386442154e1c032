"""Speed of a pipeline's sinks with its own tables, by write mode and batch size."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from typing import get_args
from uuid import uuid4

from medallion.contracts import Session, Sink, TableSpec
from medallion.errors import CallError, did_you_mean
from medallion.pipeline import Pipeline
from medallion.plural import count_of
from medallion.records import LoadReport, Mode, Release, Snapshot
from medallion.run.publish import Publisher

MODES: tuple[Mode, ...] = get_args(Mode)

Tables = Mapping[str, tuple[Snapshot, TableSpec]]


@dataclass(frozen=True)
class Timing:
    """What loading one table in one way took: the median of all rounds."""

    sink: str
    table: str
    strategy: Mode
    batch: int
    rows: int
    seconds: float
    rate: float


def time_loads(
    pipeline: Pipeline,
    batches: Sequence[int],
    *,
    rounds: int = 3,
    only: Sequence[str] = (),
    watch: Callable[[str], None] | None = None,
) -> list[Timing]:
    """Load the tables of the published release into every sink, next to the live ones, and remove
    them.

    Parameters: `batches` are the batch sizes to try; `only` are plain names of tables, by default
    all; `watch` is called with what is tried next. `append` and `merge` are tried on tables with a
    key, after a copy of the same rows. It takes the lake's lease. Returns a timing for
    each sink, batch size, table and mode. Raises CallError when nothing was published or there is
    no such table.
    """
    with pipeline.writer() as writer:
        release = pipeline.lake.current()
        if release is None:
            raise CallError(f"{pipeline.lake.url}: nothing was published yet", hint="medallion run")
        publisher = Publisher(pipeline.context, writer.scratch, owner=writer.owner)
        timings: list[Timing] = []
        with pipeline.declaration.engine.session(writer.scratch) as session:
            for label, sink in publisher.sinks.items():
                specs = publisher.specs(release, label)
                tables = _selected({spec.name: (item, spec) for item, spec in specs}, only)
                for size in batches:
                    if watch:
                        watch(f"{label}: batches of {count_of(size, 'row')}")
                    trial = _Trial(
                        pipeline, release, sink.model_copy(update={"batch": size}), session
                    )
                    timings += trial.timings(tables, rounds)
        return timings


@dataclass(frozen=True)
class _Trial:
    """One sink with one batch size."""

    pipeline: Pipeline
    release: Release
    sink: Sink
    session: Session

    def timings(self, tables: Tables, rounds: int) -> Iterator[Timing]:
        reports: dict[tuple[str, Mode], list[LoadReport]] = {}
        for _ in range(rounds):
            with self._cleared():
                for name, (snapshot, spec) in tables.items():
                    for report in self._loads(snapshot, spec):
                        reports.setdefault((name, report.served.mode), []).append(report)
        for (name, mode), rounds_of in reports.items():
            seconds, rows = median(report.seconds for report in rounds_of), rounds_of[0].arrived
            rate = round(rows / seconds, 1)
            yield Timing(self.sink.label, name, mode, self.sink.batch, rows, seconds, rate)

    def _loads(self, snapshot: Snapshot, spec: TableSpec) -> Iterator[LoadReport]:
        way = spec.model_copy(update={"mode": "replace", "former": None})
        first = self._load(snapshot, way)
        yield first
        for mode in MODES[1:] if spec.key else ():
            yield self._load(
                snapshot, way.model_copy(update={"mode": mode, "former": first.served})
            )

    def _load(self, snapshot: Snapshot, spec: TableSpec) -> LoadReport:
        rows = self.session.batches(
            self.pipeline.lake.input(snapshot, self.release), self.sink.batch
        )
        return self.sink.load(
            spec, snapshot.model_copy(update={"id": f"timing-{uuid4().hex}"}), rows
        )

    @contextmanager
    def _cleared(self) -> Iterator[None]:
        try:
            yield
        finally:
            self.sink.prune(self.pipeline.lake.releases())


def _selected(tables: Tables, only: Sequence[str]) -> Tables:
    for name in only:
        if name not in tables:
            raise CallError(f"no table {name!r} is served{did_you_mean(name, tables)}")
    return {name: pair for name, pair in tables.items() if not only or name in only}
