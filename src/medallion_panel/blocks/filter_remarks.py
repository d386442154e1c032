"""What the filters of a page make of figures that are relative to others, in words."""

from __future__ import annotations

from medallion_panel.block_models import Content
from medallion_panel.block_settings import Kpi
from medallion_panel.blocks.block_context import BlockContext
from medallion_panel.series_settings import Chart

_SHARE = "Shares of the rows filtered by {names}, not of all rows."
_CHANGE = "Changes of the rows filtered by {names}, not of all rows."
_TARGET = "The target is for all rows, the figure for those filtered by {names}."


def filter_remark(content: Content, context: BlockContext) -> str:
    """That a share, a change or a target is about the rows that match the filters; else empty.

    The period of the page, which a comparison shifts, is no filter of it, and neither is a filter
    on the dates between which changes are.
    """
    message = _message(content, context)
    if not message or not isinstance(content, Kpi | Chart):
        return ""
    comparison, filters = context.comparison, context.filters(content.table)
    if message == _CHANGE and comparison is not None and comparison.periods is not None:
        filters = tuple(each for each in filters if each in comparison.filters)
    if message == _CHANGE:
        dates = content.over if isinstance(content, Kpi) else content.x
        column = context.column(content.table, dates or "")
        filters = tuple(each for each in filters if each.field != column)
    names = dict.fromkeys(context.formats.label(each.field) for each in filters)
    return context.formats.say(message, names=", ".join(names)) if names else ""


def _message(content: Content, context: BlockContext) -> str:
    if isinstance(content, Chart) and content.show == "share":
        return _SHARE
    if isinstance(content, Chart | Kpi) and content.target is not None:
        return _TARGET
    if isinstance(content, Kpi) and (content.over or context.compared(content.table)):
        return _CHANGE
    if isinstance(content, Chart) and (content.show == "growth" or context.compared(content.table)):
        return _CHANGE
    return ""
