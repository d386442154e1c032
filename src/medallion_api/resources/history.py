"""Releases, runs and quality: how the served rows came about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import falcon
from falcon import Request, Response
from pydantic import BaseModel

from medallion.errors import SinkError
from medallion.lake.candidates import CandidateHead, candidate_heads
from medallion.lake.lake import Lake
from medallion.lake.record_files import ReleaseHead
from medallion.lake.run_health import RunHealth, run_health
from medallion.records import LoadReport, Release, RunStatus, StepRun
from medallion.records.quality import TableQuality, quality_of
from medallion_api.cache.kept_releases import KeptReleases
from medallion_api.cache.release_reader import ReleaseReader
from medallion_api.cache.response_cache import Replies, Reply
from medallion_api.resources.release_resource import Released
from medallion_api.resources.service import no_store

MOST_RELEASES = 100  # of one page


class ReleaseSummary(BaseModel):
    """One release: `tables` maps full names to rows.

    `served` says whether the store still has its tables, for requests with `release`; it is null
    while the store does not answer.
    """

    id: str
    run: str
    created: datetime
    previous: str | None
    current: bool
    served: bool | None
    tables: dict[str, int]

    @classmethod
    def of(
        cls, release: ReleaseHead, current: str | None, *, served: bool | None
    ) -> ReleaseSummary:
        rows = {name: table.rows for name, table in release.tables.items()}
        return cls(
            id=release.id,
            run=release.run,
            created=release.created,
            previous=release.previous,
            current=release.id == current,
            served=served,
            tables=rows,
        )


class CandidateSummary(BaseModel):
    """One candidate: `base` is the release it was computed from, `failed` the gates not passed."""

    name: str
    release: str
    base: str | None
    created: datetime
    expires: datetime
    failed: tuple[str, ...]

    @classmethod
    def of(cls, candidate: CandidateHead) -> CandidateSummary:
        return cls(
            name=candidate.name,
            release=candidate.release.id,
            base=candidate.base,
            created=candidate.release.created,
            expires=candidate.expires,
            failed=candidate.failed,
        )


class Releases(BaseModel):
    """A page of the releases that are kept, newest first; `cursor` is None on the last page.

    Since `held`, runs publish nothing and leave candidates.
    """

    releases: list[ReleaseSummary]
    cursor: str | None
    candidates: list[CandidateSummary]
    held: datetime | None


class StepSummary(BaseModel):
    """One table in one run; `warnings` such as a file of which most rows were quarantined."""

    table: str
    action: str
    why: str
    seconds: float
    rows: int
    bytes: int
    warnings: tuple[str, ...]

    @classmethod
    def of(cls, step: StepRun) -> StepSummary:
        return cls(
            table=step.table,
            action=step.action,
            why=step.why,
            seconds=step.seconds,
            rows=step.rows,
            bytes=step.bytes,
            warnings=step.warnings,
        )


class LoadSummary(BaseModel):
    """One table loaded into the serving database."""

    sink: str
    table: str
    rows: int
    seconds: float
    loaded: bool
    rows_per_second: float | None

    @classmethod
    def of(cls, load: LoadReport) -> LoadSummary:
        return cls(
            sink=load.sink,
            table=load.served.table,
            rows=load.served.rows,
            seconds=load.seconds,
            loaded=load.loaded,
            rows_per_second=load.rate if load.loaded else None,
        )


class RunSummary(BaseModel):
    """The newest run, and when a run last succeeded.

    While runs fail, `since` is when that began, `reason` the newest error, and `failed_run` the
    newest failed run. `ingestion` is the seconds of loading the serving database,
    `refresh` those of the whole run.
    """

    id: str
    status: RunStatus
    since: datetime | None
    reason: str | None
    failed_run: str | None
    last_success: datetime | None
    started: datetime
    finished: datetime | None
    refresh: float | None
    ingestion: float
    release: str | None
    steps: list[StepSummary]
    loads: list[LoadSummary]

    @classmethod
    def of(cls, health: RunHealth) -> RunSummary:
        run, good, failure = health.latest, health.last_success, health.failure
        refresh = (run.finished - run.started).total_seconds() if run.finished else None
        return cls(
            id=run.id,
            status="failed" if health.outcome == "died" else health.outcome,
            since=failure.since if failure else None,
            reason=failure.reason if failure else None,
            failed_run=failure.run if failure else None,
            last_success=(good.finished or good.started) if good else None,
            started=run.started,
            finished=run.finished,
            refresh=refresh,
            ingestion=round(sum(load.seconds for load in run.loads), 6),
            release=run.release,
            steps=[StepSummary.of(step) for step in run.steps],
            loads=[LoadSummary.of(load) for load in run.loads],
        )


class ReleaseQuality(BaseModel):
    """The quality of a release, table by table.

    `quarantine` is the path of the rows of a table that break a rule, if it is served; with
    `?warned=true` it shows those that were kept.
    """

    release: str
    quarantine: str | None
    tables: list[TableQuality]


class ReleasesResource:
    """The releases that are kept; candidates only if requests may name them.

    They are those of the lake, also while the store does not answer.
    """

    def __init__(self, reading: ReleaseReader, lake: Lake, *, candidates: bool) -> None:
        self._reading = reading
        self._kept = KeptReleases(reading)
        self._lake = lake
        self._candidates = candidates

    def on_get(self, req: Request, resp: Response) -> None:
        self._reading.may_wait()
        active = self._active()
        limit = req.get_param_as_int(
            "limit", min_value=1, max_value=MOST_RELEASES, default=MOST_RELEASES
        )
        before = req.get_param("cursor")
        ids = [ident for ident in self._lake.release_ids() if before is None or ident < before]
        heads = self._lake.records.release_heads(ids[:limit])
        cursor = ids[limit - 1] if len(ids) > limit else None
        candidates = candidate_heads(self._lake) if self._candidates else []
        pointer, served = self._lake.pointer(), self._served(active, heads)
        current = active or pointer.release
        no_store(
            resp,
            Releases(
                releases=[
                    ReleaseSummary.of(head, current, served=served.get(head.id)) for head in heads
                ],
                cursor=cursor,
                candidates=[CandidateSummary.of(head) for head in candidates],
                held=pointer.held,
            ),
        )

    on_head = on_get

    def _active(self) -> str | None:
        """The id of the active release; None when the store does not answer."""
        try:
            return self._reading.release().id
        except SinkError:
            return None

    def _served(self, active: str | None, heads: Sequence[ReleaseHead]) -> Mapping[str, bool]:
        """Whether the store has each release, as far as it answers."""
        return self._kept.answers(active, [head.id for head in heads]) if active else {}


class CurrentRelease(Released):
    """The active or the named release without the locations of its files, for HttpStore."""

    def answer(self, req: Request, resp: Response, release: Release, **params: str) -> Reply | None:
        return self.json(req, resp, release, release.summary().model_dump(mode="json"))


class LatestRun:
    def __init__(self, lake: Lake) -> None:
        self._lake = lake

    def on_get(self, req: Request, resp: Response) -> None:
        health = run_health(self._lake)
        if health is None:
            raise falcon.HTTPNotFound(description="there was no run yet")
        no_store(resp, RunSummary.of(health))

    on_head = on_get


class QualityResource(Released):
    """Kept, deduplicated, dropped and quarantined rows of the active release, by rule."""

    def __init__(
        self, reading: ReleaseReader, replies: Replies, quarantine: str | None = None
    ) -> None:
        super().__init__(reading, replies)
        self._quarantine = quarantine

    def answer(self, req: Request, resp: Response, release: Release, **params: str) -> Reply | None:
        tables = [quality_of(snapshot) for snapshot in release.tables.values()]
        quality = ReleaseQuality(release=release.id, quarantine=self._quarantine, tables=tables)
        return self.json(req, resp, release, quality.model_dump())
