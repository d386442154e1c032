from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from medallion.cli import report
from medallion.records import Column, Ingestion, LoadReport, Run, Served, StepRun, Tally

PLAIN = Tally(
    label="",
    rows_in=25_194,
    kept=23_663,
    deduplicated=1_000,
    dropped=31,
    quarantined=500,
    rows_out=23_663,
)
GROUPED = Tally(label="", rows_in=23_663, kept=23_663, rows_out=12)
FILTERED = Tally(label="after aggregate", rows_in=12, kept=9, dropped=3, rows_out=9)
UNTOUCHED = Tally(label="after window", rows_in=9, kept=9, rows_out=9)


def run(*steps: StepRun, **fields: object) -> Run:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    fields = {"status": "succeeded", **fields}
    return Run.model_validate(
        {
            "id": "r",
            "pipeline": "shop",
            "started": moment,
            "finished": moment,
            "steps": steps,
            **fields,
        }
    )


def shown(capsys: pytest.CaptureFixture[str], run: Run) -> list[str]:
    report.show(run)
    return capsys.readouterr().out.splitlines()


def line(lines: list[str], name: str) -> list[str]:
    """The cells of the line with this name."""
    return next(
        re.split(r"\s{2,}", text.strip()) for text in lines if text.strip().startswith(name)
    )


@pytest.fixture(autouse=True)
def _no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)


def test_a_line_adds_up_from_left_to_right(capsys: pytest.CaptureFixture[str]) -> None:
    step = StepRun(
        table="silver.purchases",
        action="computed",
        why="",
        rows=23_663,
        seconds=1.234,
        tallies=(PLAIN,),
    )

    lines = shown(capsys, run(step))

    assert line(lines, "table") == [
        "table",
        "what happened",
        "rows in",
        "kept",
        "deduplicated",
        "dropped",
        "quarantined",
        "rows out",
        "seconds",
    ]
    cells = line(lines, "silver.purchases")
    assert cells == [
        "silver.purchases",
        "computed",
        "25,194",
        "23,663",
        "1,000",
        "31",
        "500",
        "23,663",
        "1.23",
    ]
    rows_in, kept, *fates = (int(figure.replace(",", "")) for figure in cells[2:7])
    assert rows_in == kept + sum(fates)


def test_a_later_phase_that_lost_rows_has_its_own_line(capsys: pytest.CaptureFixture[str]) -> None:
    step = StepRun(
        table="gold.top",
        action="computed",
        why="",
        rows=9,
        seconds=0.5,
        tallies=(GROUPED, FILTERED, UNTOUCHED),
    )

    lines = shown(capsys, run(step))

    assert line(lines, "gold.top") == [
        "gold.top",
        "computed",
        "23,663",
        "23,663",
        "0",
        "0",
        "0",
        "9",
        "0.50",
    ]
    assert line(lines, "after aggregate") == ["after aggregate", "12", "9", "0", "3", "0"]
    assert not any("after window" in text for text in lines)


def test_bronze_lists_its_files(capsys: pytest.CaptureFixture[str]) -> None:
    sources = {"new": 1, "changed": 2, "unchanged": 10, "retracted": 0}
    step = StepRun.model_validate(
        {"table": "bronze.a", "action": "computed", "why": "", "sources": sources}
    )

    lines = [text.strip() for text in shown(capsys, run(step))]

    assert lines[3:6] == ["1 new file", "2 changed files", "10 unchanged files"]


