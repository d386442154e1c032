"""Figures by group as a table, with downloads and code: the blocks `groups` and `pivot`."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

import panel as pn

from medallion.errors import CallError
from medallion_panel.block_settings import Groups
from medallion_panel.blocks.block_context import BlockContext
from medallion_panel.blocks.code_snippets import CodeSnippetList
from medallion_panel.blocks.group_snippets import group_snippets
from medallion_panel.blocks.groups_page import GroupsPage, default_sort, metric_names
from medallion_panel.blocks.pivot_page import PIVOT_SORTS, PivotPage
from medallion_panel.blocks.table_files import csv_file, file_name, spreadsheet_file, values_xlsx
from medallion_panel.blocks.text_grid import TextGrid
from medallion_panel.messages.messages import Messages
from medallion_panel.table_settings import PivotBlock
from medallion_panel.ui.downloads import download_button, in_download_thread
from medallion_panel.ui.markup import Text

_DOWNLOADS = {"csv": "CSV", "spreadsheet": "CSV for spreadsheets", "xlsx": "Excel"}


class GroupsView:
    """The content of the card of a `groups` or `pivot` block; `view` is its widget.

    `url_names` are those of its parameters in a URL.

    Parameters: `changed` is called when a visitor sorts it; `card` is the number of its card.
    """

    url_names: ClassVar[tuple[str, ...]] = ("sort",)

    def __init__(
        self, block: Groups | PivotBlock, say: Messages, changed: Callable[[], None], card: int = -1
    ) -> None:
        self.block, self._say, self._changed = block, say, changed
        self._page: GroupsPage | PivotPage | None = None
        self._quiet, self._default = False, ""
        look = {"sizing_mode": "stretch_width", "margin": (8, 0), "min_height": 60}
        self.table = TextGrid(card=card, crossed=isinstance(block, PivotBlock), **look)
        self.table.param.watch(self._on_sort, "sort")
        self.extent = Text(margin=(10, 0), sizing_mode="fixed")
        self.downloads = [self._download(form) for form in _DOWNLOADS]
        self.code = CodeSnippetList.of(say)
        bar = pn.FlexBox(
            self.extent.view, *self.downloads, align_items="center", gap="8px", margin=(4, 0)
        )
        self.view = pn.Column(bar, self.table, self.code, sizing_mode="stretch_width", margin=0)

    def texts(self) -> dict[str, list[str]]:
        """Its parameters in the URL: the sort."""
        sort = self.table.sort
        return {"sort": [sort]} if sort and sort != self._default else {}

    def set(self, parameters: Mapping[str, Sequence[str]], context: BlockContext) -> None:
        """Take over the parameters of a URL. Raises CallError on a sort that is not possible."""
        self._default, sorts = self._sorts(context)
        sort = next(iter(parameters.get("sort", ())), self._default)
        valid = sort == self._default or sort.removeprefix("-") in sorts
        self._quiet = True
        try:
            self.table.sort = sort if valid else self._default
        finally:
            self._quiet = False
        if not valid:
            message = "This table cannot be sorted by {column}"
            raise CallError(self._say(message, column=repr(sort)))

    def _sorts(self, context: BlockContext) -> tuple[str, Sequence[str]]:
        """The sort of the block, and the columns that it can be sorted by."""
        block = self.block
        if isinstance(block, PivotBlock):
            return block.sort, PIVOT_SORTS
        columns = [context.column(block.table, term) for term in block.by]
        metrics = metric_names(block.metrics, columns)
        return default_sort(block, context, metrics), (*columns, *metrics)

    def read(self, context: BlockContext) -> GroupsPage | PivotPage:
        """Read the groups in the order that the visitor chose."""
        if isinstance(self.block, PivotBlock):
            return PivotPage.read(self.block, context, self.table.sort)
        return GroupsPage.read(self.block, context, self.table.sort)

    def show(self, page: GroupsPage | PivotPage) -> None:
        """Show what was read."""
        self._page = page
        self.extent.show(page.extent)
        headers, rows = page.cells()
        self.table.param.update(columns=headers, rows=rows, footer=page.footer)
        self.code.items = group_snippets(page.groups)
        for button in self.downloads:
            button.disabled = False

    def clear(self) -> None:
        """Show no rows, because former ones could be taken for the answer."""
        self._page = None
        self.extent.show("")
        self.table.rows, self.table.footer, self.code.items = [], [], []
        for button in self.downloads:
            button.disabled = True

    def _on_sort(self, _event: Any) -> None:
        if not self._quiet:
            self._changed()

    def _download(self, form: str) -> Any:
        label = self._say(_DOWNLOADS[form])
        description = self._say("All groups that match the filters, as {form}", form=label)
        kind = "pivot" if isinstance(self.block, PivotBlock) else "groups"
        suffix = "xlsx" if form == "xlsx" else "csv"
        name = f"{file_name(self.block.table)}-{kind}.{suffix}"
        return download_button(partial(self._file, form), name, label, description)

    async def _file(self, form: str) -> io.BytesIO:
        """All groups that match the filters at this moment, from one release."""
        assert self._page is not None  # noqa: S101 (the buttons are disabled before)
        return await in_download_thread(_file_of, self._page, form)


def _file_of(page: GroupsPage | PivotPage, form: str) -> io.BytesIO:
    """All groups of the query of a page."""
    rows, names = page.all_rows(), page.names
    if form == "xlsx":
        return values_xlsx({name: [row[name] for row in rows] for name in names})
    write = spreadsheet_file if form == "spreadsheet" else csv_file
    return write([rows], names)
