"""Whether the last run failed, why, and since when no run has succeeded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from medallion.records import Run


@dataclass(frozen=True)
class Failure:
    """The last `run` failed for a `reason`; `since` is when the first run failed after the last that succeeded."""

    run: str
    reason: str
    since: datetime


def outcome(run: Run, writing: Mapping[str, str] | None) -> str:
    """A run's status; one that says it is running without holding the lease has died."""
    if run.status == "running" and (writing is None or writing["run"] != run.id):
        return "died"
    return run.status


def last_failure(runs: Iterable[Run], writing: Mapping[str, str] | None = None) -> Failure | None:
    """The failure that stands, None when the last run that ended succeeded. `runs` come newest first; `writing` is the
    holder of the lease: a run that says it is running and does not hold it has died."""
    latest: Run | None = None
    since: datetime | None = None
    for run in runs:
        ended = outcome(run, writing)
        if ended == "running":
            continue
        if ended not in ("died", "failed"):
            break
        latest, since = latest or run, run.finished or run.started
    if latest is None or since is None:
        return None
    return Failure(latest.id, latest.error or "it ended without saying why", since)
