"""Records of what differs between two releases: tables, columns, rows and numbers."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal, TypeAlias

from pydantic import Field, JsonValue

from medallion.plural import count_of
from medallion.records import Masked, Record
from medallion.records.html import html_table

Number: TypeAlias = int | Decimal | float
TableStatus = Literal["added", "removed", "changed", "unchanged"]
RowStatus = Literal["changed", "added", "removed"]
CauseKind = Literal["file", "table", "input", "declaration", "step", "expectation", "layer"]


class Cause(Record):
    """One thing that made a table differ: in `table`, which is it or one that it is made of.

    `name` is that of a source file, a table or a plugin; `change` says what happened to it, and
    `detail` which settings of a plugin changed, or its version. The kind `declaration` is an edit
    that was not recorded, because an earlier version of medallion computed one of the releases.
    """

    table: str
    kind: CauseKind
    name: str
    change: str
    detail: Masked = ""


class ColumnChange(Record):
    """A column that is new (`before` is None), removed (`after` is None) or of another type."""

    name: str
    before: str | None
    after: str | None


class ValueChange(Record):
    """A value before and after; `change` is absolute and `percent` relative, for numbers only.

    Decimals are texts in `before` and `after`, so that they stay exact.
    """

    before: JsonValue
    after: JsonValue
    change: Number | None = None
    percent: float | None = None


class RowChange(Record):
    """One row that differs. `values` has what changed in it, or else all columns of the row."""

    status: RowStatus
    key: dict[str, JsonValue]
    values: dict[str, ValueChange]


class TableDiff(Record):
    """What differs in one table.

    `key` are the columns that pair a row before with a row after; without them, a changed row is
    one removed and one added. `added`, `removed` and `changed` count rows, and `changed_columns`
    the changed rows by column. `sums` are the sums of columns of numbers that changed. `causes` are
    what made it differ. `rows` are the first of the rows that differ.
    """

    table: str
    status: TableStatus
    key: tuple[str, ...] = ()
    rows_before: int = 0
    rows_after: int = 0
    added: int = 0
    removed: int = 0
    changed: int = 0
    causes: tuple[Cause, ...] = ()
    columns: tuple[ColumnChange, ...] = ()
    changed_columns: dict[str, int] = Field(default_factory=dict)
    sums: dict[str, ValueChange] = Field(default_factory=dict)
    rows: tuple[RowChange, ...] = ()


class ReleaseDiff(Record):
    """What differs between the release `before` and the release `after`, table by table."""

    before: str
    after: str
    tables: tuple[TableDiff, ...]

    @property
    def changes(self) -> tuple[TableDiff, ...]:
        """The tables that differ."""
        return tuple(table for table in self.tables if table.status != "unchanged")

    def __repr__(self) -> str:
        counts = f"{len(self.changes)} of {count_of(len(self.tables), 'table')} changed"
        return f"<ReleaseDiff {self.before} → {self.after}: {counts}>"

    def _repr_html_(self) -> str:
        names = ("table", "status", "rows_before", "rows_after", "added", "removed", "changed")
        rows = ([getattr(table, name) for name in names] for table in self.changes)
        return html_table(repr(self), [name.replace("_", " ") for name in names], rows)
