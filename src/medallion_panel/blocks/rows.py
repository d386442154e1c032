"""The table block: rows filtered, sorted and paged by the store, with downloads and code."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import panel as pn
import panel_material_ui as pmui

from medallion.contracts import Filter, Query, Sort
from medallion.errors import CallError
from medallion_panel.block_settings import Rows
from medallion_panel.blocks.block_context import BlockContext
from medallion_panel.blocks.code_snippets import CodeSnippetList, snippets
from medallion_panel.blocks.column_chooser import ColumnChooser
from medallion_panel.blocks.compared_rows import compared_rows
from medallion_panel.blocks.sparklines import sparkline_cells
from medallion_panel.blocks.table_downloads import TableDownloads
from medallion_panel.blocks.table_page import TablePage, key_parts, key_text
from medallion_panel.blocks.table_totals import table_totals
from medallion_panel.blocks.text_grid import TextGrid
from medallion_panel.ui.formats import Formats
from medallion_panel.ui.markup import HtmlPane, Text
from medallion_panel.ui.print_layout import NOT_PRINTED

_PAGE = "rows_page"
_MOST_SKIPPED = 100_000  # rows before a page that an address names


class RowsView:
    """The content of a table's card; `view` is its widget.

    `row` is the key of the row shown in full, as `key_text` writes it; `url_names` are those of its
    parameters in a URL.

    Parameters: `changed` is called when a visitor searches, sorts, pages, chooses columns or
    selects a row; `card` is the number of the card, `explained` whether the rows behind a row can
    be shown.
    """

    url_names: ClassVar[tuple[str, ...]] = ("q", "sort", "columns", _PAGE, "row")

    def __init__(
        self,
        block: Rows,
        formats: Formats,
        changed: Callable[[], None],
        card: int = -1,
        *,
        explained: bool = False,
    ) -> None:
        self.block, self._changed = block, changed
        self._number = card if explained else None
        self.row: str | None = None
        self._page: TablePage | None = None
        self._selection: Any = None  # release, filters and sort, by which `_cursors` are valid
        self._cursors: dict[int, str | None] = {}  # by number of a page
        self._page_number = 0
        self._quiet = False
        self._say = say = formats.say
        self.search = _search_input(block, formats)
        self.columns = ColumnChooser(formats, changed)
        self.previous = _icon_button("chevron_left", say("Previous page"), disabled=True)
        self.next = _icon_button("chevron_right", say("Next page"), disabled=True)
        self.extent = Text(margin=(10, 0), sizing_mode="fixed")
        self.table = TextGrid(
            pickable=block.detail,
            card=card,
            sort=next(iter(block.sort), ""),
            sizing_mode="stretch_width",
            margin=(8, 0),
            min_height=60,
        )
        self.detail_text = HtmlPane()
        self.close = _icon_button("close", say("Close this row"), size="small")
        self.downloads = TableDownloads(block.table, say)
        self.code = CodeSnippetList.of(say)
        self.detail = self._detail()
        self.view = self._layout()
        self._listen()

    def _detail(self) -> pn.Row:
        return pn.Row(
            self.detail_text.view,
            self.close,
            visible=False,
            sizing_mode="stretch_width",
            margin=(8, 0),
        )

    def _layout(self) -> pn.Column:
        bar = pn.FlexBox(
            self.search,
            self.columns.view,
            self.extent.view,
            pn.Row(self.previous, self.next, margin=0),  # on one line
            *self.downloads.buttons,
            align_items="center",
            gap="8px",
            margin=(4, 0 if self.block.title else 36, 4, 0),  # next to the menu of the card
        )
        parts = (bar, self.table, self.detail, self.code)
        return pn.Column(*parts, sizing_mode="stretch_width", margin=0)

    def _listen(self) -> None:
        self.search.param.watch(self._on_change, "value")
        self.table.param.watch(self._on_change, "sort")
        self.previous.on_click(lambda _: self._turn_page(-1))
        self.next.on_click(lambda _: self._turn_page(1))
        self.close.on_click(lambda _: self._select(None))
        if self.block.detail:
            self.table.param.watch(self._on_pick, "picks")

    # The URL

    def texts(self) -> dict[str, list[str]]:
        """Its parameters in the URL: search (q), sort, columns, page, and the row shown in full."""
        default = self.block.sort[0] if self.block.sort else ""
        parameters = {
            "q": [self.search.value],
            "sort": [self.table.sort if self.table.sort != default else ""],
            "columns": self.columns.texts(),
            _PAGE: [str(self._page_number + 1) if self._page_number else ""],
            "row": [self.row],
        }
        return {name: texts for name, texts in parameters.items() if any(texts)}

    def set(self, parameters: Mapping[str, Sequence[str]], context: BlockContext) -> None:
        """Take over the parameters of a URL as far as they are valid. Raises CallError else."""
        self._quiet = True
        faults = []
        try:
            self.search.value = next(iter(parameters.get("q", ())), "")
            self.row = next(iter(parameters.get("row", ())), None)
            for set_part in (self._set_sort, self._set_page, self._set_columns):
                try:
                    set_part(parameters, context)
                except CallError as error:
                    faults.append(error.message)
        finally:
            self._quiet = False
        if faults:
            raise CallError(". ".join(faults))

    def _set_sort(self, parameters: Mapping[str, Sequence[str]], context: BlockContext) -> None:
        self.table.sort = default = next(iter(self.block.sort), "")
        sort = next(iter(parameters.get("sort", ())), default)
        kind = context.kinds(self.block.table).get(sort.removeprefix("-"))
        if sort != default and (kind is None or not kind.ordered):
            message = "This table cannot be sorted by {column}"
            raise CallError(self._say(message, column=repr(sort)))
        self.table.sort = sort

    def _set_page(self, parameters: Mapping[str, Sequence[str]], _context: BlockContext) -> None:
        self._page_number = 0
        text = next(iter(parameters.get(_PAGE, ())), "1")
        most = _MOST_SKIPPED // self.block.page_size + 1
        if not (text.isascii() and text.isdigit() and 0 < int(text[:12]) <= most):
            message = "The page of a table is a number from 1 to {most}, not {value}"
            raise CallError(self._say(message, most=most, value=repr(text)))
        self._page_number = int(text) - 1

    def _set_columns(self, parameters: Mapping[str, Sequence[str]], context: BlockContext) -> None:
        columns = self._columns(context)
        if unknown := self.columns.set(parameters.get("columns", ()), columns):
            names = ", ".join(map(repr, unknown))
            raise CallError(self._say("This table has no column {names}", names=names))

    # Content

    def read(self, context: BlockContext) -> TablePage:
        """Read the current page, or the last one where there are fewer."""
        table, store = self.block.table, context.store
        shown = self.query(context)
        query = replace(shown, fields=self._fields(shown, context))
        selection = (store.last_release().id, query.filters, query.sort)
        total = context.count(table, query.filters)
        number = min(self._page_number, max(total - 1, 0) // query.limit)
        cursors = self._cursors if selection == self._selection else {}
        cursor = cursors.get(number)
        if number and cursor is None:
            skipped = replace(query, fields=query.fields[:1], limit=number * query.limit)
            cursor = store.find(table, skipped).cursor
        page = store.find(table, replace(query, cursor=cursor))
        row = store.get(table, key_parts(self.row)) if self.row else None
        key = context.served(table).key
        compared = compared_rows(table, page.rows, (*shown.fields, *key), context)
        read = TablePage(table, context, shown, key, page, total, number, selection, row, compared)
        totals = table_totals(self.block, context, shown.fields, query)
        lines = {
            each.title: sparkline_cells(each, context, page.rows) for each in self.block.sparklines
        }
        return replace(read, totals=totals, sparklines=lines)

    def show(self, page: TablePage) -> None:
        """Show a page of rows."""
        if page.selection != self._selection:
            self._cursors = {}
        self._page, self._selection, self._page_number = page, page.selection, page.number
        self._cursors[page.number + 1] = page.page.cursor
        start, count = page.number * self.block.page_size, len(page.page.rows)
        extent = self._say("{count} row | {count} rows", count=0)
        if count:
            words = {"first": start + 1, "last": start + count, "total": page.total}
            extent = self._say("{first}–{last} of {total}", **words)
        self.extent.show(extent)
        self.previous.disabled, self.next.disabled = page.number == 0, page.page.cursor is None
        self.previous.visible = self.next.visible = page.total > self.block.page_size
        headers, rows = page.cells()
        self.table.param.update(columns=headers, rows=rows, footer=page.footer())
        self.columns.offer(self._columns(page.context))
        self.downloads.offer(page, some=bool(self.columns.texts()))
        self.code.items = snippets(self.block.table, page.query, self._say) if count else []
        self.detail.visible = bool(self.row)
        if self.row:
            self.detail_text.show(page.detail(self.row, self._number))

    def clear(self) -> None:
        """Show no rows, because former ones could be taken for the answer."""
        self._page = None
        self.extent.show("")
        self.previous.visible = self.next.visible = self.detail.visible = False
        self.table.rows, self.table.footer, self.code.items = [], [], []
        self.downloads.stop()

    def query(self, context: BlockContext) -> Query:
        """The query of the rows with the columns that are shown, without a cursor."""
        filters = list(context.filters(self.block.table))
        if self.block.search and self.search.value:
            filters.append(Filter(self.block.search, "search", self.search.value))
        term = self.table.sort
        sort = (Sort(term.removeprefix("-"), term.startswith("-")),) if term else ()
        fields = self.columns.shown(self._columns(context))
        return Query(tuple(filters), sort, fields, self.block.page_size)

    def _columns(self, context: BlockContext) -> tuple[str, ...]:
        """The columns that the table can show."""
        served = context.served(self.block.table)
        return self.block.columns or tuple(column.name for column in served.columns)

    def _fields(self, query: Query, context: BlockContext) -> tuple[str, ...]:
        """The columns to read: next to those shown, those that identify a row."""
        identity = context.served(self.block.table).key or self._columns(context)
        lines = (each.by for each in self.block.sparklines)
        return tuple(dict.fromkeys((*query.fields, *identity, *lines)))

    def _on_change(self, _event: Any) -> None:
        if not self._quiet:
            self.to_first_page()
            self._changed()

    def to_first_page(self) -> None:
        """Return to the first page, since it is about to show other rows."""
        self._page_number = 0

    def _turn_page(self, step: int) -> None:
        self._page_number += step
        self._changed()

    # One row

    def _on_pick(self, _event: Any) -> None:
        if self._page is not None and 0 <= self.table.picked < len(self._page.page.rows):
            row = self._page.page.rows[self.table.picked]
            self._select(key_text([row[name] for name in self._page.key]) or None)

    def _select(self, row: str | None) -> None:
        self.row = row
        self._changed()


def _search_input(block: Rows, formats: Formats) -> Any:
    return pmui.TextInput(
        label=formats.say("{column} contains", column=formats.label(block.search or "")),
        size="small",
        margin=0,
        width=190,
        visible=bool(block.search),
        stylesheets=[NOT_PRINTED],
    )


def _icon_button(icon: str, description: str, **options: Any) -> Any:
    return pmui.IconButton(
        icon=icon, description=description, margin=0, stylesheets=[NOT_PRINTED], **options
    )
