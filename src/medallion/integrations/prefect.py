"""A pipeline as a Prefect flow: one task run a step, with retries, logs and the run's table in Prefect's UI.

    from medallion.integrations.prefect import flow

    flow("medallion.yaml")()

Needs the extra `prefect` and, in `PREFECT_API_URL`, the address of a Prefect server. On a schedule:

    python -m medallion.integrations.prefect medallion.yaml --cron "0 * * * *"
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import prefect
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.types.entrypoint import EntrypointType

from medallion.declaration.models import Table
from medallion.errors import MedallionError, ServiceError
from medallion.lake.quality import quality_of
from medallion.pipeline import Pipeline
from medallion.records import Run, StepRun
from medallion.run.planner import Step
from medallion.run.run_log import Event
from medallion.secrets import masked_logger

RETRIES = 2
PAUSE = 10.0
_RUN_LOGGERS = ("prefect.flow_runs", "prefect.task_runs")


def flow(
    pipeline: Pipeline | Path | str, *, retries: int = RETRIES, pause: float = PAUSE
) -> prefect.Flow[[], str]:
    """A Prefect flow of a pipeline's name, which runs it and returns the run's id.

    Parameters: `pipeline`, or the path of its declaration. A step that failed for a fault of storage or
    database is tried again `retries` times after `pause` seconds; faults of the data are not.
    """
    loaded = pipeline if isinstance(pipeline, Pipeline) else Pipeline.load(pipeline)

    @prefect.flow(name=loaded.declaration.name, validate_parameters=False)
    def publish() -> str:
        return _run(loaded, retries, pause)

    return publish


@prefect.flow(name="medallion")
def run(declaration: str, retries: int = RETRIES, pause: float = PAUSE) -> str:
    """The flow that a deployment runs: read a declaration, run its pipeline, return the run's id."""
    return _run(Pipeline.load(declaration), retries, pause)


def serve(declaration: Path | str, *, cron: str | None = None) -> None:
    """Deploy a pipeline under its name and run it when asked, or by a cron schedule; does not return.

    Raises DeclarationError when the declaration is wrong, before anything is deployed.
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
@click.option("--cron", help='When to run, such as "0 * * * *" for every hour.')
def main(declaration: str, cron: str | None) -> None:
    """Serve a pipeline to the Prefect server of PREFECT_API_URL."""
    serve(declaration, cron=cron)


def _run(pipeline: Pipeline, retries: int, pause: float) -> str:
    log = prefect.get_run_logger()
    for name in (
        _RUN_LOGGERS
    ):  # Prefect logs the traceback of an error, with those of the libraries behind it
        masked_logger(name)
    states: dict[str, Any] = {}

    def perform(step: Step, work: Callable[[], None]) -> None:
        reads = pipeline.declaration.table(step.table)
        before = (
            [states[name] for name in reads.reads().values()] if isinstance(reads, Table) else []
        )
        task = prefect.task(
            name=step.table,
            description=step.why,
            retries=retries,
            retry_delay_seconds=pause,
            retry_condition_fn=_may_pass,
            cache_policy=NO_CACHE,
            persist_result=False,
        )(work)
        states[step.table] = task(return_state=True, wait_for=before)
        states[step.table].result()

    def watch(event: Event) -> None:
        if event.step:
            log.info(
                "%s: %s, %s rows (%s)",
                event.table,
                event.step.action,
                event.step.rows,
                event.step.why,
            )
        elif event.load:
            log.info("%s: loaded into %s", event.load.served.table, event.load.sink)
        elif event.release:
            log.info("published release %s", event.release.id)

    try:
        done = pipeline.run(watch=watch, perform=perform)
    except MedallionError as error:
        if error.run:
            _show(error.run)
        raise
    _show(done)
    return done.id


def _show(done: Run) -> None:
    outcome = f"release {done.release}" if done.release else done.error or done.note
    create_table_artifact(
        key="medallion-run",
        table=[_row(step) for step in done.steps],
        description=f"Run {done.id} of {done.pipeline}: {done.status}; {outcome}",
    )


def _row(step: StepRun) -> dict[str, Any]:
    quality = quality_of(step)
    figures = ("kept", "deduplicated", "dropped", "quarantined")
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


def _may_pass(task: object, task_run: object, state: Any) -> bool:  # noqa: ARG001 (Prefect's signature)
    return isinstance(state.result(raise_on_failure=False), ServiceError)


if __name__ == "__main__":
    from medallion.integrations import (
        prefect as importable,  # a deployment names this module, not `__main__`
    )

    importable.main()