@pytest.mark.parametrize("tallies", [(PLAIN,), (GROUPED,)])
def test_eighty_columns_are_enough(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tallies: tuple[Tally, ...]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    step = StepRun(
        table="gold.country_stats", action="computed", why="", rows=9, seconds=12.5, tallies=tallies
    )

    lines = shown(capsys, run(step))

    assert max(map(len, lines)) <= 80
    assert "…" not in "\n".join(lines)
    cells = next(text.split() for text in lines if text.startswith("gold.country_stats"))
    assert cells[:4] == ["gold.country_stats", "computed", f"{tallies[0].rows_in:,}", "23,663"]


def test_a_column_of_zeros_is_omitted_only_on_a_narrow_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    step = StepRun(
        table="gold.country_statistics", action="computed", why="", rows=9, tallies=(GROUPED,)
    )
    assert "dropped" in "".join(shown(capsys, run(step)))

    monkeypatch.setenv("COLUMNS", "72")
    assert "dropped" not in "".join(shown(capsys, run(step)))


def test_a_failed_step_has_no_rows_out(capsys: pytest.CaptureFixture[str]) -> None:
    step = StepRun(table="silver.a", action="failed", why="", seconds=0.1, tallies=(PLAIN,))

    cells = line(shown(capsys, run(step, status="failed")), "silver.a")

    assert cells == ["silver.a", "failed", "25,194", "23,663", "1,000", "31", "500", "0.10"]


def test_loads_warnings_drift_and_note_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    served = Served(
        table="gold.a",
        name="a__1",
        snapshot="1",
        rows=1_500,
        columns=(Column(name="x", type="date"),),
    )
    step = StepRun(
        table="bronze.a",
        action="computed",
        why="",
        drift=("a.csv: new column 'y'",),
        warnings=("a\x1b[0m.csv: odd",),
    )
    loads = (
        LoadReport(
            sink="serving", served=served, seconds=0.25, loaded=True, arrived=1_500, rate=6_000
        ),
        LoadReport(sink="other", served=served, seconds=0.0, loaded=False),
    )

    lines = shown(capsys, run(step, loads=loads, note="not published: gold.b"))

    assert [re.split(r"\s{2,}", text.strip()) for text in lines if text.startswith("gold.a")] == [
        ["gold.a", "serving", "1,500", "0.25", "6,000"],
        ["gold.a", "other", "1,500", "already loaded"],
    ]
    assert "warning: bronze.a: a\\x1b[0m.csv: odd" in lines
    assert "drift: bronze.a: a.csv: new column 'y'" in lines
    assert lines[-1] == "not published: gold.b"


def test_loads_are_timed_each_and_in_total(capsys: pytest.CaptureFixture[str]) -> None:
    columns = (Column(name="x", type="date"),)
    loads = tuple(
        LoadReport(
            sink="serving",
            served=Served(
                table=f"gold.{name}", name=name, snapshot="1", rows=rows, columns=columns
            ),
            seconds=seconds,
            loaded=seconds > 0,
            arrived=rows,
            rate=rows / (seconds or 1),
        )
        for name, rows, seconds in (("a", 1_500, 0.25), ("b", 500, 0.75), ("c", 9_999, 0.0))
    )

    lines = shown(capsys, run(loads=loads, ingestion=Ingestion(rows=2_000, seconds=1, rate=2_000)))

    assert line(lines, "gold.b") == ["gold.b", "serving", "500", "0.75", "667"]
    assert line(lines, "gold.c") == ["gold.c", "serving", "9,999", "already loaded"]
    assert line(lines, "total loaded") == ["total loaded", "2,000", "1.00", "2,000"]


@pytest.mark.parametrize(
    ("mode", "text"),
    [
        ("merge", "merge: gold.a: 2 of 3 loaded rows new, 1 updated, 12 rows served"),
        ("append", "append: gold.a: 2 of 3 loaded rows new, 1 already present, 12 rows served"),
    ],
)
def test_a_merge_says_how_many_rows_are_new(
    capsys: pytest.CaptureFixture[str], mode: str, text: str
) -> None:
    columns = (Column(name="x", type="date"),)
    former = Served(table="gold.a", name="a__1", snapshot="1", rows=10, columns=columns)
    fields = {"name": "a__2", "snapshot": "2", "rows": 12, "mode": mode, "former": former}
    served = Served.model_validate({**former.model_dump(), **fields})
    load = LoadReport(
        sink="serving", served=served, seconds=1, loaded=True, arrived=3, met=1, rate=3
    )

    assert text in shown(capsys, run(loads=(load,)))
