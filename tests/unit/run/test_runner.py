"""One execution: what it does with each table, what it publishes, and what it records."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from medallion.declaration.models import Source, Table
from medallion.errors import LeaseError, SourceError, StepError, TablesError
from medallion.records import Run
from medallion.run.planner import Step
from medallion.run.run_log import Event
from medallion.run.selection import Selection
from tests.unit.run.conftest import FILES, Project, write

BROKEN = Table(from_="bronze.clients", steps=[{"sql": "select nothing from clients"}])


def actions(run: Run) -> dict[str, str]:
    return {step.table: step.action for step in run.steps}


def test_a_first_run_computes_and_publishes_every_table(project: Project) -> None:
    pipeline = project()
    events: list[Event] = []
    run = pipeline.run(watch=events.append)
    assert run.status == "succeeded"
    assert set(actions(run).values()) == {"computed"}
    assert list(actions(run)) == [
        "bronze.orders",
        "bronze.clients",
        "silver.orders",
        "gold.totals",
        "gold.clients",
    ]
    kinds = [event.kind for event in events]
    assert kinds[:2] == ["began", "planned"]
    assert kinds[-2:] == ["published", "ended"]
    counts = {kind: kinds.count(kind) for kind in ("started", "finished", "loading", "loaded")}
    assert counts == {"started": 5, "finished": 5, "loading": 2, "loaded": 2}
    release = pipeline.lake.current()
    assert release is not None
    assert (release.id, release.run, release.previous) == (run.release, run.id, None)
    assert {name: table.rows for name, table in release.tables.items()} == {
        "bronze.orders": 4,
        "bronze.clients": 1,
        "silver.orders": 2,
        "gold.totals": 2,
        "gold.clients": 1,
    }
    assert pipeline.lake.run(run.id) == run
    assert run.ingestion is not None
    assert run.ingestion.rows == 3


def test_an_unchanged_run_publishes_nothing(project: Project) -> None:
    pipeline = project()
    first = pipeline.run()
    second = pipeline.run()
    assert (second.status, second.release) == ("unchanged", first.release)
    assert set(actions(second).values()) == {"unchanged"}
    assert (second.loads, second.ingestion) == ((), None)
    assert len(pipeline.lake.releases()) == 1


def test_only_tables_that_read_a_changed_file_are_computed(
    project: Project, tmp_path: Path
) -> None:
    pipeline = project()
    first = pipeline.run()
    write(tmp_path, {"clients.csv": FILES["clients.csv"] + "y,Ann\n"})
    second = pipeline.run()
    assert actions(second) == {
        "bronze.orders": "unchanged",
        "bronze.clients": "computed",
        "silver.orders": "unchanged",
        "gold.totals": "unchanged",
        "gold.clients": "computed",
    }
    assert [(load.served.table, load.loaded) for load in second.loads] == [
        ("gold.totals", False),
        ("gold.clients", True),
    ]
    release = pipeline.lake.current()
    assert release is not None
    assert release.previous == first.release
    write(tmp_path, {"clients.csv": FILES["clients.csv"]})
    back = pipeline.run()
    assert actions(back)["gold.clients"] == "reused"


def test_a_partial_run_publishes_nothing_that_would_be_out_of_date(
    project: Project, tmp_path: Path
) -> None:
    pipeline = project()
    first = pipeline.run()
    write(tmp_path, {"clients.csv": "client,name\n"})
    run = pipeline.run(only=["bronze.clients"])
    assert (run.status, run.release) == ("succeeded", None)
    assert run.note.startswith("not published: gold.clients would be out of date")
    assert pipeline.lake.pointer().release == first.release
    assert pipeline.run(full=True).status == "succeeded"


def test_tables_that_do_not_read_a_failed_one_are_still_computed(project: Project) -> None:
    tables = {
        "bronze": {
            "orders": Source(source="orders/*.csv"),
            "clients": Source(source="clients.csv"),
        },
        "silver": {"broken": BROKEN, "after": Table(from_="silver.broken")},
        "gold": {"orders": Table(from_="bronze.orders")},
    }
    pipeline = project(tables=tables, sinks={})
    with pytest.raises(StepError, match=r"silver\.broken") as error:
        pipeline.run()
    run = error.value.run
    assert run is not None
    assert (run.status, run.release) == ("failed", None)
    assert actions(run) == {
        "bronze.orders": "computed",
        "bronze.clients": "computed",
        "silver.broken": "failed",
        "silver.after": "not run",
        "gold.orders": "computed",
    }
    assert next(step.why for step in run.steps if step.table == "silver.after") == (
        "silver.broken failed"
    )
    assert pipeline.lake.current() is None
    assert pipeline.lake.run(run.id) == run
    assert (run.error or "").startswith("silver.broken")


def test_errors_of_several_tables_are_raised_together(project: Project, tmp_path: Path) -> None:
    pipeline = project()
    (tmp_path / "clients.csv").unlink()
    write(tmp_path, {"orders/a.csv": "", "orders/b.csv": "id\n1\n"})
    with pytest.raises(TablesError) as error:
        pipeline.run()
    assert [type(item) for item in error.value.errors] == [SourceError, SourceError]
    assert {"bronze.clients", "bronze.orders"} <= {
        step.table for step in error.value.run.steps if step.action == "failed"
    }


def test_a_run_that_lost_its_lease_publishes_nothing(project: Project) -> None:
    pipeline = project()

    def watch(event: Event) -> None:
        if event.kind == "loading":
            pipeline.unlock()

    with pytest.raises(LeaseError):
        pipeline.run(watch=watch)
    assert pipeline.lake.current() is None
    assert pipeline.run().status == "succeeded"


def test_a_scheduler_performs_each_step_in_order_and_may_retry(project: Project) -> None:
    tables: list[str] = []

    def perform(step: Step, work: Callable[[], None]) -> None:
        tables.append(step.table)
        work()

    run = project().run(perform=perform)
    assert tables == [step.table for step in run.steps]
    assert run.status == "succeeded"


def test_an_error_of_another_kind_ends_the_run_and_is_recorded(project: Project) -> None:
    pipeline = project()

    def watch(event: Event) -> None:
        if event.kind == "loading":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pipeline.run(watch=watch)
    record = pipeline.lake.latest_run()
    assert record is not None
    assert (record.status, record.error) == ("failed", "KeyboardInterrupt: ")
    run = pipeline.run(Selection())
    assert set(actions(run).values()) == {"reused"}
