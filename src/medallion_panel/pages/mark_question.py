"""What a click asks: the rows behind a mark of a block, under the filters of the page."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from medallion.contracts import Query
from medallion.query.condition_text import all_of, condition_text
from medallion.query.metrics import metric_call
from medallion.query.validation import validate_query
from medallion_panel.block_models import MetricBlock, TableBlock
from medallion_panel.block_settings import Groups
from medallion_panel.blocks.block_context import COUNT
from medallion_panel.blocks.groups_page import GroupsPage
from medallion_panel.blocks.legend import RenderedChart
from medallion_panel.blocks.marks import MOST_PARTS, Mark, Marks
from medallion_panel.blocks.pivot_page import PivotPage
from medallion_panel.blocks.table_page import TablePage
from medallion_panel.data.origin_reader import OriginQuestion
from medallion_panel.pages.card import Card, CardContent
from medallion_panel.ui.mark_clicks import WHOLE


@dataclass(frozen=True)
class MarkQuestion:
    """The rows behind one mark: what is asked, and how the answer is shown.

    `title` names the mark and its figure, `block` the block, `shown` is the figure on the page in
    words, `write` formats it in full. `parts` are the labels of all marks by number. `values` are
    the columns and values of a row, which has no other figure.
    """

    origin: OriginQuestion
    title: str
    block: str
    shown: str
    write: Callable[[Any], str]
    mark: int
    parts: tuple[str, ...] = ()
    values: tuple[tuple[str, str], ...] = ()

    @property
    def command(self) -> str:
        """The command that answers the same question."""
        question = self.origin
        options = ["--where", question.condition] if question.condition else []
        columns = metric_call(question.metric).columns
        options += ["--column", columns[0]] if len(columns) == 1 else []
        options += ["--release", question.release]
        return shlex.join(["medallion", "why", question.table, *options])


def mark_question(card: Card, number: int, *, series: bool = False) -> MarkQuestion | None:
    """What a click on a mark, an entry of the legend (`series`), or a WHOLE block asks; None when
    the mark is no longer shown.
    """
    block, content = card.block.content, card.shown
    if not isinstance(block, TableBlock) or content is None or content.value is None:
        return None
    context, table = content.context, block.table
    if context.release is None:  # its figures are of several releases
        return None
    marks, mark = _marks(content), clicked_mark(card, number, series=series)
    if mark is None:
        return None
    has_metric = isinstance(block, MetricBlock | Groups)
    metric = block.metric if isinstance(block, MetricBlock | Groups) else COUNT
    label = context.formats.label(metric) if has_metric else ""
    if metric_call(metric).function == "count":
        label = ""
    page = content.value
    filters = page.query.filters if isinstance(page, TablePage) else context.filters(table)
    served = context.served(table)
    checked = validate_query(served, Query(filters=tuple(filters)))
    condition = all_of([condition_text(checked.filters, checked.kinds), mark.condition])
    return MarkQuestion(
        OriginQuestion(served.table, context.release.id, condition, metric),
        title=" · ".join(filter(None, (mark.label, label))) or block.title or table,
        block=block.title or context.formats.label(table),
        shown=mark.figure,
        write=context.writer(table, metric, block.format),
        mark=WHOLE if series else number,
        parts=tuple(marks.at(each).label for each in range(min(marks.count, MOST_PARTS))),
        values=mark.values,
    )


def clicked_mark(card: Card, number: int, *, series: bool = False) -> Mark | None:
    """The mark, or the entry of the legend, with a number; None when it is no longer shown."""
    content = card.shown
    if content is None:
        return None
    if series:
        entries = content.value.series if isinstance(content.value, RenderedChart) else ()
        return entries[number] if 0 <= number < len(entries) else None
    marks = _marks(content)
    if number >= marks.count:
        return None
    return Mark("") if number == WHOLE else marks.at(number)


def _marks(content: CardContent) -> Marks:
    marks = None
    if isinstance(content.value, RenderedChart | TablePage | GroupsPage | PivotPage):
        marks = content.value.marks
    return marks or Marks(0, lambda _: Mark(""))
