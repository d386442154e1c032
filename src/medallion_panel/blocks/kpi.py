"""One figure, what it was in the period before, and how it went."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from medallion.contracts import Query, Sort
from medallion_panel.block_settings import Kpi
from medallion_panel.blocks.block_context import BlockContext, drawable, missing
from medallion_panel.blocks.periods import unfinished_note, unfinished_periods

_PERIODS = 5000
_STYLE = Markup("""<style>
:host { color: inherit; }
.figure { font-size: 1.9rem; font-weight: 600; line-height: 1.15; letter-spacing: -.02em;
          font-variant-numeric: tabular-nums; margin: 2px 0 4px; }
.change { font-size: .82rem; opacity: .85; min-height: 1.2em; }
.left-out { margin-top: 8px; }
.better { color: #15915f; } .worse { color: #d9534c; }
svg { display: block; width: 100%; height: 38px; margin-top: 6px; overflow: visible; }
</style>""")


def kpi_html(block: Kpi, reading: BlockContext) -> Markup:
    """The figure as HTML."""
    whole = reading.total(block.table, block.metric)
    write = reading.writer(block.table, block.value, block.format, short=True)
    exact = reading.writer(block.table, block.value, block.format)
    html = _STYLE + Markup('<div class="figure" title="{}">{}</div>').format(
        exact(whole), write(whole)
    )
    if block.over:
        rows, note = _periods(block, block.over, reading)
        html += (
            _change(block, rows, reading, write) + _sparkline([row["value"] for row in rows]) + note
        )
    return html


def _periods(block: Kpi, over: str, reading: BlockContext) -> tuple[list[dict[str, Any]], Markup]:
    """The figures of the last periods that are over, oldest first, and a note on what is left out."""
    column = reading.column(block.table, over)
    query = Query(
        reading.filters(block.table), (Sort(column, descending=True),), limit=_PERIODS + 1
    )
    groups = reading.figures.group(block.table, (over,), {"value": block.metric}, query)[::-1]
    rows = [
        {"period": row[column], "value": row["value"]} for row in groups if not missing(row[column])
    ]
    open_periods = unfinished_periods(
        [row["period"] for row in rows], column, reading.figures.seen().created
    )
    periods = list(zip(rows, open_periods, strict=True))
    going = [
        reading.formats.period_of(column, row["period"]) for row, is_open in periods if is_open
    ]
    notes = [f"{unfinished_note(going)[:-1]}, and left out of the comparison."] if going else []
    if len(groups) > _PERIODS:
        notes.append(f"The line shows the last {_PERIODS:,} periods.")
    known = [row for row, is_open in periods if drawable(row["value"]) and not is_open][-_PERIODS:]
    note = Markup('<div class="change left-out">{}</div>').format(" ".join(notes))
    return known, note if notes else Markup("")


def _change(
    block: Kpi, rows: Sequence[dict[str, Any]], reading: BlockContext, write: Any
) -> Markup:
    over = reading.column(block.table, block.over or "")
    if len(rows) < 2 or not rows[-2]["value"]:
        return Markup('<div class="change"></div>')
    last, former = rows[-1], rows[-2]
    change = (float(last["value"]) - float(former["value"])) / abs(float(former["value"]))
    arrow, way = ("▲", "up") if change >= 0 else ("▼", "down")
    judged = "" if block.good == "none" else "better" if way == block.good else "worse"
    percent = reading.formats.writer("percent")(abs(change))
    period, before = (reading.formats.period_of(over, row["period"]) for row in (last, former))
    return Markup(
        '<div class="change">{}: {}<br><span class="{}"><span role="img" aria-label="{}">{}</span> {}</span> '
        "on {}</div>"
    ).format(period, write(last["value"]), judged, way, arrow, percent, before)


def _sparkline(values: Sequence[Any]) -> Markup:
    points = [float(value) for value in values]
    if len(points) < 2:
        return Markup("")
    low, high = min(points), max(points)
    step = 100 / (len(points) - 1)
    path = [
        f"{place * step:.2f},{34 - 30 * (value - low) / ((high - low) or 1):.2f}"
        for place, value in enumerate(points)
    ]
    return Markup(
        '<svg viewBox="0 0 100 38" preserveAspectRatio="none" aria-hidden="true">'
        '<polygon points="0,38 {0} 100,38" fill="#3b76d6" opacity=".12"/>'
        '<polyline points="{0}" fill="none" stroke="#3b76d6" stroke-width="2" '
        'vector-effect="non-scaling-stroke" stroke-linejoin="round"/></svg>'
    ).format(" ".join(path))
