"""Past runs: when, how long, what came of them; and what each step of the last one did."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from medallion.pipeline import Pipeline
from medallion.records import Run
from medallion_panel.block_settings import Runs
from medallion_panel.blocks.quality import STYLE
from medallion_panel.ui.formats import Formats
from medallion_panel.ui.markup import markup_table

_BAR = Markup("<div class='bar'><div style='background:#3b76d6;width:{:.1f}%'></div></div>")


def runs_html(block: Runs, pipeline: Pipeline, formats: Formats) -> Markup:
    """Two tables. They come from the lake, which a dashboard that reads an API may not reach."""
    runs = pipeline.lake.runs(block.limit + 1)
    more, runs = len(runs) > block.limit, runs[: block.limit]
    if not runs:
        return Markup("<p>No run is on record here. Runs are kept in the lake.</p>")
    worked = next(
        (run for run in runs if any(step.action == "computed" for step in run.steps)), None
    )
    html = STYLE + _runs(runs, formats)
    if more:
        html += Markup("<p>The last {} runs; there are more.</p>").format(len(runs))
    if worked is not None:
        html += Markup("<h4>Steps of run {}</h4>").format(worked.id) + _steps(worked, formats)
    return html


def _runs(runs: Sequence[Run], formats: Formats) -> Markup:
    write, second = formats.writer("integer"), formats.writer("decimal")
    longest = max((_seconds(run) for run in runs), default=0) or 1
    lines = []
    for run in runs:
        worked = [step for step in run.steps if step.action == "computed"]
        taken, computed = (
            [step for step in worked if bool(step.sources) == sources] for sources in (True, False)
        )
        cells = (
            f"{run.id} · {formats.age(run.started)}", run.status, second(_seconds(run)),
            *(second(sum(step.seconds for step in steps)) for steps in (taken, computed)),
            second(sum(load.seconds for load in run.loads if load.loaded)), write(sum(step.rows for step in worked)),
            run.release or "–",
        )  # fmt: skip
        bar = _BAR.format(100 * _seconds(run) / longest)
        lines.append((*cells, bar))
    return markup_table(
        ("Run", "Status", "Seconds", "Taking in", "Computing", "Loading", "Rows", "Release", ""),
        lines,
    )


def _steps(run: Run, formats: Formats) -> Markup:
    write, second = formats.writer("integer"), formats.writer("decimal")
    longest = max((step.seconds for step in run.steps), default=0) or 1
    lines = [
        (
            step.table, step.action, second(step.seconds), write(step.rows), formats.bytes(step.bytes),
            _BAR.format(100 * step.seconds / longest),
        )
        for step in run.steps
    ]  # fmt: skip
    return markup_table(("Table", "What was done", "Seconds", "Rows", "Size", ""), lines)


def _seconds(run: Run) -> float:
    return (run.finished - run.started).total_seconds() if run.finished else 0.0
