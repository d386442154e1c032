"""How a run shows itself: in one line, and as the table that the command line prints."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from medallion.records import Run, RunStatus, StepRun, Tally

STARTED = datetime(2026, 11, 25, 12, tzinfo=UTC)


def run(*steps: StepRun, status: RunStatus = "succeeded", release: str | None = "r2") -> Run:
    return Run(
        id="r1",
        pipeline="shop",
        status=status,
        started=STARTED,
        finished=STARTED + timedelta(milliseconds=440),
        steps=steps,
        release=release,
    )


def cells(html: str) -> list[list[str]]:
    rows = re.findall(r"<tr>(.*?)</tr>", html)
    return [re.findall(r"<t[dh]>(.*?)</t[dh]>", row) for row in rows]


COMPUTED = StepRun(
    table="silver.orders",
    action="computed",
    why="bronze.orders changed",
    seconds=0.254,
    rows=3,
    sources={"new": 0},
    tallies=(
        Tally(label="", rows_in=1_200, kept=1_000, deduplicated=199, quarantined=1, rows_out=3),
        Tally(label="aggregate", rows_in=1_000, kept=990, dropped=10, rows_out=3),
        Tally(label="window", rows_in=3, kept=3, rows_out=3),
    ),
)


def test_a_run_is_one_line() -> None:
    tables = run(COMPUTED, StepRun(table="gold.total", action="unchanged", why=""))
    assert repr(tables) == "<Run r1 of shop: succeeded, 2 tables in 0.4 s, release r2>"
    running = Run(id="r1", pipeline="shop", status="running", started=STARTED)
    assert repr(running) == "<Run r1 of shop: running, 0 tables>"


def test_a_notebook_shows_each_table_and_each_phase_that_lost_rows() -> None:
    header, first, later = cells(run(COMPUTED)._repr_html_())
    assert header == [
        *("table", "", "files", "rows in", "kept", "deduplicated", "dropped", "quarantined"),
        *("rows out", "seconds"),
    ]
    assert first == [
        *("silver.orders", "computed", "", "1,200", "1,000", "199", "0", "1", "3", "0.25"),
    ]
    assert later == ["  aggregate", "", "", "1,000", "990", "0", "10", "0", "", ""]


def test_a_table_without_figures_has_empty_cells() -> None:
    failed = StepRun(table="bronze.a", action="failed", why="", sources={"new": 2, "retracted": 1})
    skipped = StepRun(table="gold.a", action="not run", why="bronze.a failed")
    _, first, second = cells(run(failed, skipped, status="failed", release=None)._repr_html_())
    assert first == ["bronze.a", "failed", "2 new, 1 retracted", *[""] * 6, "0.00"]
    assert second == ["gold.a", "not run", "", *[""] * 5, "0", ""]


def test_texts_are_escaped() -> None:
    html = run(StepRun(table="gold.<b>", action="reused", why=""))._repr_html_()
    assert "&lt;b&gt;" in html
    assert "<b>" not in html
    assert "&lt;Run r1 of shop" in html
