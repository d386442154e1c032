"""The buttons that download the rows of a table as files."""

from __future__ import annotations

import io
from functools import partial
from typing import Any

from medallion.export.xlsx import MOST_ROWS
from medallion_panel.blocks.table_files import (
    csv_file,
    file_name,
    parquet_file,
    spreadsheet_file,
    xlsx_file,
)
from medallion_panel.blocks.table_page import TablePage
from medallion_panel.messages.messages import Messages
from medallion_panel.ui.downloads import download_button, in_download_thread

_FORMS = {
    "csv": ("CSV", "csv"),
    "spreadsheet": ("CSV for spreadsheets", "csv"),
    "xlsx": ("Excel", "xlsx"),
    "parquet": ("Parquet", "parquet"),
}
_MOST_NAMES = 8  # of columns in the description of a button


class TableDownloads:
    """Downloads of all rows that match the filters, with the columns that a `table` shows.

    `buttons` are its widgets.
    """

    def __init__(self, table: str, say: Messages) -> None:
        self._table, self._say = table, say
        self._page: TablePage | None = None
        self.buttons = [self._button(form) for form in _FORMS]

    def offer(self, page: TablePage, *, some: bool) -> None:
        """Offer the rows of which there is a page; `some` says that not all columns are shown."""
        self._page = page
        formats = page.context.formats
        labels = [formats.label(name) for name in page.query.fields] if some else []
        names = formats.and_more(labels, _MOST_NAMES)
        for button, form in zip(self.buttons, _FORMS, strict=True):
            too_large = form == "xlsx" and page.total >= MOST_ROWS
            button.param.update(disabled=too_large, description=self._description(form, names))

    def stop(self) -> None:
        """Offer nothing while there are no rows."""
        self._page = None
        for button in self.buttons:
            button.disabled = True

    def _button(self, form: str) -> Any:
        label, extension = _FORMS[form]
        name = f"{file_name(self._table)}.{extension}"
        description = self._description(form)
        return download_button(partial(self._file, form), name, self._say(label), description)

    def _description(self, form: str, names: str = "") -> str:
        label = self._say(_FORMS[form][0])
        if not names:
            return self._say("All rows that match the filters, as {form}", form=label)
        message = "All rows that match the filters, as {form}; columns: {names}"
        return self._say(message, form=label, names=names)

    async def _file(self, form: str) -> io.BytesIO:
        """All rows that match the filters at this moment, from one release."""
        assert self._page is not None  # noqa: S101 (the buttons are disabled before)
        return await in_download_thread(_file_of, self._page, self._table, form)


def _file_of(page: TablePage, table: str, form: str) -> io.BytesIO:
    """All rows of the query of a page."""
    context, query = page.context, page.query
    batches = context.store.scan(table, query)
    if form in ("parquet", "xlsx"):
        write_typed = parquet_file if form == "parquet" else xlsx_file
        return write_typed(batches, context, table, query.fields)
    write = spreadsheet_file if form == "spreadsheet" else csv_file
    return write(batches, query.fields)
