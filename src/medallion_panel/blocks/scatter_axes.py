"""The axes of a scatter plot, of its points or of their density."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from bokeh.models import FactorRange

from medallion.query.column_types import Kind
from medallion_panel.block_settings import Scatter
from medallion_panel.blocks.axes import (
    ChartStyle,
    log_range,
    name_axes,
    slant_crowded_names,
    tick_logarithms,
)
from medallion_panel.blocks.block_context import BlockContext

if TYPE_CHECKING:
    from bokeh.plotting import figure

NUMBERS = ("integer", "decimal", "float")
_TIMES = ("date", "timestamp")


def set_logarithmic(plot: figure, spans: Mapping[str, tuple[float, float]]) -> None:
    """Set the ranges and ticks of logarithmic axes; `spans` are theirs, by side."""
    for side, (least, greatest) in spans.items():
        span = log_range(least, greatest)
        setattr(plot, f"{side}_range", span)
        axis, grid = getattr(plot, f"{side}axis")[0], getattr(plot, f"{side}grid")[0]
        tick_logarithms(axis, grid, span.start, span.end)


def missing_note(rows: int, block: Scatter, context: BlockContext) -> str:
    """The note on rows that cannot be drawn, empty when there are none."""
    if not rows:
        return ""
    x, y = map(context.formats.label, (block.x, block.y))
    message = "{rows} rows without a finite {x} or {y} are not drawn."
    return context.formats.say(message, rows=rows, x=x, y=y)


def axis(side: str, kind: Kind, names: Sequence[str]) -> dict[str, Any]:
    """The arguments of a figure for a column on axis `side`; text and booleans are `names`."""
    if kind.name in NUMBERS:
        return {}
    if kind.name in _TIMES:
        return {f"{side}_axis_type": "datetime"}
    return {f"{side}_range": FactorRange(*names)}


def has_names(kind: Kind) -> bool:
    """Whether the axis of a column has names, and not numbers or times."""
    return kind.name not in (*NUMBERS, *_TIMES)


def style_plot(plot: figure, block: Scatter, context: BlockContext) -> None:
    """Style and label the axes."""
    style: Any = ChartStyle(context.formats)
    kinds = context.kinds(block.table)
    x, y = (
        context.format(block.table, name) if kinds[name].name in NUMBERS else None
        for name in (block.x, block.y)
    )
    style.style_axes(plot, x=x, y=y)
    if isinstance(plot.x_range, FactorRange):
        slant_crowded_names(plot, plot.x_range.factors)
    name_axes(plot, x=context.formats.label(block.x), y=context.formats.label(block.y))
    plot.background_fill_color = plot.border_fill_color = None
    plot.outline_line_color = None
