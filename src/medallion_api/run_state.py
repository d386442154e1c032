"""How the runs of a lake go: the newest, since when it is so, and the last that succeeded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from medallion.errors import MedallionError
from medallion.lake import Lake
from medallion.records import Run

_MOST = 200  # records that are read to learn since when runs fail

GOOD = ("succeeded", "unchanged")


@dataclass(frozen=True)
class RunState:
    """The `latest` run, `since` when runs end like it, and the last one that succeeded among those that are kept."""

    latest: Run
    since: datetime
    last_success: Run | None


def run_state(lake: Lake) -> RunState | None:
    """The state of the runs; None before the first."""
    runs = _newest_first(lake)
    latest = next(runs, None)
    if latest is None:
        return None
    since = latest.started
    last_success = latest if latest.status in GOOD else None
    if last_success is None:
        for run in runs:
            if run.status in GOOD:
                last_success = run
                break
            if run.status == latest.status:
                since = run.started
    return RunState(latest, since, last_success)


def _newest_first(lake: Lake) -> Iterator[Run]:
    for number, run in enumerate(lake.run_ids()[:_MOST]):
        try:
            yield lake.run(run)
        except MedallionError:
            if number == 0:  # an older one may have been removed meanwhile, or be damaged
                raise
