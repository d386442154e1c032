"""A form for one rejected record: an input for each column of its source file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import panel as pn
import panel_material_ui as pmui

from medallion.run.rejected_records import RejectedRecord
from medallion_panel.blocks.quarantine_parts import in_columns
from medallion_panel.messages.messages import Messages
from medallion_panel.ui.markup import Text

Changed = Callable[[str, str, str | None], None]


class RecordForm:
    """The inputs of the record that a visitor has selected. `view` is its widget, empty at first.

    Parameters: `changed` is called with the identity of the record, a column and its new text.
    """

    def __init__(self, changed: Changed, say: Messages) -> None:
        self._changed, self._say = changed, say
        self.identity = ""
        self.view = pn.Column(sizing_mode="stretch_width", margin=0)

    def show(self, record: RejectedRecord, edits: Mapping[str, str | None], fault: str) -> None:
        """Show a record with its edits, and what is wrong with them."""
        self.identity = record.identity
        say = self._say
        title = say("Record {record} of {file}", record=record.record, file=record.file.name)
        cells = {**record.cells, **edits}
        inputs = [self._input(record, name, text) for name, text in cells.items()]
        grid = in_columns(inputs, {"xs": 12, "sm": 6, "md": 3})
        unreadable = ""
        if record.unreadable:
            unreadable = say("The record as it is in the file: {text}", text=record.text)
        self.view[:] = [
            Text(title, "heading", margin=(12, 0, 0, 0)).view,
            Text("; ".join(record.reasons)).view,
            Text(unreadable).view,
            grid,
            Text(fault).view,
        ]

    def clear(self) -> None:
        """Show no record."""
        self.identity, self.view[:] = "", []

    def _input(self, record: RejectedRecord, name: str, text: str | None) -> Any:
        field = pmui.TextInput(
            label=name, value=text or "", size="small", sizing_mode="stretch_width", margin=0
        )

        def change(event: Any) -> None:
            self._changed(record.identity, name, event.new or None)

        field.param.watch(change, "value")
        return field
