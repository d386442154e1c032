"""The quarantine block: rejected records, chosen by their reason, which visitors may correct."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar

import panel as pn
import panel_material_ui as pmui

from medallion.errors import DataError, MedallionError
from medallion.run.rejected_records import RejectedRecord
from medallion.secrets import masked_logger
from medallion_panel.blocks import quarantine_parts as parts
from medallion_panel.blocks.preview_pane import PreviewPane
from medallion_panel.blocks.record_form import RecordForm
from medallion_panel.blocks.reject_table import RejectTable
from medallion_panel.data.quarantine_reader import (
    QuarantineAccess,
    QuarantineChoice,
    QuarantineListing,
)
from medallion_panel.ui.formats import Formats
from medallion_panel.ui.markup import Notice, Text
from medallion_panel.ui.select_box import SelectBox
from medallion_panel.ui.visitor_errors import visitor_text

_log = masked_logger(__name__)

_ALL = ""  # the choice of all rules, files or columns
_MEMBERS = {"table": "Table", "rule": "Rule", "file": "File", "column": "Column"}
_EVERY = {"rule": "All rules", "file": "All files", "column": "All columns"}

T = TypeVar("T")


class QuarantineView:
    """Choices of table, rule, file and column, the rejected records, and a form to correct one.

    `view` is its widget. Edits of all records of a table are kept until they are submitted, or
    another table is chosen.

    `table` is that of the records.

    Parameters: `access` is that of the visitor; `changed` is called when they choose columns.
    """

    def __init__(
        self, access: QuarantineAccess, formats: Formats, changed: Callable[[], None]
    ) -> None:
        self._access, self._reader = access, access.reader
        self._formats, self._say = formats, formats.say
        self._listing: QuarantineListing | None = None
        self._edits: dict[str, dict[str, str | None]] = {}
        self._states: dict[str, str] = {}  # of edited records
        self._updating = False  # while the code changes the choices
        self._number = 0  # counts requests to list, of which the last one wins
        self._waiting, self._caption, self._remainder, say = Text(), Text(), Text(), formats.say
        self._selects = {name: SelectBox(label=say(label)) for name, label in _MEMBERS.items()}
        for select in self._selects.values():
            select.param.watch(self._on_choice, "value")
        refused = bool(access.refusal(say))
        self.table = RejectTable(access.reader, formats, changed, pickable=not refused)
        self.table.grid.param.watch(self._on_pick, "picks")
        self._form = RecordForm(self._on_edit, say)
        self._preview = PreviewPane(access.reader, formats)
        look: dict[str, Any] = {"size": "small", "sizing_mode": "stretch_width", "margin": 0}
        self._note = pmui.TextInput(label=say("Note"), **look)
        self._message = Notice(margin=(8, 0))
        self._buttons = self._edit_buttons()
        self.view = pn.Column(
            Text(access.refusal(say)).view,
            self._waiting.view,
            parts.in_columns(self._selects.values(), {"xs": 12, "sm": 6, "md": 3}),
            self._caption.view,
            self.table.bar,
            self.table.grid,
            self._remainder.view,
            self.table.files.code,
            self._form.view,
            *([] if refused else [self._note, parts.in_row(self._buttons)]),
            self._message.view,
            self._preview.view,
            sizing_mode="stretch_width",
            margin=0,
        )

    def _edit_buttons(self) -> list[Any]:
        say = self._say
        return [
            parts.button(say("Preview"), "preview", self._show_preview),
            parts.button(say("Submit"), "send", self._submit, variant="contained"),
            parts.button(say("Discard edits"), "undo", self._discard),
        ]

    @property
    def choice(self) -> QuarantineChoice:
        """The table, rule, file and column that the visitor has chosen."""
        table, rule, file, column = (select.value for select in self._selects.values())
        return QuarantineChoice(table, rule, file, column, self._access.release)

    def read(self) -> QuarantineListing:
        """The chosen rejects; called in a thread. Raises MedallionError."""
        return self._reader.listing(self.choice)

    def show(self, listing: QuarantineListing) -> None:
        """Show rejects in place of the former; edits remain for records that are still rejected."""
        former, self._listing = self._listing, listing
        if former and former.choice.table != listing.choice.table:
            self._forget()
        if former and former.release != listing.release:
            known = {record.identity for record in listing.records}
            for identity in self._edits.keys() - known:
                self._edits.pop(identity)
                self._states.pop(identity, None)
        self._show_choices(listing)
        if fault := self.table.offer(listing):
            self._message.show(f"{fault}.")
        self._caption.show(parts.caption(listing, self._say))
        self._waiting.show(parts.waiting_text(listing, self._say))
        self._remainder.show(parts.remainder_text(listing, self._say))
        self._show_grid()
        if self._form.identity not in {record.identity for record in listing.records}:
            self._form.clear()

    def _show_choices(self, listing: QuarantineListing) -> None:
        counts = (listing.tables, listing.rules, listing.files, listing.columns)
        self._updating, write = True, self._formats.writer("integer")
        for name, numbers in zip(_MEMBERS, counts, strict=True):
            value = getattr(listing.choice, name)
            options = [[each, f"{each} ({write(number)})"] for each, number in numbers.items()]
            every = [[_ALL, self._say(_EVERY[name])]] if name in _EVERY else []
            self._selects[name].param.update(options=every + options, value=value)
        self._updating = False

    def _show_grid(self) -> None:
        """Show the records with their edits."""
        self.table.show(self._edits, self._states)

    # What the visitor does

    def _on_choice(self, _event: Any) -> None:
        if not self._updating:
            pn.state.execute(self._list)

    async def _list(self) -> None:
        self._number += 1
        number = self._number
        try:
            listing = await self._in_thread(self.read)
        except MedallionError as error:
            self._message.show(visitor_text(error, self._say))
            return
        if number == self._number:
            self._message.show("")
            self.show(listing)

    def _on_pick(self, _event: Any) -> None:
        record = self.table.picked
        if record is not None:
            edits = self._edits.get(record.identity, {})
            self._form.show(record, edits, self._fault(record.identity))

    def _on_edit(self, identity: str, column: str, text: str | None) -> None:
        record = self._record(identity)
        if record is None:
            return
        self._preview.clear()
        edits = {**self._edits.get(identity, {}), column: text}
        cells = record.cells
        changed = {name: each for name, each in edits.items() if each != (cells[name] or None)}
        if changed:
            self._edits[identity], self._states[identity] = changed, self._say("edited")
        else:
            self._edits.pop(identity, None)
            self._states.pop(identity, None)
        self._show_grid()

    def _record(self, identity: str) -> RejectedRecord | None:
        records = self._listing.records if self._listing else ()
        return next((record for record in records if record.identity == identity), None)

    async def _show_preview(self, _event: Any = None) -> None:
        """Show what a run would make of the edited records."""
        if not self._edits:
            self._message.show(self._say("No record has been edited."))
            return
        self._message.show("")
        await self._preview.show(self.choice.table, dict(self._edits))
        if self._preview.faults:
            self._note_faults(self._preview.faults)

    async def _submit(self, _event: Any = None) -> None:
        """Store all edits as corrections."""
        if not self._edits:
            self._message.show(self._say("No record has been edited."))
            return
        edits, table = dict(self._edits), self.choice.table
        submit = partial(
            self._reader.submit,
            table,
            edits,
            note=self._note.value or "",
            author=self._access.author,
        )
        submission = await self._attempt(submit)
        if submission is None:
            return
        if submission.faults:
            self._show_faults(submission.faults)
            return
        self._forget()
        self._note.value = ""
        await self._list()
        message = (
            "{count} correction stored. The next run applies it. | "
            "{count} corrections stored. The next run applies them."
        )
        self._message.show(self._say(message, count=submission.added))

    def _note_faults(self, faults: Mapping[str, str]) -> None:
        self._states |= {
            identity: self._say("Cannot be stored: {reason}", reason=text)
            for identity, text in faults.items()
        }
        self._show_grid()

    def _show_faults(self, faults: Mapping[str, str]) -> None:
        self._note_faults(faults)
        message = (
            "{count} record cannot be corrected so, see State; nothing was stored. | "
            "{count} records cannot be corrected so, see State; nothing was stored."
        )
        self._message.show(self._say(message, count=len(faults)))

    def _discard(self, _event: Any = None) -> None:
        self._forget()
        self._message.show("")
        self._show_grid()

    def _forget(self) -> None:
        """Forget all edits."""
        self._edits, self._states = {}, {}
        self._form.clear()
        self._preview.clear()

    def _fault(self, identity: str) -> str:
        state = self._states.get(identity, "")
        return "" if state == self._say("edited") else state

    async def _attempt(self, function: Callable[[], T]) -> T | None:
        """The result of a function in a thread; None when it fails, which is shown."""
        for button in self._buttons:
            button.disabled = True
        try:
            return await self._in_thread(function)
        except DataError as error:
            self._message.show(f"{error.message}.")
        except MedallionError as error:
            self._message.show(visitor_text(error, self._say))
        except Exception:
            _log.exception("rejected records could not be corrected")
            self._message.show(self._say("This could not be done; see the server's log."))
        finally:
            for button in self._buttons:
                button.disabled = False
        return None

    async def _in_thread(self, function: Callable[[], T]) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._reader.pool, function)
