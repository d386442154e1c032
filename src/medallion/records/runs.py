"""Records of runs: what happened to each table, and what loading took."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from pydantic import Field

from medallion.plural import count_of
from medallion.records.base import Masked, Moment, Record
from medallion.records.html import html_table
from medallion.records.quality import TableQuality, quality_of, shown_figures
from medallion.records.releases import Served
from medallion.records.snapshots import Change, RejectFile, Tally

Action = Literal["computed", "reused", "unchanged", "failed", "not run"]
RunStatus = Literal["running", "succeeded", "unchanged", "failed"]


class LoadReport(Record):
    """What loading one table into a sink took.

    `arrived` are the rows of the snapshot, as counted in the sink; `rate` is rows per second; `met`
    counts the rows whose key was served before. All are 0 when `loaded` is False: the table was
    already there. `changed` counts the rows that differ from the former version, when only these
    were loaded: the database copied the others. It is None when all rows were loaded.
    """

    sink: str
    served: Served
    seconds: float
    loaded: bool
    arrived: int = 0
    met: int = 0
    changed: int | None = None
    rate: float = 0.0


class Ingestion(Record):
    """What all loads of one run took together: rows, seconds, and rows per second."""

    rows: int
    seconds: float
    rate: float


class StepRun(Record):
    """What happened to one table in one run.

    Of its `partitions`, `partitions_computed` were computed, and the others used again; both are 0
    for a table that is computed as a whole. The same holds for its `groups`.
    """

    table: str
    action: Action
    why: Masked
    seconds: float = 0.0
    rows: int = 0
    bytes: int = 0
    partitions: int = 0
    partitions_computed: int = 0
    groups: int = 0
    groups_computed: int = 0
    snapshot: str | None = None
    tallies: tuple[Tally, ...] = ()
    sources: dict[Change, int] = Field(default_factory=dict)
    drift: tuple[Masked, ...] = ()
    warnings: tuple[Masked, ...] = ()
    rejects: tuple[RejectFile, ...] = ()
    error: Masked | None = None


class Run(Record):
    """The record of one execution: the `release` or the `candidate` that it leaves, if any.

    `held` is since when publication was on hold, when the run was to publish.
    """

    id: str
    pipeline: str
    status: RunStatus
    started: Moment
    finished: Moment | None = None
    steps: tuple[StepRun, ...] = ()
    loads: tuple[LoadReport, ...] = ()
    ingestion: Ingestion | None = None
    release: str | None = None
    candidate: str | None = None
    held: Moment | None = Field(default=None, exclude_if=lambda held: held is None)
    note: Masked = ""
    error: Masked | None = None

    def __repr__(self) -> str:
        tables = count_of(len(self.steps), "table")
        time = ""
        if self.finished:
            time = f" in {(self.finished - self.started).total_seconds():.1f} s"
        release = f", release {self.release}" if self.release else ""
        return f"<Run {self.id} of {self.pipeline}: {self.status}, {tables}{time}{release}>"

    def _repr_html_(self) -> str:
        """The table that `medallion run` prints: what happened to each table, and to its rows."""
        figures = shown_figures(map(quality_of, self.steps))
        names = [figure.replace("_", " ") for figure in figures]
        columns = ("table", "", "files", *names, "rows out", "seconds")
        rows = [row for step in self.steps for row in _report_rows(step, figures)]
        return html_table(repr(self), columns, rows)


def _report_rows(step: StepRun, figures: Sequence[str]) -> Iterator[list[str]]:
    """The row of a table, and one for each later phase of which there is something to say."""
    files = ", ".join(f"{count} {change}" for change, count in step.sources.items() if count)
    quality = quality_of(step)
    failed, timed = step.action == "failed", step.action in ("computed", "failed")
    yield [
        step.table,
        step.action,
        files,
        *(_figures(quality, figures) if step.tallies else [""] * len(figures)),
        "" if failed else f"{step.rows:,}",
        f"{step.seconds:.2f}" if timed else "",
    ]
    for phase in quality.notable:
        yield [f"  {phase.label}", "", "", *_figures(phase, figures), "", ""]


def _figures(phase: TableQuality | Tally, figures: Sequence[str]) -> list[str]:
    """What came in and where it went."""
    return [f"{getattr(phase, name):,}" for name in figures]
