"""The record of a run, and the events that a watcher receives."""

from __future__ import annotations

from threading import Thread

import pytest

from medallion.errors import GateError, MedallionError
from medallion.lake.lake import Lake
from medallion.records import LoadReport, Served, StepRun, Tally
from medallion.run.run_log import Event, RunLog, failed_step, finished_step, ingestion
from tests.unit.run.conftest import Project, partition, snapshot

RUN = "20250102-030405-abcdef"


@pytest.fixture
def lake(project: Project) -> Lake:
    return project().lake


def step(table: str) -> StepRun:
    return StepRun(table=table, action="computed", why="it is new")


def load(rows: int, seconds: float, *, loaded: bool = True) -> LoadReport:
    served = Served(table="gold.a", name="a__1", snapshot="s", rows=rows, columns=())
    return LoadReport(sink="serving", served=served, seconds=seconds, loaded=loaded, arrived=rows)


def test_steps_are_recorded_in_the_order_of_the_plan(lake: Lake) -> None:
    events: list[Event] = []
    log = RunLog(lake, RUN, "shop", events.append)
    log.places = {name: place for place, name in enumerate("abcd")}
    log.finish(step("c"))
    log.add(step("a"))
    log.finish(step("d"))
    log.finish(step("b"))
    assert [item.table for item in log.record.steps] == ["a", "b", "c", "d"]
    assert [(event.kind, event.table) for event in events] == [
        ("finished", "c"),
        ("finished", "d"),
        ("finished", "b"),
    ]


def test_steps_of_several_threads_are_all_recorded(lake: Lake) -> None:
    log = RunLog(lake, RUN, "shop", lambda _: None)
    names = [f"t{number}" for number in range(40)]
    log.places = {name: place for place, name in enumerate(names)}
    threads = [Thread(target=log.finish, args=(step(name),)) for name in reversed(names)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [item.table for item in log.record.steps] == names


def test_a_record_is_written_as_it_is(lake: Lake) -> None:
    log = RunLog(lake, RUN, "shop", lambda _: None)
    assert (log.record.id, log.record.status) == (RUN, "running")
    log.places = {"a": 0}
    log.add(step("a"))
    log.loaded(load(5, 0.5))
    log.note(status="succeeded", release="r1")
    log.write()
    assert lake.run(RUN) == log.record
    assert (log.record.status, log.record.release, len(log.record.loads)) == ("succeeded", "r1", 1)


def test_a_finished_step_has_the_figures_of_its_snapshot() -> None:
    tally = Tally(label="", rows_in=3, kept=2, dropped=1, rows_out=2)
    partitions = (partition("1", 0), partition("2", 1))
    state = snapshot(
        "silver.a", rows=2, bytes=99, partitions=partitions, tallies=(tally,), warnings=("w",)
    )
    record = finished_step(state, "computed", "a changed", {"changed": 1}, 1.5, 1)
    assert record == StepRun(
        table="silver.a",
        action="computed",
        why="a changed",
        seconds=1.5,
        rows=2,
        bytes=99,
        partitions=2,
        partitions_computed=1,
        snapshot="s",
        tallies=(tally,),
        sources={"changed": 1},
        warnings=("w",),
    )


def test_a_finished_step_counts_groups_when_not_all_were_computed() -> None:
    tallies = [
        Tally(label=label, rows_in=rows, kept=2, rows_out=2)
        for label, rows in (("", 9), ("aggregate", 5))
    ]
    state = snapshot("gold.a", rows=2, tallies=tuple(tallies))
    some = finished_step(state, "computed", "a changed", {}, groups_computed=0)
    assert (some.groups, some.groups_computed) == (5, 0)
    every = finished_step(state, "computed", "a changed", {})
    assert (every.groups, every.groups_computed) == (0, 0)


def test_a_failed_step_has_its_error_and_the_figures_of_a_gate() -> None:
    plain = failed_step("gold.a", "it is new", 0.5, MedallionError("is wrong"))
    assert (plain.action, plain.error, plain.tallies) == ("failed", "is wrong", ())
    gate = GateError("is not met")
    tally = Tally(label="", rows_in=1, kept=0, quarantined=1, rows_out=0)
    gate.figures = {"tallies": (tally,), "rejects": (), "warnings": ("w",)}
    failed = failed_step("gold.a", "it is new", 0.5, gate)
    assert (failed.error, failed.tallies, failed.warnings) == ("is not met", (tally,), ("w",))


def test_the_ingestion_is_the_total_of_what_was_loaded() -> None:
    total = ingestion([load(10, 0.5), load(99, 9, loaded=False), load(20, 1.0)])
    assert total is not None
    assert (total.rows, total.seconds, total.rate) == (30, 1.5, 20.0)
    assert ingestion([load(99, 9, loaded=False)]) is None
    assert ingestion([]) is None
