"""Past runs: when, how long, what came of them; and what each step of the last one did."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from medallion.errors import MedallionError
from medallion.pipeline import Pipeline
from medallion.records import Run
from medallion_panel.blocks.quality import STYLE, table_html
from medallion_panel.formats import Formats
from medallion_panel.section import Runs

_BAR = "<div class='bar'><div style='background:#3b76d6;width:{:.1f}%'></div></div>"


def runs_html(block: Runs, pipeline: Pipeline, formats: Formats) -> str:
    """Two tables as HTML. They come from the lake, which a dashboard that reads an API may not reach."""
    try:
        runs = pipeline.lake.runs()[: block.limit]
    except MedallionError as error:
        return f"<p>The records of runs cannot be read here: {escape(error.message)}.</p>"
    if not runs:
        return "<p>No run is on record here. Runs are kept in the lake.</p>"
    worked = next((run for run in runs if any(step.action == "computed" for step in run.steps)), None)
    parts = [f"<style>{STYLE}</style>", _runs(runs, formats)]
    if worked is not None:
        parts += [f"<h4>Steps of run {escape(worked.id)}</h4>", _steps(worked, formats)]
    return "".join(parts)


def _runs(runs: Sequence[Run], formats: Formats) -> str:
    write, second = formats.writer("integer"), formats.writer("decimal")
    longest = max((_seconds(run) for run in runs), default=0) or 1
    lines = []
    for run in runs:
        worked = [step for step in run.steps if step.action == "computed"]
        taken, computed = ([step for step in worked if bool(step.sources) == sources] for sources in (True, False))
        cells = (
            f"{run.id} · {formats.age(run.started)}", run.status, second(_seconds(run)),
            *(second(sum(step.seconds for step in steps)) for steps in (taken, computed)),
            second(sum(load.seconds for load in run.loads if load.loaded)), write(sum(step.rows for step in worked)),
            run.release or "–",
        )  # fmt: skip
        bar = _BAR.format(100 * _seconds(run) / longest)
        lines.append("".join(f"<td>{escape(cell)}</td>" for cell in cells) + f"<td>{bar}</td>")
    return _table(("Run", "Status", "Seconds", "Taking in", "Computing", "Loading", "Rows", "Release", ""), lines)


def _steps(run: Run, formats: Formats) -> str:
    write, second = formats.writer("integer"), formats.writer("decimal")
    longest = max((step.seconds for step in run.steps), default=0) or 1
    lines = [
        "".join(
            f"<td>{escape(cell)}</td>"
            for cell in (step.table, step.action, second(step.seconds), write(step.rows), formats.bytes(step.bytes))
        )
        + f"<td>{_BAR.format(100 * step.seconds / longest)}</td>"
        for step in run.steps
    ]
    return _table(("Table", "What was done", "Seconds", "Rows", "Size", ""), lines)


def _table(head: Sequence[str], lines: Sequence[str]) -> str:
    names = "".join(f"<th scope='col'>{name}</th>" for name in head)
    return table_html(names, [f"<tr>{line}</tr>" for line in lines])


def _seconds(run: Run) -> float:
    return (run.finished - run.started).total_seconds() if run.finished else 0.0
