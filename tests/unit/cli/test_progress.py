"""Progress of a run as lines, where there is no terminal."""

from __future__ import annotations

import pytest

from medallion.cli.progress import ProgressLines, watcher
from medallion.cli.settings import Settings
from medallion.records import LoadReport, Served, StepRun
from medallion.run.run_log import Event


def finished(action: str, **fields: object) -> Event:
    step = StepRun.model_validate(
        {"table": "gold.t", "action": action, "why": "it is new", "seconds": 1.234, **fields}
    )
    return Event("finished", table="gold.t", step=step)


def loaded(*, again: bool, arrived: int = 0) -> Event:
    served = Served(table="gold.t", name="t__1", snapshot="s", rows=5, columns=())
    load = LoadReport(sink="serving", served=served, seconds=0.5, loaded=not again, arrived=arrived)
    return Event("loaded", load=load)


def printed(capsys: pytest.CaptureFixture[str], event: Event, **settings: bool) -> str:
    with watcher(Settings(**settings)) as watch:
        watch(event)
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (finished("computed", rows=1), "gold.t: computed, 1 row, 1.23 s"),
        (finished("reused", rows=12_345), "gold.t: reused, 12,345 rows, 1.23 s"),
        (finished("failed", rows=7), "gold.t: failed, 1.23 s"),
        (loaded(again=False, arrived=5), "gold.t: loaded into serving, 5 rows, 0.50 s"),
        (loaded(again=True), "gold.t: already loaded into serving"),
    ],
)
def test_each_changed_table_and_each_load_is_a_line(
    capsys: pytest.CaptureFixture[str], event: Event, line: str
) -> None:
    assert printed(capsys, event) == f"{line}\n"


@pytest.mark.parametrize(
    "event",
    [
        finished("unchanged", rows=1),
        finished("not run"),
        Event("started", table="gold.t"),
        Event("planned"),
        Event("published"),
    ],
)
def test_other_events_print_nothing(capsys: pytest.CaptureFixture[str], event: Event) -> None:
    assert printed(capsys, event) == ""


def test_verbose_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    ProgressLines(Settings(verbose=True))(finished("computed", rows=2))
    assert capsys.readouterr().out == "gold.t: computed, 2 rows, 1.23 s  (it is new)\n"


@pytest.mark.parametrize("option", ["quiet", "as_json"])
def test_quiet_and_json_print_nothing(capsys: pytest.CaptureFixture[str], option: str) -> None:
    assert printed(capsys, finished("computed"), **{option: True}) == ""
