"""The kpi block: one figure, with its change on the period before and a sparkline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from medallion.contracts import Query, Sort
from medallion_panel.block_settings import Kpi
from medallion_panel.blocks.block_context import BlockContext, is_drawable, is_missing
from medallion_panel.blocks.periods import unfinished_note, unfinished_periods

_MAX_PERIODS = 5000
_FEW_LETTERS = 9  # of a figure that fits a card on a phone
_BEHIND = Markup(" type='button' data-rows-behind='{}' aria-label='{}'")
_STYLE = Markup("""<style>
:host { color: inherit; }
.html:has(> .figure) { container-type: inline-size; }
.figure { font-size: min(1.9rem, 185cqi / var(--letters, 5)); font-weight: 600;
          line-height: 1.15; letter-spacing: -.02em;
          font-variant-numeric: tabular-nums; margin: 2px 0 4px; }
button.figure { font-family: inherit; color: inherit; background: none; border: 0; padding: 0;
          text-align: left; cursor: pointer; border-radius: 4px; }
button.figure:hover { text-decoration: underline; text-decoration-thickness: 2px;
          text-underline-offset: 4px; }
button.figure:focus-visible { outline: 2px solid var(--panel-primary-color); outline-offset: 2px; }
.change { font-size: .82rem; opacity: .85; min-height: 1.2em; }
.left-out { margin-top: 8px; }
.target { background: rgba(128,136,150,.25); border-radius: 3px; height: 6px; margin-top: 4px; }
.target i { background: var(--panel-primary-color); border-radius: 3px; display: block;
  height: 6px; }
