"""The table of rejected records: in the columns that a visitor chooses, with downloads and code."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

import panel as pn

from medallion.errors import CallError
from medallion.run.rejected_records import RejectedRecord
from medallion_panel.blocks.block_context import BlockContext
from medallion_panel.blocks.column_chooser import ColumnChooser
from medallion_panel.blocks.quarantine_parts import Edits, column_names, grid_content
from medallion_panel.blocks.reject_files import RejectFiles
from medallion_panel.blocks.text_grid import TextGrid
from medallion_panel.data.quarantine_reader import QuarantineListing, QuarantineReader
from medallion_panel.ui.formats import Formats

_COLUMNS = "columns"


class RejectTable:
    """The records of a listing with their edits. `bar` is above its `grid`, and `files.code` below.

    `url_names` are its parameters in a URL.

    Parameters: `reader` reads the files; `changed` is called when a visitor chooses columns;
    `pickable` says whether rows can be selected.
    """

    url_names: ClassVar[tuple[str, ...]] = (_COLUMNS,)

    def __init__(
        self,
        reader: QuarantineReader,
        formats: Formats,
        changed: Callable[[], None],
        *,
        pickable: bool,
    ) -> None:
        self._formats, self._say = formats, formats.say
        self._listing: QuarantineListing | None = None
        self._asked: Sequence[str] | None = None  # columns of the URL, until there are records
        self.columns = ColumnChooser(formats, changed, label=str)
        self.files = RejectFiles(reader, formats.say)
        widgets = [self.columns.view, *self.files.buttons]
        self.bar = pn.FlexBox(*widgets, align_items="center", gap="8px", margin=(4, 0))
        self.grid = TextGrid(pickable=pickable, margin=0, sizing_mode="stretch_width")

    @property
    def picked(self) -> RejectedRecord | None:
        """The record whose row was selected last."""
        records = self._listing.records if self._listing else ()
        number = self.grid.picked
        return records[number] if 0 <= number < len(records) else None

    def texts(self) -> dict[str, list[str]]:
        """Its parameters in the URL: the columns."""
        columns = self.columns.texts() if self._asked is None else list(self._asked)
        return {_COLUMNS: columns} if columns else {}

    def set(self, parameters: Mapping[str, Sequence[str]], _context: BlockContext) -> None:
        """Take over the parameters of a URL. Raises CallError where the records lack a column."""
        self._asked = parameters.get(_COLUMNS, ())
        if self._listing is not None and (fault := self._choose_columns(self._listing)):
            raise CallError(fault)

    def offer(self, listing: QuarantineListing) -> str:
        """Take over records, not shown yet; returns which columns of the URL they lack."""
        self._listing = listing
        fault = self._choose_columns(listing)
        self.files.offer(listing, self.columns.texts())
        return fault

    def _choose_columns(self, listing: QuarantineListing) -> str:
        names, asked = column_names(listing), self._asked
        self._asked = None
        if asked is None:
            self.columns.offer(names)
            return ""
        unknown = ", ".join(map(repr, self.columns.set(asked, names)))
        return self._say("This table has no column {names}", names=unknown) if unknown else ""

    def show(self, edits: Edits, states: Mapping[str, str]) -> None:
        """Show the records with their edits, and the states of those."""
        if self._listing is not None:
            names = self.columns.shown(column_names(self._listing))
            columns, rows = grid_content(self._listing, names, edits, states, self._formats)
            self.grid.param.update(columns=columns, rows=rows)
