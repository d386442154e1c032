"""Edited rows of a table's rejects: what was changed in them, and what cannot be a correction."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from medallion.errors import CallError, DataError, did_you_mean
from medallion.lake.corrections import CorrectionLog
from medallion.plural import count_of
from medallion.records import Correction
from medallion.records.column_type import TEXT as TEXT_TYPE
from medallion.records.column_type import column_type
from medallion.run.context import RunContext
from medallion.run.edited_values import (
    equal,
    fits,
    plain_text,
    rewritten,
    same_cells,
    same_value,
)
from medallion.run.rejected_records import (
    IDENTITY,
    REASON,
    TEXT,
    Cells,
    RejectedRecord,
    cells_of,
    corrected_cells,
    find_rejected,
)

if TYPE_CHECKING:
    from medallion.contracts import Connection

SHOWN = 10  # faults that an error lists
_IDENTITY = re.compile(r"([0-9a-f]{64}):([1-9][0-9]*)")


@dataclass(frozen=True)
class Corrected:
    """The result of `correct`: what was added, and how many rows were as they had been."""

    added: tuple[Correction, ...]
    unchanged: int = 0
    known: int = 0

    def __repr__(self) -> str:
        return f"<Corrected: {count_of(len(self.added), 'correction')}>"


class EditedRows:
    """Edited rows of a table's rejects, used once.

    `entry` is the id of the new entry; `file` is where the rows come from, for messages.
    Raises CallError for an unknown table.
    """

    def __init__(
        self,
        context: RunContext,
        log: CorrectionLog,
        table: str,
        rows: Sequence[Cells],
        entry: str,
        file: str = "",
    ) -> None:
        names = context.declaration.names()
        if table not in names:
            raise CallError(f"there is no table {table!r}{did_you_mean(table, names)}")
        self.place = f"{file}: " if file else ""
        self.table = table
        self.entry = entry
        self.log = log
        self.columns = list(dict.fromkeys(name for row in rows for name in row))
        self.added_columns = {name: self._added_column(name) for name in (REASON, TEXT, IDENTITY)}
        self.rows = self._identified(rows)
        self.rejected = find_rejected(context, log, table, self.rows.keys())
        self.faults: dict[str, str] = {}  # by identity
        self.rewritten: set[str] = set()  # the identities whose cells a program has rewritten
        self.unchanged = self.known = 0

    def _added_column(self, name: str) -> str | None:
        """The name of a column that was added to those of the source files."""
        names = [each for each in self.columns if each.lower().rstrip("_") == name]
        return max(names, key=len, default=None)

    def _identified(self, rows: Sequence[Cells]) -> dict[str, tuple[int, Cells]]:
        """The rows that are not empty by identity, each with its number below the header."""
        column = self.added_columns[IDENTITY]
        hint = f"write the file again: medallion quarantine {self.table} --edit FILE"
        if rows and column is None:
            message = f"{self.place}there is no column {IDENTITY}, which says what a row is"
            raise DataError(message, hint=hint)
        identified: dict[str, tuple[int, Cells]] = {}
        for number, row in enumerate(rows, 2):
            identity = (row.get(column or "") or "").strip()
            if not any(row.values()):
                continue
            if not _IDENTITY.fullmatch(identity):
                message = f"{identity[:80]!r} in {column} is not a rejected record"
                raise DataError(f"{self.place}row {number}: {message}", hint=hint)
            if identity in identified:
                first = identified[identity][0]
                raise DataError(
                    f"{self.place}rows {first} and {number} are the same record",
                    hint="remove one of them",
                )
            identified[identity] = (number, row)
        return identified

    def corrections(self) -> Corrected:
        """The corrections. Raises DataError with the faults of all rows."""
        result = self.judged()
        self.require_faultless()
        return result

    def require_faultless(self) -> None:
        """Raise DataError with the faults of all rows, if there are any."""
        if self.faults:
            more = len(self.faults) - SHOWN
            lines = [
                f"{self.place}row {self.rows[identity][0]}: {fault}"
                for identity, fault in list(self.faults.items())[:SHOWN]
            ]
            lines += [f"and {more:,} more"] if more > 0 else []
            hint = "correct the file; nothing of it was stored"
            if self.rewritten:
                hint += (
                    f". In a workbook, cells stay as they are: medallion quarantine {self.table} "
                    "--edit FILE.xlsx; what you write into its cells, of type text, is accepted"
                )
            raise DataError("\n".join(lines), hint=hint)

    def judged(self) -> Corrected:
        """The corrections of the rows without faults; `faults` has those of the others.

        Raises DataError for a column that no file has.
        """
        self._check_columns()
        active = {
            (each.source, f"{each.sha256}:{each.record}"): each for each in self.log.active.values()
        }
        added: list[Correction] = []
        for identity, (_, row) in self.rows.items():
            record = self.rejected.get(identity)
            former = active.get((record.source, identity)) if record else self._former(identity)
            if former:
                self._compare(identity, row, record, former)
            elif record is None:
                self._fault(identity, f"{self.table} has not rejected this record")
            elif record.purged:
                self._fault(identity, "its former correction was purged: medallion run first")
            elif values := self._values(row, record):
                added.append(self._correction(len(added) + 1, record, values))
        return Corrected(tuple(added), self.unchanged, self.known)

    def _fault(self, identity: str, fault: str) -> None:
        """Add a fault of a row to those that it has."""
        self.faults[identity] = "; ".join(filter(None, (self.faults.get(identity), fault)))

    def _check_columns(self) -> None:
        known = {column.name for each in self.rejected.values() for column in each.file.columns}
        for name in self.columns:
            if self.rejected and name not in known and name not in self.added_columns.values():
                message = f"the source files have no column {name!r}{did_you_mean(name, known)}"
                hint = "remove the column, or give it its former name"
                raise DataError(self.place + message, hint=hint)

    def _former(self, identity: str) -> Correction | None:
        """The correction of a record that is not rejected any more."""
        return next(
            (
                each
                for each in self.log.active.values()
                if each.table == self.table and f"{each.sha256}:{each.record}" == identity
            ),
            None,
        )

    def _compare(
        self, identity: str, row: Cells, record: RejectedRecord | None, former: Correction
    ) -> None:
        """Count a row that is as before or as it was corrected; another one is a fault."""
        if same_cells(row, corrected_cells(former)):
            self.known += 1
        elif same_cells(row, cells_of(former.original)) or (
            record and same_cells(row, record.cells)
        ):
            self.unchanged += 1
        else:
            corrected = corrected_cells(former)
            differing = [
                f"{name} = {_shown(cell)}, not {_shown(corrected.get(name))}"
                for name, cell in row.items()
                if name in corrected and not equal(cell, corrected[name])
            ]
            self._fault(
                identity,
                f"{former.place} has the correction {former.id} already, which is "
                f"another one: {', '.join(differing)}; revoke it first: "
                f"medallion corrections --revoke {former.id}",
            )

    def _values(self, row: Cells, record: RejectedRecord) -> dict[str, str | None] | None:
        """The corrected columns of a row; None if it is unchanged, or has faults."""
        cells = record.cells
        for name, cell in row.items():
            if cell and name not in cells and name not in self.added_columns.values():
                self._fault(record.identity, f"{record.file.name} has no column {name!r}")
                return None
        types = {column.name: column.type for column in record.file.columns}
        types |= record.missing_types
        changed = {
            name: plain_text(row[name])
            for name, cell in cells.items()
            if name in row and not self._equal(row[name], cell, types[name])
        }
        for name, cell in changed.items():
            self._check_rewritten(record, name, cell)
        if not changed:
            self.unchanged += 1
        if not changed or record.identity in self.rewritten:
            return None
        original = cells_of(record.original)
        final = {**cells, **changed}
        values = {name: text for name, text in final.items() if not _kept(name, text, original)}
        for name, text in values.items():
            if text is not None and not self._fits(text, types[name]):
                said = f"{_shown(text)} is not a valid {types[name]}"
                self._fault(record.identity, f"column {name!r}: {said}")
        return values or None

    def _equal(self, cell: str | None, value: str | None, type_: str) -> bool:
        """Whether a cell is as it was written, or is the same value of its column's type."""
        if equal(cell, value) or not cell or not value or type_ == str(TEXT_TYPE):
            return equal(cell, value)
        return same_value(cell, value, column_type(type_), self._connection)

    def _check_rewritten(self, record: RejectedRecord, name: str, cell: str | None) -> None:
        """A cell that a program seems to have rewritten is a fault, not a correction."""
        former = record.cells[name]
        if reason := rewritten(former, cell, invalid=record.is_invalid(name)):
            self.rewritten.add(record.identity)
            change = f"{_shown(former)} → {_shown(cell)}"
            self._fault(record.identity, f"column {name!r}: {change}: {reason}")

    def _fits(self, text: str, type_: str) -> bool:
        return type_ == str(TEXT_TYPE) or fits(text, column_type(type_), self._connection)

    @cached_property
    def _connection(self) -> Connection:
        import duckdb

        return duckdb.connect()

    def _correction(
        self, number: int, record: RejectedRecord, values: dict[str, str | None]
    ) -> Correction:
        return Correction(
            id=f"{self.entry}-{number}",
            table=self.table,
            source=record.source,
            file=record.file.name,
            sha256=record.file.sha256,
            record=record.record,
            original=record.original,
            values=values,
            types={name: type_ for name, type_ in record.missing_types.items() if values.get(name)},
        )


def _kept(name: str, text: str | None, original: Cells) -> bool:
    return name in original and original[name] == text


def _shown(text: str | None) -> str:
    return "nothing" if text is None else repr(str(text[:80]))
