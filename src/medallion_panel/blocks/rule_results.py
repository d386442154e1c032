"""The rules of a table, and how many rows each has rejected in the last runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from babel import numbers
from markupsafe import Markup

from medallion.declaration.models import Table
from medallion.pipeline import Pipeline
from medallion.records import Release, Run
from medallion.records.quality import TableQuality, quality_of
from medallion_panel.data.lake_reader import lake_reader
from medallion_panel.ui.formats import Formats
from medallion_panel.ui.markup import markup_table

RUNS = 30
LAST_RUNS = "Last run | Last {count} runs"

_BY_STEP = "removed by a step"
_EFFECTS = {
    "warn": "kept, with a warning",
    "drop": "dropped",
    "quarantine": "quarantined",
    "fail": "not published",
}


def rules_html(table: str, release: Release, pipeline: Pipeline, formats: Formats) -> Markup:
    """One line per rule of the declaration, and per reason for which rows were removed."""
    quality, say = quality_of(release.tables[table]), formats.say
    runs = lake_reader(pipeline).runs(RUNS)
    results = dict.fromkeys((*quality.rules, *quality.warned_rules))
    declared = _declared(table, pipeline)
    idle = [name for name in declared if not any(_is_of(result, name) for result in results)]
    if not results and not idle:
        message = say("This table has no rules, and removes no rows.")
        return Markup("<p class='faint'>{}</p>").format(message)
    write = formats.writer("integer")
    history = rule_history(table, runs)
    lines = []
    for name in (*results, *idle):
        count = quality.rules.get(name, 0) + quality.warned_rules.get(name, 0)
        share = share_text(count / quality.rows_in, formats) if count and quality.rows_in else ""
        effects = (effect for rule, effect in declared.items() if _is_of(name, rule))
        effect = say(next(effects, _BY_STEP))
        lines.append((name, effect, write(count), share, sparkline(history.get(name, ()), formats)))
    last = say(LAST_RUNS, count=len(runs)) if runs else ""
    headers = (*map(say, ("Rule", "Rows are", "Rows", "Share")), last)
    html = markup_table(headers, lines)
    if not runs:
        message = say("This dashboard does not reach the lake, which has the earlier runs.")
        html += Markup("<p class='faint'>{}</p>").format(message)
    return html


def rule_history(table: str, runs: Sequence[Run]) -> dict[str, list[float]]:
    """By rule the share of rows that it rejected in each run with the table, the oldest first."""
    qualities = list(_qualities(table, runs))
    names = {name for each in qualities for name in (*each.rules, *each.warned_rules)}
    return {name: [_share(each, name) for each in qualities] for name in names}


def _qualities(table: str, runs: Sequence[Run]) -> list[TableQuality]:
    steps = [step for run in reversed(runs) for step in run.steps if step.table == table]
    return [quality_of(step) for step in steps if step.tallies]


def _share(quality: TableQuality, rule: str) -> float:
    count = quality.rules.get(rule, 0) + quality.warned_rules.get(rule, 0)
    return count / quality.rows_in if quality.rows_in else 0.0


def _declared(table: str, pipeline: Pipeline) -> Mapping[str, str]:
    """The rules of the declaration, by the names that results have, and what they do."""
    names = pipeline.declaration.names()
    declared = pipeline.declaration.table(table) if table in names else None
    rules = declared.expect if isinstance(declared, Table) else ()
    return {rule.rule: _EFFECTS[rule.on_fail] for rule in rules}


def _is_of(result: str, rule: str) -> bool:
    """Whether a result, such as `not_null amount`, is one of a rule, such as `not_null`."""
    return result == rule or result.startswith(f"{rule} ")


def share_text(share: float, formats: Formats) -> str:
    """A share of rows, which is often small, with two decimals."""
    return str(numbers.format_percent(share, "0.00%", locale=formats.locale))


def sparkline(
    shares: Sequence[float], formats: Formats, width: int = 132, height: int = 26
) -> Markup:
    """A small line of shares, from 0 to the greatest one; empty without two of them."""
    if len(shares) < 2 or not any(shares):
        return Markup("")
    most = max(shares)
    step = (width - 6) / (len(shares) - 1)
    points = [
        (3 + number * step, height - 3 - (height - 6) * share / most)
        for number, share in enumerate(shares)
    ]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    first, last, peak = (share_text(share, formats) for share in (shares[0], shares[-1], most))
    message = "From {first} to {last}, at most {most}"
    label = formats.say(message, first=first, last=last, most=peak)
    x, y = points[-1]
    return Markup(
        "<svg class='line' width='{}' height='{}' role='img' aria-label='{}'>"
        "<title>{}</title><polyline points='{}' fill='none' stroke='#d0453e' stroke-width='1.5'/>"
        "<circle cx='{:.1f}' cy='{:.1f}' r='2.5' fill='#d0453e'/></svg>"
    ).format(width, height, label, label, path, x, y)
