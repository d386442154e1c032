"""Past runs, and the steps of the last one that computed something."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import medallion as md
from medallion.records import LoadReport, Run, Served, StepRun, Tally
from medallion_panel.block_settings import Runs
from medallion_panel.blocks.runs import runs_html
from medallion_panel.ui.formats import Formats
from tests.unit.panel.tables import FORMATS

YAML = "name: small\ntables:\n  bronze:\n    t: {source: t.csv}\n  gold:\n    t: {from: bronze.t}\n"


@pytest.fixture
def pipeline(tmp_path: Path) -> md.Pipeline:
    (tmp_path / "medallion.yaml").write_text(YAML)
    (tmp_path / "t.csv").write_text("id\n1\n")
    return md.Pipeline.load(tmp_path / "medallion.yaml")


def put_run(
    pipeline: md.Pipeline,
    number: int,
    seconds: float | None,
    steps: Sequence[StepRun] = (),
    **fields: object,
) -> None:
    """Record a run; the first is the oldest."""
    started = datetime.now(UTC) - timedelta(hours=20 - number)
    run = Run(
        id=f"20260101-{number:02}0000-000000",
        pipeline="small",
        status="unchanged",
        started=started,
        finished=None if seconds is None else started + timedelta(seconds=seconds),
        steps=tuple(steps),
    )
    pipeline.lake.put_run(run.model_copy(update=fields))


def tables(html: str) -> list[list[list[str]]]:
    """The cells of every table, without their bars."""
    return [
        [re.findall("<td>([^<]*)", row) for row in re.findall("<tr>(<td>.*?)</tr>", table)]
        for table in re.findall("<table>.*?</table>", html, re.DOTALL)
    ]


COMPUTED = StepRun(table="silver.t", action="computed", why="", seconds=1.5, rows=1200, bytes=2500)
REUSED = StepRun(table="gold.t", action="reused", why="", seconds=0.5, rows=7, bytes=10)


def load(seconds: float, *, loaded: bool) -> LoadReport:
    served = Served(table="gold.t", name="t", snapshot="s", rows=7, columns=())
    return LoadReport(sink="serving", served=served, seconds=seconds, loaded=loaded)


def test_there_are_no_runs_yet(pipeline: md.Pipeline) -> None:
    assert "No runs found in the lake." in runs_html(Runs(), pipeline, FORMATS)


def test_a_run_has_its_duration_its_parts_and_the_rows_that_it_computed(
    pipeline: md.Pipeline,
) -> None:
    loads = (load(0.25, loaded=True), load(9, loaded=False))
    tallies = (
        Tally(label="", rows_in=1600, kept=1500, quarantined=100, rows_out=1500, warned=40),
        Tally(label="aggregate", rows_in=1500, kept=1499, quarantined=1, rows_out=1499),
    )
    steps = (COMPUTED.model_copy(update={"tallies": tallies}), REUSED)
    put_run(pipeline, 18, 4, steps, status="succeeded", loads=loads, release="r1")
    runs, last_steps = tables(runs_html(Runs(), pipeline, FORMATS))
    assert runs[0][:10] == [
        "20260101-180000-000000 · 2 hours ago",
        "succeeded",
        "4.00",
        "0.00",
        "1.50",
        "0.25",
        "1,200",
        "101",
        "40",
        "r1",
    ]
    assert [row[:7] for row in last_steps] == [
        ["silver.t", "computed", "1.50", "1,200", "6.2%", "2.5%", "2.5 kB"],
        ["gold.t", "used again", "0.50", "7", "", "", "10 B"],
    ]


def test_the_steps_are_those_of_the_last_run_that_computed(pipeline: md.Pipeline) -> None:
    put_run(pipeline, 1, 10, [COMPUTED])
    put_run(pipeline, 2, 20, [REUSED])
    put_run(pipeline, 3, None, status="running")
    html = runs_html(Runs(), pipeline, FORMATS)
    assert "Steps of run 20260101-010000-000000" in html
    runs, _ = tables(html)
    assert [row[2] for row in runs] == ["0.00", "20.00", "10.00"]
    widths = re.findall(r"width:([\d.]+)%", html)
    assert widths[:3] == ["0.0", "100.0", "50.0"]
    assert "Only the last" not in html


def test_without_a_run_that_computed_there_are_no_steps(pipeline: md.Pipeline) -> None:
    put_run(pipeline, 1, 10, [REUSED])
    html = runs_html(Runs(), pipeline, FORMATS)
    assert "Steps of run" not in html
    assert len(tables(html)) == 1


def test_runs_beyond_the_limit_are_mentioned(pipeline: md.Pipeline) -> None:
    for number in range(3):
        put_run(pipeline, number, 1)
    html = runs_html(Runs(limit=2), pipeline, FORMATS)
    assert [row[0][:11] for row in tables(html)[0]] == ["20260101-02", "20260101-01"]
    assert "Only the last 2 runs are shown." in html
    assert "Only the last" not in runs_html(Runs(limit=3), pipeline, FORMATS)


def test_outcomes_are_in_the_language_of_the_visitor(pipeline: md.Pipeline) -> None:
    put_run(pipeline, 1, 2, [COMPUTED, REUSED], status="succeeded")
    german = Formats("de_DE", "EUR", {}, {})
    runs, steps = tables(str(runs_html(Runs(), pipeline, german)))
    assert runs[0][1] == "erfolgreich"
    assert [step[1] for step in steps] == ["berechnet", "wiederverwendet"]