.target .reached { background: #15915f; } .target .missed { background: #d9534c; }
.better { color: color-mix(in srgb, #15915f 60%, var(--panel-on-surface-color)); }
.worse { color: color-mix(in srgb, #d9534c 60%, var(--panel-on-surface-color)); }
svg { display: block; width: 100%; height: 38px; margin-top: 6px; overflow: visible; }
</style>""")


def kpi_html(block: Kpi, context: BlockContext, number: int | None = None) -> Markup:
    """The figure of a block as HTML; with the `number` of its card, a button for the rows behind
    it.
    """
    total = context.total(block.table, block.metric)
    write = context.writer(block.table, block.value, block.format, short=True)
    exact = context.writer(block.table, block.value, block.format)
    tag, attributes = "div", Markup("")
    if number is not None:
        label = context.formats.say("{label}: show the rows behind", label=exact(total))
        tag, attributes = "button", _BEHIND.format(number, label)
    text = write(total)
    if len(text) > _FEW_LETTERS:  # in smaller ones where the card is narrow
        attributes += Markup(" style='--letters:{}'").format(len(text))
    html = _STYLE + Markup('<{0} class="figure" title="{1}"{2}>{3}</{0}>').format(
        tag, exact(total), attributes, text
    )
    rows, note = _periods(block, block.over, context) if block.over else ([], Markup(""))
    compared = context.compared(block.table)
    if compared is not None:
        former = compared.total(block.table, block.metric)
        label = context.comparison.label if context.comparison else ""
        html += _compared(block, context, (total, former), label, exact)
    elif block.over:
        html += _change(block, rows, context, write)
    if block.target is not None and is_drawable(total):
        html += _target(block, context, float(total) / block.target, write)
    line = _sparkline([row["value"] for row in rows]) if block.over else Markup("")
    return html + line + (note if compared is None else Markup(""))


def _periods(block: Kpi, over: str, context: BlockContext) -> tuple[list[dict[str, Any]], Markup]:
    """The figures of the last periods that are over, oldest first, and a note on the others."""
    column = context.column(block.table, over)
    query = Query(
        context.filters(block.table), (Sort(column, descending=True),), limit=_MAX_PERIODS + 1
    )
    groups = context.store.group(block.table, (over,), {"value": block.metric}, query)[::-1]
    rows = [
        {"period": row[column], "value": row["value"]}
        for row in groups
        if not is_missing(row[column])
    ]
    open_periods = unfinished_periods(
        [row["period"] for row in rows], column, context.store.last_release().created
    )
    periods = list(zip(rows, open_periods, strict=True))
    unfinished = [
        context.formats.period_of(column, row["period"]) for row, is_open in periods if is_open
    ]
    notes = []
    if unfinished:
        notes.append(unfinished_note(unfinished, context.formats, compared=True))
    if len(groups) > _MAX_PERIODS:
        message = "The line shows the last {most} periods."
        notes.append(context.formats.say(message, most=_MAX_PERIODS))
    finished = [row for row, is_open in periods if is_drawable(row["value"]) and not is_open][
        -_MAX_PERIODS:
    ]
    note = Markup('<div class="change left-out">{}</div>').format(" ".join(notes))
    return finished, note if notes else Markup("")


def _change(
    block: Kpi, rows: Sequence[dict[str, Any]], context: BlockContext, write: Any
) -> Markup:
    over = context.column(block.table, block.over or "")
    if len(rows) < 2 or not rows[-2]["value"]:
        return Markup('<div class="change"></div>')
    last, former = rows[-1], rows[-2]
    arrow = _arrow(block, context, last["value"], former["value"])
    period, before = (context.formats.period_of(over, row["period"]) for row in (last, former))
    html = Markup('<div class="change">{}: {}<br>{}</div>')
    return html.format(period, write(last["value"]), _on(arrow, before, context))


def _compared(
    block: Kpi, context: BlockContext, figures: tuple[Any, Any], label: str, write: Any
) -> Markup:
    """The change of a figure on the one that it is compared with, which is named in full."""
    total, former = figures
    if not is_drawable(former):
        words = context.formats.say("No figure in {period}", period=label)
        return Markup('<div class="change">{}</div>').format(words)
    words = Markup("{}").format(write(former))
    if former and is_drawable(total):
        words = _on(_arrow(block, context, total, former), write(former), context)
    return Markup('<div class="change">{}<br>{}</div>').format(words, label)


def _on(arrow: Markup, other: str, context: BlockContext) -> Markup:
    """A change, and on what it is one."""
    return Markup("{} {}").format(arrow, context.formats.say("on {period}", period=other))


def _target(block: Kpi, context: BlockContext, share: float, write: Any) -> Markup:
    """The share of the target that is reached, as a bar and in words."""
    percent = context.formats.writer("percent")(share)
    message = "{percent} of the target {target}"
    words = context.formats.say(message, percent=percent, target=write(block.target))
    reached = share >= 1
    good = block.good == "none" or reached == (block.good == "up")
    html = Markup(
        '<div class="change">{}</div>'
        '<div class="target"><i class="{}" style="width:{:.1f}%"></i></div>'
    )
    part = 100 * min(max(share, 0), 1)
    return html.format(words, "reached" if reached and good else "missed" if reached else "", part)


def _arrow(block: Kpi, context: BlockContext, last: Any, former: Any) -> Markup:
    """The relative change of a figure, which is green where it is `good`."""
    change = (float(last) - float(former)) / abs(float(former))
    arrow, direction = ("▲", "up") if change >= 0 else ("▼", "down")
    css_class = "" if block.good == "none" else "better" if direction == block.good else "worse"
    if not change:
        arrow, direction, css_class = "=", "unchanged", ""
    percent = context.formats.writer("percent")(abs(change))
    html = Markup('<span class="{}"><span role="img" aria-label="{}">{}</span> {}</span>')
    return html.format(css_class, context.formats.say(direction), arrow, percent)


def _sparkline(values: Sequence[Any]) -> Markup:
    points = [float(value) for value in values]
    if len(points) < 2:
        return Markup("")
    low, high = min(points), max(points)
    step = 100 / (len(points) - 1)
    path = [
        f"{number * step:.2f},{34 - 30 * (value - low) / ((high - low) or 1):.2f}"
        for number, value in enumerate(points)
    ]
    return Markup(
        '<svg viewBox="0 0 100 38" preserveAspectRatio="none" aria-hidden="true">'
        '<polygon points="0,38 {0} 100,38" style="fill:var(--panel-primary-color)" opacity=".12"/>'
        '<polyline points="{0}" fill="none" style="stroke:var(--panel-primary-color)" '
        'stroke-width="2" '
        'vector-effect="non-scaling-stroke" stroke-linejoin="round"/></svg>'
    ).format(" ".join(path))
