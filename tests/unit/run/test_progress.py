"""The progress bar of a run."""

from __future__ import annotations

import io
import sys
from types import ModuleType

import pytest
from rich.console import Console

from medallion.run.planner import Plan, Step
from medallion.run.progress import ProgressBar, in_notebook, with_progress
from medallion.run.run_log import Event

PLANNED = Event("planned", plan=Plan(tuple(Step(f"gold.{name}", "compute", "") for name in "ab")))


@pytest.fixture
def console() -> Console:
    return Console(file=io.StringIO(), force_terminal=True, width=100)


def drawn(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_bar_shows_the_tables_at_work_and_counts_the_finished(console: Console) -> None:
    bar = ProgressBar(console)
    bar(PLANNED)
    assert (bar.total, bar.done, bar.working) == (2, 0, [])
    assert drawn(console) == ""
    bar(Event("started", table="gold.a"))
    bar(Event("started", table="gold.b"))
    assert bar.working == ["gold.a", "gold.b"]
    bar(Event("finished", table="gold.a"))
    assert (bar.done, bar.working) == (1, ["gold.b"])
    bar(Event("finished", table="gold.b"))
    bar(Event("loading", table="gold.a"))
    bar.close()
    assert (bar.done, bar.working) == (2, [])
    assert "loading gold.a" in drawn(console)
    assert "2/2" in drawn(console)


def test_the_first_table_is_named_and_the_others_are_counted(console: Console) -> None:
    bar = ProgressBar(console)
    bar(PLANNED)
    bar(Event("started", table="[red]gold.a"))
    bar(Event("started", table="gold.b"))
    bar.close()
    assert "computing [red]gold.a and 1 more" in drawn(console)
    assert "0/2" in drawn(console)


def test_a_run_without_work_draws_nothing(console: Console) -> None:
    bar = ProgressBar(console)
    bar(PLANNED)
    for table in ("gold.a", "gold.b"):
        bar(Event("finished", table=table))
    bar(Event("published"))
    bar.close()
    assert drawn(console) == ""


def test_a_watcher_gets_every_event_with_or_without_a_bar(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for progress in (None, False, True):
        events: list[Event] = []
        with with_progress(progress, events.append) as watch:
            watch(PLANNED)
            watch(Event("finished", table="gold.a"))
        assert [event.kind for event in events] == ["planned", "finished"]
    assert capsys.readouterr().out == ""


def test_a_notebook_is_recognised_by_its_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    assert not in_notebook()
    monkeypatch.setitem(sys.modules, "ipykernel", ModuleType("ipykernel"))
    assert in_notebook()
