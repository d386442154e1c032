"""The panel "rows behind this": the source records of a figure, in a drawer or on a sheet."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import panel as pn
import panel_material_ui as pmui

from medallion.errors import MedallionError
from medallion.export.files import FileFormat
from medallion.secrets import masked_logger
from medallion_panel.data.cancellable import CancelledError
from medallion_panel.data.origin_reader import OriginReader, Trace
from medallion_panel.messages.messages import Messages
from medallion_panel.pages.mark_question import MarkQuestion
from medallion_panel.pages.origin_html import origins_html, records_html, removed_html
from medallion_panel.ui.downloads import download_button
from medallion_panel.ui.formats import Formats
from medallion_panel.ui.mark_clicks import WHOLE, Click
from medallion_panel.ui.markup import HtmlPane, Text
from medallion_panel.ui.select_box import SelectBox
from medallion_panel.ui.visitor_errors import visitor_text

_log = masked_logger(__name__)

_WIDTH = 720  # pixels of the drawer
_FORMS: dict[FileFormat, str] = {"csv": "CSV", "parquet": "Parquet"}

T = TypeVar("T")
Ask = Callable[[Click], MarkQuestion | None]


class OriginPanel:
    """Shows the rows behind a mark that a visitor clicks. `view` is its widget, empty at first.

    Parameters: `reader` traces rows; `ask` returns what a click asks, and is called in a
    thread; `opened` is called when the panel opens and closes.
    """

    def __init__(
        self, reader: OriginReader, formats: Formats, ask: Ask, opened: Callable[[bool], None]
    ) -> None:
        self._reader, self._formats, self._ask = reader, formats, ask
        self._say = formats.say
        self._opened = opened
        self._trace: Trace | None = None
        self._drawer: Any = None
        self.view = pn.Column(width=0, height=0, margin=0)

    def close(self) -> None:
        """Close the panel, and cancel what it computes."""
        if self._drawer is not None:
            self._drawer.open = False

    async def open(self, question: MarkQuestion | None, message: str, click: Click) -> None:
        """Open the panel with the rows behind a mark, or a message; without both, do nothing."""
        if not question and not message:
            return

        async def choose_mark(content: _PanelContent, other: int) -> None:
            chosen, reason = await self.question(Click(click.card, other))
            message = reason or self._say("This part is no longer shown.")
            await self._fill(content, chosen, message)

        def choose(content: _PanelContent, other: int) -> None:
            pn.state.execute(partial(choose_mark, content, other))

        content = _PanelContent(question, self._formats, self.close, choose)
        self._show(content, narrow=click.narrow)
        await self._fill(content, question, message)

    async def question(self, click: Click) -> tuple[MarkQuestion | None, str]:
        """What a click asks, or a message that says why that is not known.

        None and no message for a mark that is no longer shown.
        """
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(None, self._ask, click), ""
        except Exception as error:
            place = f"mark {click.mark} of card {click.card}"
            return None, _error_text(error, place, self._say)

    async def _fill(
        self, content: _PanelContent, question: MarkQuestion | None, message: str
    ) -> None:
        """Fill the panel with one trace, in place of the former, or without one with a message."""
        self._cancel()
        if question is None:
            content.show_message(message)
            return
        trace = self._trace = self._reader.trace(question.origin)
        await content.fill(question, PanelTrace(trace, self._reader.pool))

    def _show(self, content: _PanelContent, *, narrow: bool) -> None:
        if self._drawer is None:
            pn.state.on_session_destroyed(lambda _: self._cancel())
        look = {"maxWidth": "100vw", "boxSizing": "border-box", "p": 2}
        sheet = {"height": "88vh", "borderRadius": "14px 14px 0 0"}
        # A new one each time: panel-material-ui 0.16.6 loses changes of one that is being drawn.
        self._drawer = pmui.Drawer(
            content.view,
            anchor="bottom" if narrow else "right",
            size=_WIDTH,
            sx={**look, **(sheet if narrow else {})},
            open=True,
        )
        self._drawer.param.watch(self._on_close, "open")
        self.view[:] = [self._drawer]
        self._opened(True)

    def _on_close(self, _event: Any) -> None:
        self._opened(False)
        self._cancel()

    def _cancel(self) -> None:
        if self._trace is not None:
            self._trace.cancel()
            self._trace = None


@dataclass(frozen=True)
class PanelTrace:
    """A trace whose parts are computed in the threads of a pool."""

    trace: Trace
    pool: Executor

    async def read(self, function: Callable[..., T]) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.pool, function)


class _PanelContent:
    """The content of the panel for the marks of one card. `view` is its widget."""

    def __init__(
        self,
        question: MarkQuestion | None,
        formats: Formats,
        close: Callable[[], None],
        choose: Callable[[_PanelContent, int], None],
    ) -> None:
        self._formats, self._say = formats, formats.say
        self._trace: PanelTrace | None = None
        button = pmui.IconButton(icon="close", description=self._say("Close"), margin=0)
        button.on_click(lambda _: close())
        self._title = Text(look="title")
        self._release = Text(look="caption")
        self._progress = pmui.LinearProgress(sizing_mode="stretch_width", margin=(8, 0))
        self._state, self._file_state = Text(), Text()
        self._origins, self._records = HtmlPane(), HtmlPane()
        self._removed, self._removed_records = HtmlPane(), HtmlPane()
        # Panel 1.9.4 shows no further change in a drawer after its children have changed.
        self._files = [self._download(form, removed=False) for form in _FORMS]
        self._removed_files = [self._download(form, removed=True) for form in _FORMS]
        self.view = pn.Column(
            pn.Row(self._title.view, button, sizing_mode="stretch_width", margin=0),
            self._release.view,
            *(self._chooser(question, choose) if question else []),
            self._progress,
            self._state.view,
            self._file_state.view,
            self._origins.view,
            _row(self._files),
            self._removed.view,
            _row(self._removed_files),
            self._records.view,
            self._removed_records.view,
            sizing_mode="stretch_width",
            margin=0,
        )

    def _chooser(
        self, question: MarkQuestion, choose: Callable[[_PanelContent, int], None]
    ) -> list[Any]:
        """A choice among the marks of the block, for those who cannot click them."""
        if not question.parts:
            return []
        labels = _distinct([self._say("Everything"), *question.parts])
        marks = {str(mark): mark for mark in (WHOLE, *range(len(question.parts)))}
        options = [list(option) for option in zip(marks, labels, strict=True)]
        value = str(question.mark if question.mark in marks.values() else WHOLE)
        select = SelectBox(label=self._say("Part"), options=options, value=value, max_width=320)
        select.param.watch(lambda event: choose(self, marks[event.new]), "value")
        return [select]

    def show_message(self, message: str) -> None:
        """Say why there are no rows to show."""
        self._clear()
        self._title.show(self._say("Rows behind this"))
        self._release.show("")
        self._progress.visible = False
        self._state.show(message)

    def _clear(self) -> None:
        for pane in (self._origins, self._records, self._removed, self._removed_records):
            pane.show("")
        _show_files([*self._files, *self._removed_files], visible=False)
        self._file_state.show("")

    async def fill(self, question: MarkQuestion, trace: PanelTrace) -> None:
        """Show the rows behind a mark, then the records that would have counted."""
        self._trace, say, release = trace, self._say, question.origin.release
        self._clear()
        self._title.show(say("Rows behind {title}", title=question.title))
        place = say("{block} · release {release}", block=question.block, release=release)
        self._release.show(place)
        self._progress.visible = True
        self._state.show(say("Tracing the rows back to their source records …"))
        message = ""
        try:
            await self._fill(question, trace)
        except CancelledError:
            return
        except Exception as error:
            message = _error_text(error, question.origin.table, say)
        self._state.show(message)
        self._progress.visible = False

    async def _fill(self, question: MarkQuestion, trace: PanelTrace) -> None:
        say = self._say
        origins = await trace.read(trace.trace.origins)
        self._origins.show(origins_html(question, origins, self._formats))
        title = say("Source records")
        self._records.show(records_html(title, origins.first, origins.records, say))
        _show_files(self._files, visible=bool(origins.records))
        self._state.show(say("Looking for records that would have counted …"))
        removed = await trace.read(trace.trace.removed)
        self._removed.show(removed_html(removed, self._formats))
        title = say("Records that would have counted")
        self._removed_records.show(records_html(title, removed.first, removed.records, say))
        _show_files(self._removed_files, visible=bool(removed.records))

    def _download(self, form: FileFormat, *, removed: bool) -> Any:
        return download_button(
            partial(self._file, form, removed),
            f"{'removed' if removed else 'source'}-records.{form}",
            _FORMS[form],
            self._say("All of these records, as {form}", form=_FORMS[form]),
            visible=False,
        )

    async def _file(self, form: FileFormat, removed: bool) -> io.BytesIO:
        """All records as a file; an error becomes the message in the panel."""
        trace = self._trace
        assert trace is not None  # noqa: S101 (the buttons are hidden before)
        self._file_state.show("")
        try:
            read = partial(trace.trace.file, form, removed=removed)
            return io.BytesIO(await trace.read(read))
        except Exception as error:
            message = _error_text(error, trace.trace.question.table, self._say)
            if trace is self._trace:  # else another part was chosen meanwhile
                self._file_state.show(message)
            # Panel 1.9.4 transfers whatever a callback returns, and nothing of one that ends so.
            raise asyncio.CancelledError from error


def _distinct(labels: Sequence[str]) -> list[str]:
    """Labels of which none is twice: the second `a` is `a (2)`."""
    distinct: dict[str, None] = {}
    for label in labels:
        number, name = 1, label
        while name in distinct:
            number += 1
            name = f"{label} ({number})"
        distinct[name] = None
    return list(distinct)


def _error_text(error: Exception, place: str, say: Messages) -> str:
    """The message of an error for visitors; empty where they have closed the panel themselves."""
    if isinstance(error, CancelledError):
        return ""
    if isinstance(error, MedallionError):
        return visitor_text(error, say)
    _log.error("rows of %s could not be traced", place, exc_info=error)
    return say("The rows could not be traced; see the server's log.")


def _row(buttons: Sequence[Any]) -> Any:
    return pn.Row(*buttons, margin=(4, 0), styles={"gap": "8px"})


def _show_files(buttons: Sequence[Any], *, visible: bool) -> None:
    for button in buttons:
        button.visible = visible
