"""A block on the page: a card that fills itself, and keeps its place while it does so again."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import panel as pn
import panel_material_ui as pmui

from medallion.errors import MedallionError
from medallion_panel.blocks import charts, distributions
from medallion_panel.blocks.kpi import kpi_html
from medallion_panel.blocks.quality import quality_html
from medallion_panel.blocks.reading import NoRowsError, Reading
from medallion_panel.blocks.worldmap import world_map
from medallion_panel.section import Block

_log = logging.getLogger(__name__)

_DRAW: dict[str, Callable[[Any, Reading], Any]] = {
    "line": charts.line,
    "area": charts.area,
    "bar": charts.bar,
    "scatter": distributions.scatter,
    "histogram": distributions.histogram,
    "heatmap": distributions.heatmap,
    "map": world_map,
}
_HTML: dict[str, Callable[[Any, Reading], str]] = {
    "kpi": kpi_html,
    "quality": lambda block, reading: quality_html(block, reading.figures.release(), reading.formats),
}


class Card:
    """One block as a card. `show` fills it anew from a reading."""

    def __init__(self, block: Block) -> None:
        self.block = block
        content = block.content
        self._pane = self._make(block)
        self._message = pmui.Typography("", variant="body2", sx={"opacity": 0.75, "py": 2}, visible=False)
        heading = []
        if content.title:
            level = "subtitle2" if block.kind == "kpi" else "subtitle1"
            heading = [pmui.Typography(content.title, variant=level, sx={"fontWeight": 600, "lineHeight": 1.3})]
        note = [pmui.Typography(content.note, variant="caption", sx={"opacity": 0.7})] if content.note else []
        self.view = pmui.Paper(
            *heading,
            self._pane,
            self._message,
            *note,
            elevation=0,
            variant="outlined",
            sx={"p": 2, "height": "100%", "overflow": "hidden"},
            sizing_mode="stretch_width",
            margin=0,
        )

    def show(self, reading: Reading) -> None:
        """Fill it, or say in plain words why it stays empty; what is wrong in one card leaves the others alone."""
        try:
            self._fill(reading)
        except NoRowsError as error:
            self._say(str(error) or "No rows meet these filters.")
        except MedallionError as error:
            self._say(f"{error.message}. {error.hint}".rstrip(". ") + ".")
        except Exception:
            _log.exception("a %s block could not be drawn", self.block.kind)
            self._say("This could not be drawn; the server's log says why.")
        else:
            self._pane.visible, self._message.visible = True, False

    def _fill(self, reading: Reading) -> None:
        if self.block.kind in _DRAW:
            self._pane.object = _DRAW[self.block.kind](self.block.content, reading)
        elif self.block.kind in _HTML:
            self._pane.object = _HTML[self.block.kind](self.block.content, reading)

    def _say(self, text: str) -> None:
        self._message.object = text
        self._pane.visible, self._message.visible = False, True

    @staticmethod
    def _make(block: Block) -> Any:
        if block.kind in _HTML:
            return pn.pane.HTML("", sizing_mode="stretch_width", margin=0, min_height=96 if block.kind == "kpi" else 40)
        if block.kind == "markdown":
            return pn.pane.Markdown(block.content.text, sizing_mode="stretch_width", margin=0)  # type: ignore[attr-defined]
        return pn.pane.Bokeh(None, sizing_mode="stretch_width", height=block.content.height, margin=(8, 0, 0, 0))  # type: ignore[attr-defined]
