"""The last runs as a timeline: each with its steps, what differs from the run before, and why it
failed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from medallion.pipeline import Pipeline
from medallion.records import Candidate, Run, StepRun
from medallion.records.quality import quality_of
from medallion_panel.blocks.quality import STYLE
from medallion_panel.blocks.runs import WORDS
from medallion_panel.data.lake_reader import lake_reader
from medallion_panel.lake_block_settings import RunHistory
from medallion_panel.messages.messages import Messages
from medallion_panel.ui.formats import Formats
from medallion_panel.ui.markup import markup_table
from medallion_panel.ui.page_links import table_link
from medallion_panel.ui.visitor_errors import without_paths

NO_RUNS = "No runs found: this dashboard does not reach the lake, or nothing has run yet."

_COLORS = {
    "succeeded": "#15915f",
    "unchanged": "#8b93a1",
    "failed": "#d0453e",
    "running": "#3b76d6",
}
_LEAST, _MOST = 8, 72  # pixels of a bar

_STYLE = STYLE + Markup("""<style>
a { color: inherit }
.time { display: flex; align-items: flex-end; gap: 3px; height: 76px; margin: 0 0 4px;
        overflow: hidden; justify-content: flex-start }
.time span { flex: 1 1 6px; max-width: 26px; border-radius: 3px 3px 0 0; min-width: 4px }
.time span:hover { filter: brightness(1.2) }
.ends div { display: flex; justify-content: space-between; gap: 12px }
.ends { font-size: .75rem; opacity: .75;
        border-top: 1px solid rgba(128,136,150,.35); padding-top: 4px; margin-bottom: 14px }
details { border-top: 1px solid rgba(128,136,150,.22) } details[open] { padding-bottom: 14px }
summary { display: grid; grid-template-columns: 10px minmax(9ch, 16ch) minmax(0, 1fr) auto;
          gap: 4px 12px; align-items: baseline; padding: 9px 2px; cursor: pointer;
          font-size: .88rem; list-style: none }
summary::-webkit-details-marker { display: none }
summary:hover { background: rgba(128,136,150,.08) }
summary:focus-visible { outline: 2px solid var(--panel-primary-color); outline-offset: 1px;
  border-radius: 6px }
.dot { width: 9px; height: 9px; border-radius: 50% } .when { white-space: nowrap }
.what { overflow-wrap: anywhere } .took { font-variant-numeric: tabular-nums; opacity: .75;
        white-space: nowrap }
.failure { border-left: 3px solid #d0453e; padding: 6px 12px; margin: 4px 0 10px;
         white-space: pre-line; overflow-wrap: anywhere; font-size: .86rem }
.held div { display: flex; flex-wrap: wrap; gap: 4px 16px; margin-top: 6px }
.held code { white-space: nowrap }
.held { border: 1px solid #e08a1e; border-radius: 8px; padding: 10px 14px; margin: 0 0 16px;
        font-size: .88rem; overflow-wrap: anywhere }
