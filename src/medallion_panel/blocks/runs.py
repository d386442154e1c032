"""The runs block: the duration and outcome of past runs, and the steps of the last one."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from medallion.pipeline import Pipeline
from medallion.records import Run, StepRun
from medallion.records.quality import quality_of
from medallion_panel.block_settings import Runs
from medallion_panel.blocks.quality import STYLE
from medallion_panel.ui.formats import Formats
from medallion_panel.ui.markup import markup_table, part_heading

BAR = Markup(
    "<div class='bar'><div style='background:var(--panel-primary-color);width:{:.1f}%'></div></div>"
)

# What runs and their steps came to, as visitors read it.
WORDS = {
    "computed": "computed",
    "reused": "used again",
    "unchanged": "unchanged",
    "succeeded": "succeeded",
    "running": "running",
    "failed": "failed",
    "not run": "not run",
}
_QUALITY = ("quarantined", "warned")
# Paper cannot be scrolled: the ids of runs and releases are broken at their hyphens.
_PRINTED = Markup("""<style>@media print {
  th, td { padding-left: 5px; padding-right: 5px } td { white-space: normal }
}</style>""")


def runs_html(block: Runs, pipeline: Pipeline, formats: Formats) -> Markup:
    """A table of runs and one of steps, from the lake (a dashboard on an API may not reach it)."""
    runs = pipeline.lake.runs(block.limit + 1)
    more, runs = len(runs) > block.limit, runs[: block.limit]
    if not runs:
        return Markup("<p>{}</p>").format(formats.say("No runs found in the lake."))
    computing = next(
        (run for run in runs if any(step.action == "computed" for step in run.steps)), None
    )
    html = STYLE + _PRINTED + _runs(runs, formats)
    if more:
        message = formats.say("Only the last {count} runs are shown.", count=len(runs))
        html += Markup("<p>{}</p>").format(message)
    if computing is not None:
        title = formats.say("Steps of run {run}", run=computing.id)
        html += part_heading(title, block.title) + _steps(computing, formats)
    return html


def _runs(runs: Sequence[Run], formats: Formats) -> Markup:
    write, seconds = formats.writer("integer"), formats.writer("decimal")
    longest = max((_duration(run) for run in runs), default=0) or 1
    lines = []
    for run in runs:
        steps = [step for step in run.steps if step.action == "computed"]
        ingest, compute = (
            sum(step.seconds for step in steps if bool(step.sources) == sources)
            for sources in (True, False)
        )
        load = sum(load.seconds for load in run.loads if load.loaded)
        cells = (
            f"{run.id} · {formats.age(run.started)}",
            formats.say(WORDS[run.status]),
            *map(seconds, (_duration(run), ingest, compute, load)),
            write(sum(step.rows for step in steps)),
            write(sum(quality.rejects for quality in map(quality_of, steps))),
            write(sum(quality.warnings for quality in map(quality_of, steps))),
            run.release or "–",
        )
        bar = BAR.format(100 * _duration(run) / longest)
        lines.append((*cells, bar))
    figures = ("Seconds", "Ingest", "Compute", "Load", "Rows", "Quarantined", "Warned")
    return markup_table([*map(formats.say, ("Run", "Status", *figures, "Release")), ""], lines)


def _steps(run: Run, formats: Formats) -> Markup:
    write, seconds = formats.writer("integer"), formats.writer("decimal")
    longest = max((step.seconds for step in run.steps), default=0) or 1
    lines = [
        (
            step.table,
            formats.say(WORDS[step.action]),
            seconds(step.seconds),
            write(step.rows),
            *(_share(step, name, formats) for name in _QUALITY),
            formats.bytes(step.bytes),
            BAR.format(100 * step.seconds / longest),
        )
        for step in run.steps
    ]
    figures = ("Seconds", "Rows", "Quarantined", "Warned", "Size")
    return markup_table([*map(formats.say, ("Table", "Action", *figures)), ""], lines)


def _share(step: StepRun, name: str, formats: Formats) -> str:
    """The share of the rows in, as the quality block counts them; empty if there are none."""
    quality = quality_of(step)
    count = getattr(quality, name)
    return formats.writer("percent")(count / quality.rows_in) if count else ""


def _duration(run: Run) -> float:
    return (run.finished - run.started).total_seconds() if run.finished else 0.0
