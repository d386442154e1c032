"""The rejected records that a visitor has chosen as files to edit, with code that reads them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import partial
from typing import Any

from medallion.export.xlsx import MOST_ROWS
from medallion_panel.blocks.code_snippets import CodeSnippetList
from medallion_panel.blocks.reject_snippets import reject_snippets
from medallion_panel.blocks.table_files import csv_file, file_name, values_xlsx
from medallion_panel.data.quarantine_reader import (
    QuarantineChoice,
    QuarantineListing,
    QuarantineReader,
)
from medallion_panel.messages.messages import Messages
from medallion_panel.ui.downloads import download_button, in_download_thread

_FORMS = {"csv": "CSV", "xlsx": "Excel"}


class RejectFiles:
    """Downloads of all records that are chosen, and code for them, with the columns that are shown.

    A file can be edited and given to `medallion correct`. `buttons` and `code` are the widgets.
    """

    def __init__(self, reader: QuarantineReader, say: Messages) -> None:
        self._reader, self._say = reader, say
        self._choice, self._columns = QuarantineChoice(), tuple[str, ...]()
        self.buttons = [self._button(form) for form in _FORMS]
        self.code = CodeSnippetList.of(say)

    def offer(self, listing: QuarantineListing, columns: Sequence[str]) -> None:
        """Offer the records of a listing; `columns` are those that are shown, none for all."""
        self._choice, self._columns = listing.choice, tuple(columns)
        self.code.items = reject_snippets(self._choice, self._columns, self._say)
        name = f"{file_name(self._choice.table)}-rejects"
        for button, form in zip(self.buttons, _FORMS, strict=True):
            too_large = form == "xlsx" and listing.total >= MOST_ROWS
            button.param.update(
                filename=f"{name}.{form}",
                description=self._description(form),
                disabled=too_large or not listing.records,
            )

    def _button(self, form: str) -> Any:
        label, description = self._say(_FORMS[form]), self._description(form)
        return download_button(partial(self._file, form), f"rejects.{form}", label, description)

    def _description(self, form: str) -> str:
        label, names = self._say(_FORMS[form]), ", ".join(self._columns)
        if not names:
            return self._say("All of these records, as {form}", form=label)
        message = "All of these records, as {form}; columns: {names}"
        return self._say(message, form=label, names=names)

    async def _file(self, form: str) -> io.BytesIO:
        """All records that are chosen at this moment."""
        return await in_download_thread(_file_of, self._reader, self._choice, self._columns, form)


def _file_of(
    reader: QuarantineReader, choice: QuarantineChoice, columns: Sequence[str], form: str
) -> io.BytesIO:
    """All chosen records; the file names the reasons and the identity of each."""
    rows = reader.rows(choice, columns)
    names = list(rows[0]) if rows else list(columns)
    if form == "xlsx":
        return values_xlsx({name: [row[name] for row in rows] for name in names})
    return csv_file([rows], names)