code { font-size: .8rem; background: rgba(128,136,150,.16); padding: 1px 5px; border-radius: 4px }
th:nth-child(2), td:nth-child(2), th:last-child, td:last-child { text-align: left }
td:last-child { white-space: normal; min-width: 26ch; overflow-wrap: anywhere }
.parts { display: inline-block; white-space: normal; min-width: 12ch }
@media (max-width: 600px) {
  summary { grid-template-columns: 10px 1fr auto }
  .what { grid-column: 2 / -1; grid-row: 2 } td:last-child { min-width: 44ch }
}
</style>""")


def run_history_html(block: RunHistory, pipeline: Pipeline, formats: Formats) -> Markup:
    """Candidates that a gate has stopped, a bar per run, and the runs to be opened."""
    reader = lake_reader(pipeline)
    runs = reader.runs(block.limit + 1)
    if not runs:
        return Markup("<p>{}</p>").format(formats.say(NO_RUNS))
    shown = runs[: block.limit]
    held = Markup("").join(_held(candidate, formats) for candidate in reader.held())
    entries = Markup("").join(
        _entry(run, before, formats, opened=number == 0 and run.status == "failed")
        for number, (run, before) in enumerate(zip(shown, [*runs[1:], None], strict=False))
    )
    html = _STYLE + held + _timeline(shown, formats) + entries
    if len(runs) > len(shown):
        message = formats.say("Only the last {count} runs are shown.", count=len(shown))
        html += Markup("<p>{}</p>").format(message)
    return html


def _held(candidate: Candidate, formats: Formats) -> Markup:
    """A release that a gate has stopped: why, and what can be done."""
    name, say = candidate.name, formats.say
    reasons = without_paths("; ".join(candidate.failed)).rstrip(".")
    age = formats.age(candidate.release.created)
    commands = (
        ("Compare it:", f"medallion diff {name}"),
        ("Publish it:", f"medallion publish {name} --force"),
        ("Remove it:", f"medallion discard {name}"),
    )
    parts = Markup("").join(
        Markup("<span>{} <code>{}</code></span>").format(say(what), command)
        for what, command in commands
    )
    return Markup(
        "<div class='held'><b>{}</b> {}.<br><a href='?release={}'>{}</a>.<div>{}</div></div>"
    ).format(
        say("A rule stopped a release {age}:", age=age),
        reasons,
        name,
        say("See the pages as they would be"),
        parts,
    )


def _timeline(runs: Sequence[Run], formats: Formats) -> Markup:
    """One bar per run, the oldest to the left, as tall as it took long."""
    longest = max(map(_seconds, runs)) or 1
    bars = Markup("").join(
        Markup("<span title='{}' style='height:{:.0f}px;background:{}'></span>").format(
            f"{formats.age(run.started)}: {_outcome(run, formats.say)}, {_took(run, formats)}",
            _LEAST + (_MOST - _LEAST) * _seconds(run) / longest,
            _COLORS[run.status],
        )
        for run in reversed(runs)
    )
    ages = dict.fromkeys(formats.age(run.started) for run in (runs[-1], runs[0]))
    ends = Markup("<div class='ends'><div style='max-width:max({}, 36ch)'>{}</div></div>").format(
        f"{29 * len(runs)}px",
        Markup("").join(Markup("<span>{}</span>").format(age) for age in ages),
    )
    message = "The last run ({count}) | The last {count} runs, the oldest first"
    label = formats.say(message, count=len(runs))
    return Markup("<div class='time' role='img' aria-label='{}'>{}</div>{}").format(
        label, bars, ends
    )


def _entry(run: Run, before: Run | None, formats: Formats, *, opened: bool) -> Markup:
    return Markup(
        "<details id='run-{}'{}><summary><span class='dot' style='background:{}'></span>"
        "<span class='when'>{}</span><span class='what'>{}</span><span class='took'>{}</span>"
        "</summary>{}</details>"
    ).format(
        run.id,
        Markup(" open") if opened else "",
        _COLORS[run.status],
        formats.age(run.started),
        _outcome(run, formats.say),
        _took(run, formats),
        _details(run, before, formats),
    )


def _outcome(run: Run, say: Messages) -> str:
    """What a run did, in one line."""
    if run.status == "failed":
        first = without_paths((run.error or "").partition("\n")[0])
        return say("Failed: {reason}", reason=first)
    if run.status == "running":
        return say("Running, or ended without a record")
    computed = sum(step.action == "computed" for step in run.steps)
    if run.candidate:
        message = (
            "Left the candidate {name}, {count} table computed | "
            "Left the candidate {name}, {count} tables computed"
        )
        return say(message, name=run.candidate, count=computed)
    if run.status == "unchanged":
        return say("Nothing new: release {release} stays", release=run.release or "–")
    if run.release:
        message = (
            "Published release {release}, {count} table computed | "
            "Published release {release}, {count} tables computed"
        )
        return say(message, release=run.release, count=computed)
    return say("Nothing published")


def _details(run: Run, before: Run | None, formats: Formats) -> Markup:
    say = formats.say
    head = say("Run {run}, {moment}", run=run.id, moment=formats.day(run.started))
    parts = Markup("<p>{}</p>").format(head)
    if run.error:
        parts += Markup("<div class='failure'>{}{}</div>").format(
            without_paths(run.error), _next(run, say)
        )
    if run.note:
        parts += Markup("<p>{}.</p>").format(without_paths(run.note).rstrip("."))
    if changes := list(_differences(run, before, formats)):
        text = say("Compared with the run before: {changes}.", changes="; ".join(changes))
        parts += Markup("<p>{}</p>").format(text)
    return parts + _steps(run, formats)


def _next(run: Run, say: Messages) -> Markup:
    """What to do next, where the error does not say it."""
    if "→" in (run.error or ""):
        return Markup("")
    return Markup("\n→ {} <code>{}</code>").format(say("Correct the cause, then:"), "medallion run")


def _differences(run: Run, before: Run | None, formats: Formats) -> Iterator[str]:
    """How rows and rejects differ from the run before, by table."""
    former = {step.table: step for step in before.steps} if before else {}
    for step in run.steps:
        earlier = former.get(step.table)
        if earlier is None or "failed" in (step.action, earlier.action):
            continue
        rows = step.rows - earlier.rows
        rejects = quality_of(step).rejects - quality_of(earlier).rejects
        texts = []
        if rows:
            texts.append(formats.say("{change} rows", change=_signed(rows, formats)))
        if rejects:
            change = _signed(rejects, formats)
            texts.append(formats.say("{change} quarantined", change=change))
        if texts:
            yield f"{step.table} {', '.join(texts)}"


def _signed(number: int, formats: Formats) -> str:
    return f"{'+' if number > 0 else '−'}{formats.writer('integer')(abs(number))}"


def _steps(run: Run, formats: Formats) -> Markup:
    if not run.steps:
        return Markup("<p>{}</p>").format(formats.say("No table was looked at."))
    write, seconds = formats.writer("integer"), formats.writer("decimal")
    longest = max(step.seconds for step in run.steps) or 1
    parts = any(_parts(step, formats) for step in run.steps)
    lines = [
        (
            table_link(step.table),
            formats.say(WORDS[step.action]),
            *[Markup("<span class='parts'>{}</span>").format(_parts(step, formats))] * parts,
            write(step.rows) if step.action != "failed" else "",
            write(quality_of(step).rejects) if step.tallies else "",
            seconds(step.seconds) if step.seconds else "",
            _bar(step, longest),
            _why(step),
        )
        for step in run.steps
    ]
    names = ("Table", "Action", *["Partitions"] * parts, "Rows", "Quarantined", "Seconds")
    return markup_table((*map(formats.say, names), "", formats.say("Why")), lines)


def _parts(step: StepRun, formats: Formats) -> str:
    """How many partitions were computed, and how many used again."""
    if not step.partitions or step.action != "computed":
        return ""
    reused, computed = step.partitions - step.partitions_computed, step.partitions_computed
    if not reused:
        return formats.say("{computed} computed", computed=computed)
    return formats.say("{computed} computed, {reused} reused", computed=computed, reused=reused)


def _bar(step: StepRun, longest: float) -> Markup:
    color = _COLORS["failed"] if step.action == "failed" else _COLORS["running"]
    return Markup("<div class='bar'><div style='background:{};width:{:.1f}%'></div></div>").format(
        color, 100 * step.seconds / longest
    )


def _why(step: StepRun) -> str:
    first = (step.error or "").partition("\n")[0]
    texts = [first or step.why, *step.drift, *step.warnings]
    return without_paths("; ".join(filter(None, texts)))


def _seconds(run: Run) -> float:
    return (run.finished - run.started).total_seconds() if run.finished else 0.0


def _took(run: Run, formats: Formats) -> str:
    return f"{formats.writer('decimal')(_seconds(run))} s" if run.finished else "–"
