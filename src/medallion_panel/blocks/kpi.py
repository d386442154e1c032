"""One figure, what it was in the period before, and how it went."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from medallion.contracts import Query, Sort
from medallion_panel.blocks.reading import Reading, drawable
from medallion_panel.section import Kpi

_STYLE = Markup("""<style>
:host { color: inherit; }
.figure { font-size: 1.9rem; font-weight: 600; line-height: 1.15; letter-spacing: -.02em;
          font-variant-numeric: tabular-nums; margin: 2px 0 4px; }
.change { font-size: .82rem; opacity: .85; min-height: 1.2em; }
.up { color: #15915f; } .down { color: #d9534c; }
svg { display: block; width: 100%; height: 38px; margin-top: 6px; overflow: visible; }
</style>""")


def kpi_html(block: Kpi, reading: Reading) -> Markup:
    """The figure as HTML."""
    whole = reading.total(block.table, block.value)
    write = reading.writer(block.table, block.value, block.format, short=True)
    exact = reading.writer(block.table, block.value, block.format)
    html = _STYLE + Markup('<div class="figure" title="{}">{}</div>').format(exact(whole), write(whole))
    if block.over:
        query = Query(reading.filters(block.table), (Sort(block.over),), limit=5000)
        rows = reading.figures.group(block.table, (block.over,), {"value": block.value}, query)
        rows = [row for row in rows if row[block.over] is not None and drawable(row["value"])]
        html += _change(rows, block.over, reading, write) + _sparkline([row["value"] for row in rows])
    return html


def _change(rows: Sequence[dict[str, Any]], over: str, reading: Reading, write: Any) -> Markup:
    if len(rows) < 2 or not rows[-2]["value"]:
        return Markup('<div class="change"></div>')
    last, former = rows[-1], rows[-2]
    change = (float(last["value"]) - float(former["value"])) / abs(float(former["value"]))
    arrow, kind = ("▲", "up") if change >= 0 else ("▼", "down")
    percent = reading.formats.writer("percent")(abs(change))
    period, before = reading.formats.period(last[over]), reading.formats.period(former[over])
    return Markup(
        '<div class="change"><span class="{0}"><span role="img" aria-label="{0}">{1}</span> {2}</span> on {3}<br>'
        "{4}: {5}</div>"
    ).format(kind, arrow, percent, before, period, write(last["value"]))


def _sparkline(values: Sequence[Any]) -> Markup:
    points = [float(value) for value in values]
    if len(points) < 2:
        return Markup("")
    low, high = min(points), max(points)
    step = 100 / (len(points) - 1)
    path = [
        f"{place * step:.2f},{34 - 30 * (value - low) / ((high - low) or 1):.2f}" for place, value in enumerate(points)
    ]
    return Markup(
        '<svg viewBox="0 0 100 38" preserveAspectRatio="none" aria-hidden="true">'
        '<polygon points="0,38 {0} 100,38" fill="#3b76d6" opacity=".12"/>'
        '<polyline points="{0}" fill="none" stroke="#3b76d6" stroke-width="2" '
        'vector-effect="non-scaling-stroke" stroke-linejoin="round"/></svg>'
    ).format(" ".join(path))
