"""Health of runs: the newest run, since when runs fail and why, and the last success.

The command line, the API and the dashboard all use it. A run that died counts as failed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from medallion.contracts.store import Failure
from medallion.errors import CallError, MedallionError
from medallion.lake.lake import Lake
from medallion.lake.lease import holder
from medallion.records import Run

RECENT_RUNS = 200  # records that are read to find the last success

Outcome = Literal["running", "succeeded", "unchanged", "failed", "died"]

_DIED = "the run's process ended before the run was complete"


@dataclass(frozen=True)
class RunHealth:
    """The newest run and its outcome, the failure of the last run that ended, and the last success.

    `failure` and `last_success` are None when there is none among the newest `RECENT_RUNS` runs.
    """

    latest: Run
    outcome: Outcome
    failure: Failure | None
    last_success: Run | None


def run_health(lake: Lake) -> RunHealth | None:
    """The health of a lake's runs; None before the first run."""
    newest: tuple[Run, Outcome] | None = None
    failed: Run | None = None
    since: datetime | None = None
    last_success: Run | None = None
    for record in _newest_first(lake):
        run, ended = outcome(lake, record)
        newest = newest or (run, ended)
        if ended in ("succeeded", "unchanged"):
            last_success = run
            break
        if ended != "running":
            failed, since = failed or run, run.finished or run.started
    if newest is None:
        return None
    failure = Failure(failed.id, failed.error or _DIED, since) if failed and since else None
    return RunHealth(*newest, failure, last_success)


def outcome(lake: Lake, run: Run) -> tuple[Run, Outcome]:
    """How a run ended, and its newest record.

    A run that is recorded as running and does not hold the lease has died.
    """
    if run.status == "running":
        writing = holder(lake.storage)
        if writing is None or writing["run"] != run.id:
            run = lake.run(run.id)  # it may have ended between the two reads
            return run, "died" if run.status == "running" else run.status
    return run, run.status


def _newest_first(lake: Lake) -> Iterator[Run]:
    for number, ident in enumerate(lake.run_ids()[:RECENT_RUNS]):
        try:
            yield lake.run(ident)
        except CallError:  # it was removed since it was listed
            continue
        except MedallionError:
            if number == 0:  # an older damaged record is reported by `verify`
                raise
