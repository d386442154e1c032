"""The card of a block on a page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import panel as pn
from markupsafe import Markup

from medallion.contracts import Filter
from medallion.errors import CallError, MedallionError
from medallion.pipeline import Pipeline
from medallion.records import Release
from medallion.secrets import masked_logger
from medallion_panel.block_models import Content, TableBlock
from medallion_panel.block_settings import (
    Block,
    Changes,
    Freshness,
    Groups,
    Kpi,
    Markdown,
    Quality,
    QuarantineBlock,
    Rows,
    Runs,
    Speed,
)
from medallion_panel.blocks import charts, distributions
from medallion_panel.blocks.block_context import BlockContext, NoRowsError
from medallion_panel.blocks.box_plot import box_plot
from medallion_panel.blocks.changes import changes_html
from medallion_panel.blocks.filter_remarks import filter_remark
from medallion_panel.blocks.freshness import freshness_html
from medallion_panel.blocks.groups import GroupsView
from medallion_panel.blocks.groups_page import GroupsPage
from medallion_panel.blocks.kpi import kpi_html
from medallion_panel.blocks.lake_blocks import is_lake_block, lake_value, lake_view
from medallion_panel.blocks.legend import RenderedChart
from medallion_panel.blocks.multiples import with_multiples
from medallion_panel.blocks.pivot_page import PivotPage
from medallion_panel.blocks.point_map import point_map
from medallion_panel.blocks.quality import quality_html
from medallion_panel.blocks.quarantine import QuarantineView
from medallion_panel.blocks.quarantine_parts import refuse_access
from medallion_panel.blocks.rows import RowsView
from medallion_panel.blocks.runs import runs_html
from medallion_panel.blocks.scatter import scatter
from medallion_panel.blocks.speed import SpeedView
from medallion_panel.blocks.table_page import TablePage
from medallion_panel.blocks.text import text_html
from medallion_panel.blocks.world_map import world_map
from medallion_panel.data.lake_events import lake_events
from medallion_panel.data.quarantine_reader import QuarantineAccess
from medallion_panel.pages.chart_answers import ChartAnswers
from medallion_panel.series_settings import Chart
from medallion_panel.table_settings import PivotBlock
from medallion_panel.ui.card_frame import CardFrame, frame_words
from medallion_panel.ui.chart_update import update_chart
from medallion_panel.ui.formats import Formats
from medallion_panel.ui.mark_clicks import make_clickable
from medallion_panel.ui.visitor_errors import visitor_text

_log = masked_logger(__name__)

_MOST_READS = 3  # of a card, while releases are published
_DRAW: dict[str, Callable[[Any, BlockContext], RenderedChart]] = {
    "line": with_multiples(charts.line),
    "area": charts.area,
    "bar": with_multiples(charts.bar),
    "scatter": scatter,
    "histogram": distributions.histogram,
    "heatmap": distributions.heatmap,
    "map": world_map,
    "box": box_plot,
    "points": point_map,
}


@dataclass(frozen=True)
class CardContent:
    """The content of a card: a `value`, or a `message` that says why there is none.

    The value is a RenderedChart, Markup, a TablePage or None, by kind of block. `ignored` are the
    labels of the page's filters that do not apply to it, and `remark` is what the others mean for
    it. `retry` says that the store could not be read.
    """

    context: BlockContext
    value: Any = None
    message: str = ""
    ignored: Sequence[str] = ()
    remark: str = ""
    retry: bool = False


class Card:
    """One block as a card: `read` reads its content, `show` shows it, and `view` is its widget.

    `rows` is the view of a table block, `groups` that of a groups or pivot block, and `quarantine`
    that of rejected records, else None; `retry` says whether its last content could not be read.

    `shown` is the content that it shows.

    Parameters: the `block`; the `pipeline`, for the records of runs; `formats`; `changed`, called
    when a visitor searches, sorts or selects a row in it; `number`, that of the card on its page;
    `rejects`, the access to rejected records, and to the rows behind figures, of visitors who have
    it.
    """

    def __init__(
        self,
        block: Block,
        pipeline: Pipeline,
        formats: Formats,
        changed: Callable[[], None],
        number: int = 0,
        rejects: QuarantineAccess | None = None,
    ) -> None:
        self.block, self._pipeline, self._number = block, pipeline, number
        self._say = say = formats.say
        self._explained, self.retry = rejects is not None, False
        self.shown: CardContent | None = None
        rows = block.content if isinstance(block.content, Rows) else None
        table = partial(RowsView, formats=formats, changed=changed, card=number)
        self.rows = table(rows, explained=self._explained) if rows is not None else None
        groups = block.content if isinstance(block.content, Groups | PivotBlock) else None
        self.groups = GroupsView(groups, say, changed, number) if groups is not None else None
        self._speed = SpeedView(block.content, say) if isinstance(block.content, Speed) else None
        content = block.content
        self.quarantine = None
        if rejects is not None and isinstance(content, QuarantineBlock):
            self.quarantine = QuarantineView(rejects, formats, changed)
        self._lake = lake_view(content, say)
        button = isinstance(content, TableBlock) and not isinstance(content, Kpi)
        self._answers = ChartAnswers(self._shown_chart, say)
        self.view = CardFrame(
            lambda question: self._answers.answer(self.view, question),
            heading=content.title,
            label=content.title or getattr(content, "table", ""),
            small=block.kind == "kpi",
            number=number,
            explained=self._explained and button,
            explored=isinstance(content, TableBlock) and _can_explore(pipeline),
            content=self._widget(),
            chart=block.kind in _DRAW,
            note=content.note,
            room=getattr(content, "height", 0),
            words=frame_words(say),
        )

    def read(self, context: BlockContext) -> CardContent:
        """Read the content, which is a message where that fails: an error in one card leaves the
        others intact.

        All figures of a table are of the release in the context of the content. It does not touch
        the page, so that it can run in a thread.
        """
        if not isinstance(self.block.content, TableBlock):
            return self._read(context)
        for _ in range(_MOST_READS):
            release = _last_release(context)
            content = self._read(replace(context, release=release))
            if _last_release(context) == release:
                return content
        return replace(content, context=context)

    def _read(self, context: BlockContext) -> CardContent:
        table = getattr(self.block.content, "table", None)
        try:
            named = [name for _, name, _ in self.block.content.references()]
            tables = [table] if table else dict.fromkeys(named)
            ignored = list(dict.fromkeys(each for name in tables for each in context.ignored(name)))
            remark = filter_remark(self.block.content, context)
            return CardContent(context, self._read_value(context), ignored=ignored, remark=remark)
        except NoRowsError as error:
            message = str(error) or self._empty_message(context.filters(str(table)))
            return CardContent(context, message=message)
        except MedallionError as error:
            retry = not isinstance(error, CallError)
            return CardContent(context, message=visitor_text(error, self._say), retry=retry)
        except Exception:
            _log.exception("a %s block could not be drawn", self.block.kind)
            message = self._say("This could not be drawn; see the server's log.")
            return CardContent(context, message=message)

    def _read_value(self, context: BlockContext) -> Any:
        content = self.block.content
        if self.block.kind in _DRAW:
            return self._read_chart(content, context)
        if isinstance(content, Markdown):
            return text_html(content, context)
        if isinstance(content, Kpi):
            return kpi_html(content, context, self._number if self._explained else None)
        if isinstance(content, Quality):
            return quality_html(content, context.store.last_release(), context.formats)
        if isinstance(content, Freshness):
            return freshness_html(context.store.last_release(), context.formats)
        if isinstance(content, Runs):
            return runs_html(content, self._pipeline, context.formats)
        if isinstance(content, QuarantineBlock):
            return self.quarantine.read() if self.quarantine else refuse_access(self._say)
        if is_lake_block(content):
            return lake_value(content, self._pipeline, context, full=self._explained)
        if isinstance(content, Changes):
            release = context.store.last_release()
            return changes_html(content, self._pipeline, release, context.formats)
        view = self.rows or self.groups
        return view.read(context) if view is not None else None

    def _read_chart(self, content: Content, context: BlockContext) -> RenderedChart:
        if isinstance(content, Chart) and content.events:
            events = lake_events(self._pipeline).read(content.events, self._say)
            context = replace(context, events=events)
        return _DRAW[self.block.kind](content, context)

    def show(self, content: CardContent) -> None:
        """Show content in place of the former."""
        self.shown = content
        value, self.retry = content.value, content.retry
        parts: dict[str, Any] = {}
        if isinstance(value, RenderedChart):
            parts = {"content": self._chart(value), "legend": value.legend}
        elif isinstance(value, Markup):
            parts = {"html": value}
        elif self.rows is not None:
            self.rows.show(value) if value is not None else self.rows.clear()
        elif self.groups is not None:
            self.groups.show(value) if value is not None else self.groups.clear()
        elif self._speed is not None:
            self._speed.show(content.context)
        elif (view := self.quarantine or self._lake) is not None and value is not None:
            view.show(value)
        message = content.message
        if isinstance(value, GroupsPage | PivotPage) and not value.rows:
            message = self._empty_message(value.query.filters)
        if isinstance(value, TablePage) and not value.total:
            message = self._empty_message(value.query.filters)
        noted = isinstance(value, RenderedChart | PivotPage) and value.note
        remarks = [noted] if noted else []
        remarks += [content.remark] if content.remark else []
        if names := ", ".join(content.ignored):
            remarks.append(self._say("Not filtered by {names}.", names=names))
        self.view.show(
            **parts,
            message=message,
            empty=bool(message) and self.rows is None and self.groups is None,
            remarks=" ".join(remarks),
            busy=False,
            parts=[],
        )
        self._answers.update(self.view)

    def _chart(self, chart: RenderedChart) -> pn.pane.Bokeh:
        """The pane of a chart: the one on the screen, updated, where possible, to avoid flicker."""
        # Several charts are as high as their rows.
        height = self.block.content.height if len(chart.plots) == 1 else None  # type: ignore[attr-defined]
        for plot in chart.plots if chart.marks is not None else ():
            make_clickable(plot, self._number, self._say, explained=self._explained)
        pane = self.view.content
        if pane is not None and update_chart(pane.object, chart.figure):
            return pane
        return pn.pane.Bokeh(chart.figure, sizing_mode="stretch_width", height=height, margin=0)

    def _shown_chart(self) -> RenderedChart | None:
        value = self.shown.value if self.shown is not None else None
        return value if isinstance(value, RenderedChart) else None

    def set_busy(self, busy: bool) -> None:
        """Dim the card while its content is read."""
        self.view.busy = busy

    def _widget(self) -> Any:
        """The widget of a block that has one, None where its content is drawn or HTML."""
        parts = (self.rows, self.groups, self._speed, self.quarantine, self._lake)
        return next((part.view for part in parts if part is not None), None)

    def _empty_message(self, filters: Sequence[Filter]) -> str:
        """Why there is nothing to show."""
        if filters:
            return self._say("No rows match these filters.")
        return self._say("There is nothing to show.")


def _can_explore(pipeline: Pipeline) -> bool:
    """Whether there is a page to explore what a card shows."""
    return getattr(pipeline.declaration.sections.get("dashboard"), "explore", True)


def _last_release(context: BlockContext) -> Release | None:
    """The release that the figures of a card are of; None where the store cannot be read."""
    try:
        return context.store.last_release()
    except MedallionError:
        return None
