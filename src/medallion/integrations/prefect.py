"""A pipeline as a Prefect flow: a task run per table, with retries, logs and a report.

    from medallion.integrations.prefect import flow

    flow("medallion.yaml")()

Needs the extra `prefect`, and the address of a Prefect server in `PREFECT_API_URL`. On a schedule:

    python -m medallion.integrations.prefect medallion.yaml --cron "0 * * * *"
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from logging import Logger, LoggerAdapter
from pathlib import Path
from typing import Any

import click
import prefect
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.types.entrypoint import EntrypointType

from medallion.declaration.models import Table
from medallion.errors import MedallionError, ServiceError
from medallion.pipeline import Pipeline
from medallion.plural import count_of
from medallion.records import Run, StepRun
from medallion.records.quality import FIGURES, quality_of
from medallion.run.planner import Step
from medallion.run.run_log import Event
from medallion.secrets import masked_logger

Log = Logger | LoggerAdapter[Logger]

RETRIES = 2
PAUSE = 10.0  # seconds
# Prefect logs the traceback of an error with these, including errors of libraries behind it.
_RUN_LOGGERS = ("prefect.flow_runs", "prefect.task_runs")


def flow(
    pipeline: Pipeline | Path | str, *, retries: int = RETRIES, pause: float = PAUSE
) -> prefect.Flow[[], str]:
    """A Prefect flow with the pipeline's name, which runs it and returns the run's id.

    Parameters: `pipeline`, or the path of its declaration. A table that failed with an error of
    storage or database is retried `retries` times after `pause` seconds; errors of the data are not
    retried.
    """
    loaded = pipeline if isinstance(pipeline, Pipeline) else Pipeline.load(pipeline)

    @prefect.flow(name=loaded.declaration.name, validate_parameters=False)
    def publish() -> str:
        return _run(loaded, retries, pause)

    return publish


@prefect.flow(name="medallion")
def run(declaration: str, retries: int = RETRIES, pause: float = PAUSE) -> str:
    """The flow of a deployment: load a declaration, run its pipeline, return the run's id."""
    return _run(Pipeline.load(declaration), retries, pause)


def serve(declaration: Path | str, *, cron: str | None = None) -> None:
    """Deploy a pipeline under its name and serve its runs, on demand or on a cron schedule.

    Does not return. Raises DeclarationError for an invalid declaration, before anything is
    deployed.
    """
    path = Path(declaration).absolute()
    run.serve(
        name=Pipeline.load(path).declaration.name,
        cron=cron,
        parameters={"declaration": str(path)},
        entrypoint_type=EntrypointType.MODULE_PATH,
    )


@click.command()
@click.argument(
    "declaration", default="medallion.yaml", type=click.Path(exists=True, dir_okay=False)
)
@click.option("--cron", help='The schedule, such as "0 * * * *" for every hour.')
def main(declaration: str, cron: str | None) -> None:
    """Serve a pipeline to the Prefect server of PREFECT_API_URL."""
    serve(declaration, cron=cron)


def _run(pipeline: Pipeline, retries: int, pause: float) -> str:
    """Run a pipeline within a flow run, create the report, and return the run's id."""
    log = prefect.get_run_logger()
    for name in _RUN_LOGGERS:
        masked_logger(name)
    try:
        record = pipeline.run(
            watch=partial(_log_event, log), perform=StepTasks(pipeline, retries, pause)
        )
    except MedallionError as error:
        if error.run:
            _create_report(error.run)
        raise
    _create_report(record)
    return record.id


class StepTasks:
    """Performs each step of a run as a Prefect task, after those of the tables that it reads."""

    def __init__(self, pipeline: Pipeline, retries: int, pause: float) -> None:
        self._declaration = pipeline.declaration
        self._retries = retries
        self._pause = pause
        self._states: dict[str, Any] = {}

    def __call__(self, step: Step, work: Callable[[], None]) -> None:
        """Run `work` as a task. Raises the error of its last attempt."""
        table = self._declaration.table(step.table)
        inputs = table.reads().values() if isinstance(table, Table) else ()
        task = prefect.task(
            name=step.table,
            description=step.why,
            retries=self._retries,
            retry_delay_seconds=self._pause,
            retry_condition_fn=_is_transient,
            cache_policy=NO_CACHE,
            persist_result=False,
        )(work)
        states = [self._states[name] for name in inputs]
        self._states[step.table] = task(return_state=True, wait_for=states)
        self._states[step.table].result()


def _log_event(log: Log, event: Event) -> None:
    step, load, release = event.step, event.load, event.release
    if step:
        rows = count_of(step.rows, "row")
        log.info("%s: %s, %s (%s)", event.table, step.action, rows, step.why)
    elif load:
        log.info("%s: loaded into %s", load.served.table, load.sink)
    elif release:
        log.info("published release %s", release.id)


def _create_report(run: Run) -> None:
    """Create the table artifact that shows what happened to the rows of each table."""
    outcome = f"release {run.release}" if run.release else run.error or run.note
    create_table_artifact(
        key="medallion-run",
        table=[_row(step) for step in run.steps],
        description=f"Run {run.id} of {run.pipeline}: {run.status}; {outcome}",
    )


def _row(step: StepRun) -> dict[str, Any]:
    quality = quality_of(step)
    figures = FIGURES[1:]
    return {
        "table": step.table,
        "action": step.action,
        "why": step.why,
        "rows in": quality.rows_in if step.tallies else None,
        **{figure: getattr(quality, figure) if step.tallies else None for figure in figures},
        "rows": step.rows,
        "bytes": step.bytes,
        "seconds": round(step.seconds, 3),
        "error": step.error or "",
    }


def _is_transient(task: object, task_run: object, state: Any) -> bool:  # noqa: ARG001 (Prefect's signature)
    """Whether a failed task is worth a retry."""
    return isinstance(state.result(raise_on_failure=False), ServiceError)


if __name__ == "__main__":
    from medallion.integrations import (
        prefect as importable,  # a deployment names this module, not `__main__`
    )

    importable.main()
