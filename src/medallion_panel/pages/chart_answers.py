"""What the browser asks of a chart: the names of its parts, and its figures as a table or file."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import panel as pn

from medallion_panel.blocks.chart_figures import figures_file, figures_table
from medallion_panel.blocks.legend import RenderedChart
from medallion_panel.blocks.marks import part_names
from medallion_panel.blocks.table_files import file_name
from medallion_panel.messages.messages import Messages
from medallion_panel.ui.card_frame import CardFrame

T = TypeVar("T")


class ChartAnswers:
    """Answers in threads, since some figures are read from a store.

    Parameters: `shown`, the chart that a card shows, None where it shows none; `say`.
    """

    def __init__(self, shown: Callable[[], RenderedChart | None], say: Messages) -> None:
        self._shown, self._say = shown, say

    def answer(self, frame: CardFrame, question: str) -> None:
        """Answer what the frame of the card asks for: see `CardFrame`."""
        chart = self._shown()
        if chart is None:
            return
        if question == "chart":
            frame.figures = {}
        elif question == "parts":
            pn.state.execute(partial(self._name_parts, frame, chart))
        elif question == "table":
            pn.state.execute(partial(self._show_table, frame, chart))
        elif question in ("csv", "xlsx"):
            pn.state.execute(partial(self._save, frame, chart, question))

    def update(self, frame: CardFrame) -> None:
        """Show the figures of a new chart where those of the former one were shown."""
        if frame.figures:
            self.answer(frame, "table" if self._shown() is not None else "chart")

    async def _name_parts(self, frame: CardFrame, chart: RenderedChart) -> None:
        if chart.marks is not None:
            names = await _in_thread(partial(part_names, chart.marks))
            if self._shown() is chart:
                frame.parts = names

    async def _show_table(self, frame: CardFrame, chart: RenderedChart) -> None:
        table = await _in_thread(lambda: figures_table(chart.figures(), self._say))
        if self._shown() is chart:
            frame.figures = {**table, "caption": self._say("Figures of {title}", title=frame.label)}

    async def _save(self, frame: CardFrame, chart: RenderedChart, form: str) -> None:
        content = await _in_thread(lambda: figures_file(chart.figures(), form))
        frame.save(f"{file_name(frame.label)}.{form}", content)


async def _in_thread(function: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(None, function)
