"""What becomes of corrected records: the rows that come from them, or why there are none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from medallion.contracts import ORIGIN, ROW, Input, literal, quote
from medallion.kernel.temp_tables import TempTables
from medallion.lake.quarantine import rejects_sql
from medallion.lineage.origin_trace import OriginTrace
from medallion.lineage.removed_rows import RemovedRows
from medallion.lineage.warned_rows import WarnedTable
from medallion.records import Correction, Release, Snapshot
from medallion.records.quality import quality_of
from medallion.run.context import RunContext
from medallion.run.corrected_tables import main_inputs
from medallion.sql.expressions import public
from medallion.sql.row_ids import FILE_BITS, TABLE_BITS

if TYPE_CHECKING:
    from medallion.contracts import Connection, Relation

Outcome = Literal[
    "kept", "quarantined", "deduplicated", "dropped", "combined", "not applied", "failed"
]
ROWS = 20  # rows of a table that are listed for one record


@dataclass(frozen=True)
class PreviewedRecord:
    """What a run would make of one corrected record.

    `table` is the table that says so: the one whose reject was corrected, or one before it that
    rejects the record now. `reasons` say why the record is not kept, or what is special about it;
    `rows` are the rows of the table that come from it, and `warnings` the rules with
    `on_fail: warn` that they break.
    """

    correction: Correction
    table: str
    outcome: Outcome
    reasons: tuple[str, ...] = ()
    rows: tuple[dict[str, Any], ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def identity(self) -> str:
        """What identifies the record in a file of rejects."""
        return f"{self.correction.sha256}:{self.correction.record}"

    def as_dict(self) -> dict[str, Any]:
        """The record for JSON."""
        return {
            "file": self.correction.file,
            "record": self.correction.record,
            "changes": self.correction.changes,
            "table": self.table,
            "outcome": self.outcome,
            "reasons": self.reasons,
            "rows": self.rows,
            "warnings": self.warnings,
        }


class CorrectedRows:
    """Looks for corrected records in the tables of a release, on one connection.

    Parameters: `changed` are the tables that were computed with the corrections.
    """

    def __init__(
        self,
        context: RunContext,
        release: Release,
        changed: dict[str, Snapshot],
        connection: Connection,
    ) -> None:
        self.context = context
        self.release = release
        self.changed = changed
        self.connection = connection
        self.tables = TempTables(connection)
        self.trace = OriginTrace(context, release, connection)

    def record(self, correction: Correction, table: str) -> PreviewedRecord:
        """What becomes of a record on its way to a table."""
        place = self._place(correction)
        if place is None:
            said = ("the record or its columns are read differently now",)
            return PreviewedRecord(correction, correction.source, "not applied", said)
        way = main_inputs(self.context, table)
        way = way[: way.index(correction.source)] if correction.source in way else [table]
        result = PreviewedRecord(correction, table, "kept")
        for name in reversed(way):
            result = self._in_table(correction, name, *place)
            if result.outcome not in ("kept", "combined"):
                break
        if not way:
            result = self._kept(correction, table, f"{ROW} = {place[1]}")
        return result

    def _place(self, correction: Correction) -> tuple[str, int] | None:
        """The file and the id of a corrected record; None if the correction does not fit."""
        snapshot = self.changed[correction.source]
        same = [
            (number, file)
            for number, file in enumerate(snapshot.sources)
            if file.sha256 == correction.sha256
        ]
        number, file = next((each for each in same if each[1].name == correction.file), same[0])
        if correction.id in file.unapplied:
            return None
        position = correction.record - 1 - self._rejected_before(snapshot, file.name, correction)
        table = snapshot.origins[0].number
        return file.name, (table << TABLE_BITS) | (number << FILE_BITS) | position

    def _rejected_before(self, snapshot: Snapshot, file: str, correction: Correction) -> int:
        """How many records before it could not be split, and have no row."""
        if not snapshot.rejects:
            return 0
        return self.tables.integer(
            f"select count(distinct record) from {self._rejects(snapshot)} "
            f"where file = {literal(file)} and record < {correction.record}"
        )

    def _in_table(
        self, correction: Correction, name: str, file: str, origin: int
    ) -> PreviewedRecord:
        snapshot = self.changed[name]
        quarantined = self._quarantined(snapshot, file, correction.record)
        if quarantined:
            return PreviewedRecord(correction, name, "quarantined", quarantined)
        if snapshot.identified:
            return self._identified(correction, name, origin)
        if not snapshot.origins:
            said = (f"{name} makes rows of several records, this one among them",)
            return PreviewedRecord(correction, name, "combined", said)
        result = self._kept(correction, name, f"{ORIGIN} = {origin}")
        if result.rows:
            return result
        said = (f"no row of {name} comes from this record",)
        return PreviewedRecord(correction, name, "dropped", said)

    def _quarantined(self, snapshot: Snapshot, file: str, record: int) -> tuple[str, ...]:
        if not snapshot.rejects:
            return ()
        rows = self.tables.rows(
            f'select distinct rule, "column", "value" from {self._rejects(snapshot)} '
            f"where file = {literal(file)} and record = {record} order by all"
        )
        return tuple(_reason(*row) for row in rows)

    def _rejects(self, snapshot: Snapshot) -> str:
        """SQL of the rejects of a snapshot that has some."""
        storage = self.context.lake.storage
        return rejects_sql(storage.local(file.path) for file in snapshot.rejects)

    def _identified(self, correction: Correction, name: str, origin: int) -> PreviewedRecord:
        """The row that the record is in the table, or why it is none."""
        kept = self._kept(correction, name, f"{ROW} = {origin}")
        task = None if kept.rows else self.trace.task(name)
        if task is None:
            return kept
        removed = RemovedRows(
            task, self.tables, self._input(name), self.trace.lineage(self._input(name))
        )
        ids = self.connection.sql(f"select {origin}::bigint as {ROW}")
        columns = removed.reasons(ids).project('fate, rule, "column", "value"')
        ((fate, *reason),) = columns.fetchall()
        return PreviewedRecord(correction, name, fate, (_reason(*reason),))

    def _kept(self, correction: Correction, name: str, condition: str) -> PreviewedRecord:
        source = self._input(name)
        rows = source.layer.read(source.storage, source.snapshot, self.connection)
        rows = rows.filter(condition).limit(ROWS)
        names = ", ".join(map(quote, public(rows)))
        listed = rows.project(names).to_arrow_table().to_pylist()
        return PreviewedRecord(
            correction,
            name,
            "kept",
            rows=tuple(listed),
            warnings=self._warnings(source.snapshot, correction) if listed else (),
        )

    def _warnings(self, snapshot: Snapshot, correction: Correction) -> tuple[str, ...]:
        if not snapshot.tallies or not quality_of(snapshot).warnings:
            return ()
        rows, _ = WarnedTable(self.context, self.release, snapshot, self.tables).rows()
        broken: Relation = rows.filter(
            f"file = {literal(correction.file)} and record = {correction.record}"
        ).project('rule, "column", "value"')
        return tuple(_reason(*row) for row in broken.distinct().order("all").fetchall())

    def _input(self, name: str) -> Input:
        return self.trace.input(name, self.release.tables[name].id)


def _reason(rule: str | None, column: str | None, value: str | None) -> str:
    """Why a record was rejected: `cast amount: abc`."""
    reason = " ".join(filter(None, (rule, column)))
    return f"{reason}: {value}" if value else reason
