"""A block on the page: a card that fills itself, and keeps its place while it does so again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import panel as pn
import panel_material_ui as pmui

from medallion.contracts import Filter
from medallion.errors import CallError, MedallionError
from medallion.pipeline import Pipeline
from medallion.secrets import masked_logger
from medallion_panel.block_settings import (
    Block,
    Content,
    Freshness,
    Kpi,
    Markdown,
    Quality,
    Rows,
    Runs,
    Speed,
)
from medallion_panel.blocks import charts, distributions
from medallion_panel.blocks.block_context import BlockContext, NoRowsError
from medallion_panel.blocks.freshness import freshness_html
from medallion_panel.blocks.kpi import kpi_html
from medallion_panel.blocks.legend import Picture
from medallion_panel.blocks.quality import quality_html
from medallion_panel.blocks.rows import RowsView
from medallion_panel.blocks.runs import runs_html
from medallion_panel.blocks.scatter import scatter
from medallion_panel.blocks.speed import SpeedView
from medallion_panel.blocks.world_map import world_map
from medallion_panel.ui.chart_update import redraw
from medallion_panel.ui.formats import Formats
from medallion_panel.ui.markup import HtmlPane, Look, Text, markdown
from medallion_panel.ui.visitor_errors import visitor_text

_log = masked_logger(__name__)

_WRITTEN = (Kpi, Quality, Freshness, Runs)  # blocks that are written as HTML

_DRAW: dict[str, Callable[[Any, BlockContext], Picture]] = {
    "line": charts.line,
    "area": charts.area,
    "bar": charts.bar,
    "scatter": scatter,
    "histogram": distributions.histogram,
    "heatmap": distributions.heatmap,
    "map": world_map,
}


@dataclass(frozen=True)
class CardContent:
    """What a card is to show: what was `made` of a reading, or, `told` in words, why there is nothing.

    `ignored` are the page's filters that do not hold for it, lest its figures be taken for what they are not. `retry`
    says that the store could not be read, which may pass.
    """

    reading: BlockContext
    made: Any = None
    told: str = ""
    ignored: Sequence[str] = ()
    retry: bool = False


class Card:
    """One block as a card. `ask` reads what it shows, `fill` shows it; `rows` is the view of a table, if it is
    one; `retry` is whether it could not be read when it was filled last.

    Parameters: the `block`; its `pipeline`, for the records of runs; `formats`, for its labels; `changed`, called when
    a visitor searched, sorted or picked a row in it.
    """

    def __init__(
        self, block: Block, pipeline: Pipeline, formats: Formats, changed: Callable[[], None]
    ) -> None:
        self.block, self._pipeline = block, pipeline
        self.retry = False
        self.rows = (
            RowsView(block.content, formats, changed) if isinstance(block.content, Rows) else None
        )
        self._speed = SpeedView(block.content) if isinstance(block.content, Speed) else None
        content = block.content
        self._html = HtmlPane(min_height=40) if isinstance(content, _WRITTEN) else None
        self._legend = HtmlPane(margin=(0, 0, 8, 0))
        self._pane = self._make(content)
        self._message = Text(margin=(12, 0))
        level: Look = "subheading" if block.kind == "kpi" else "heading"
        heading = [Text(content.title, level).view] if content.title else []
        self._aside = Text("", "caption")
        note = [Text(content.note, "caption").view] if content.note else []
        self.view = pmui.Paper(
            *heading, self._pane, self._message.view, *note, self._aside.view,
            elevation=0, variant="outlined", margin=0,
            sx={"p": 2, "height": "100%", "overflow": "hidden", "boxSizing": "border-box"}, sizing_mode="stretch_both",
        )  # fmt: skip

    def ask(self, reading: BlockContext) -> CardContent:
        """What it is to show, or in plain words why it stays empty. What is wrong in one card leaves the others alone;
        nothing is shown yet, so that this can be done in a thread."""
        table = getattr(self.block.content, "table", None)
        try:
            return CardContent(
                reading, self._asked(reading), ignored=reading.ignored(table) if table else ()
            )
        except NoRowsError as error:
            return CardContent(reading, told=str(error) or _nothing(reading.filters(str(table))))
        except MedallionError as error:
            return CardContent(
                reading, told=visitor_text(error), retry=not isinstance(error, CallError)
            )
        except Exception:
            _log.exception("a %s block could not be drawn", self.block.kind)
            return CardContent(reading, told="This could not be drawn; the server's log says why.")

    def _asked(self, reading: BlockContext) -> Any:
        content = self.block.content
        if self.block.kind in _DRAW:
            return _DRAW[self.block.kind](content, reading)
        if isinstance(content, Kpi):
            return kpi_html(content, reading)
        if isinstance(content, Quality):
            return quality_html(content, reading.figures.seen(), reading.formats)
        if isinstance(content, Freshness):
            return freshness_html(reading.figures.seen(), reading.formats)
        if isinstance(content, Runs):
            return runs_html(content, self._pipeline, reading.formats)
        return self.rows.ask(reading) if self.rows is not None else None

    def fill(self, answer: CardContent) -> None:
        """Show an answer in place of the former one."""
        made, self.retry = answer.made, answer.retry
        if isinstance(made, Picture):
            self._draw(made)
        elif self._html is not None and made is not None:
            self._html.show(made)
        elif self.rows is not None:
            self.rows.fill(made) if made is not None else self.rows.clear()
        elif self._speed is not None:
            self._speed.show(answer.reading)
        told = answer.told
        if self.rows is not None and made is not None and not made.whole:
            told = _nothing(made.query.filters)
        self._message.show(told)
        self._pane.visible = not told or self.rows is not None
        notes = [made.note] if isinstance(made, Picture) and made.note else []
        if names := ", ".join(answer.ignored):
            notes.append(f"Not filtered by {names}.")
        self._aside.show(" ".join(notes))
        self.busy(False)

    def _draw(self, made: Picture) -> None:
        """Show a chart: in the one that stands there where that can be, so that nothing flickers."""
        height = self.block.content.height  # type: ignore[attr-defined]
        _, chart = [*self._pane] or [None, None]
        if chart is None or not redraw(chart.object, made.figure):
            chart = pn.pane.Bokeh(made.figure, sizing_mode="stretch_width", height=height, margin=0)
            self._pane[:] = [self._legend.view, chart]
        self._legend.show(made.legend)
        self._legend.view.visible = bool(made.legend)

    def busy(self, waiting: bool) -> None:
        """Dim it while its answer is waited for."""
        self.view.styles = {"opacity": "0.45" if waiting else "1"}

    def _make(self, content: Content) -> Any:
        if self.rows is not None:
            return self.rows.view
        if self._speed is not None:
            return self._speed.view
        if isinstance(content, Markdown):
            return HtmlPane(markdown(content.text)).view
        if self._html is not None:
            return self._html.view
        height = content.height  # type: ignore[attr-defined]
        return pn.Column(sizing_mode="stretch_width", min_height=height, margin=(8, 0, 0, 0))


def _nothing(filters: Sequence[Filter]) -> str:
    """Why there is nothing to show."""
    return "No rows meet these filters." if filters else "There is nothing to show."
