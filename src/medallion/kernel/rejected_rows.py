"""The quarantined rows of one table while it is computed, and the files that have them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from medallion.contracts import (
    ORIGIN,
    ROW,
    Inputs,
    SourceLayer,
    TableTask,
    keep_file,
    literal,
    quote,
)
from medallion.kernel.partition_ids import IdRange
from medallion.kernel.temp_tables import TempTables
from medallion.records import REJECT_COLUMNS, RejectFile
from medallion.sql.row_ids import table_of

if TYPE_CHECKING:
    from medallion.contracts import Relation

NO_ORIGINALS = (
    f"select null::bigint as {ORIGIN}, null::varchar as file, null::bigint as record, "
    "null::varchar as row where false"
)


@dataclass(frozen=True)
class RejectGroup:
    """The rejects of one file: those with some ids, or all. `fingerprint` is that of the file."""

    fingerprint: str = ""
    ids: IdRange | None = None

    @property
    def condition(self) -> str:
        """SQL that is true for them, by `_origin`."""
        return f"{ORIGIN} between {self.ids.first} and {self.ids.last}" if self.ids else "true"


class RejectedRows:
    """Collects the quarantined rows of a table, and writes them with their source records."""

    def __init__(self, task: TableTask, tables: TempTables) -> None:
        self.task = task
        self.tables = tables
        self.parts: list[str] = []  # temporary tables of rule, column, value, `_origin`, row

    def add(self, rows: Relation, inputs: Inputs, removals: str, *, identified: bool) -> None:
        """Add the quarantined rows of the table `removals`, each with its origin.

        A row without an origin is stored as JSON of its own columns. `identified`: `_row` is
        `_origin`.
        """
        if identified:
            self.add_identified(f"(from {removals} where fate = 'quarantined')")
        else:
            self.parts.append(self.tables.create(self._with_origins(rows, inputs, removals)))

    def _with_origins(self, rows: Relation, inputs: Inputs, removals: str) -> Relation:
        # Two passes: a narrow one over ids and origins, and one over all columns, but only of rows
        # without an origin; most tables have none, and then the wide pass is skipped.
        narrow = self.tables.create(
            inputs.sql(
                f'select {ROW}, rule, "column", "value", {ORIGIN} '
                f"from rows join (from {removals}) using ({ROW}) where fate = 'quarantined'",
                rows=rows,
            )
        )
        fields = ", ".join(
            f"{literal(name)}: {quote(name)}" for name in rows.columns if name not in (ROW, ORIGIN)
        )
        wide = (
            f"select {ROW}, to_json({{{fields}}})::varchar as row "
            f"from rows semi join {narrow} using ({ROW})"
        )
        if self.tables.integer(f"select count(*) from {narrow} where {ORIGIN} is null") == 0:
            wide += " where false"
        return inputs.sql(
            f'select n.rule, n."column", n."value", n.{ORIGIN}, w.row '
            f"from {narrow} n left join w using ({ROW})",
            w=inputs.sql(wide, rows=rows),
        )

    def add_identified(self, table: str) -> None:
        """Add rows that are source records: a table of `_row`, rule, column and value."""
        columns = f'rule, "column", "value", {ROW} as {ORIGIN}, null::varchar as row'
        self.parts.append(
            self.tables.create(self.tables.connection.sql(f"select {columns} from {table}"))
        )

    def write(
        self,
        scratch: Path,
        known: Relation | None = None,
        groups: Sequence[RejectGroup] = (RejectGroup(),),
    ) -> tuple[RejectFile, ...]:
        """Store the rows as Parquet files with the columns of Reject, for each group that has some.

        Parameters: `scratch` is a local folder; `known` has the source records that need not be
        read: `_origin`, file, record and row.
        """
        if not self.parts:
            return ()
        parts = " union all ".join(f"from {part}" for part in self.parts)
        rows = self._rows(self.tables.create(self.tables.connection.sql(parts)), known)
        stored = self.tables.create(rows)
        files: list[RejectFile] = []
        for group in groups:
            size = self.tables.integer(f"select count(*) from {stored} where {group.condition}")
            if size:
                file = scratch / f"{self.task.table}-rejects-{len(files)}.parquet"
                found = self.tables.connection.sql(f"from {stored} where {group.condition}")
                found.order(ORIGIN).select(*REJECT_COLUMNS).write_parquet(str(file))
                item = keep_file(self.task.quarantine, self._path(len(files)), file, size)
                files.append(RejectFile(**dict(item), fingerprint=group.fingerprint))
        return tuple(files)

    def _path(self, number: int) -> str:
        """The path of a file: all but the first have a number."""
        stem, dot, suffix = self.task.rejects.rpartition(".")
        return f"{stem}-{number}{dot}{suffix}" if number else self.task.rejects

    def _rows(self, table: str, known: Relation | None) -> Relation:
        """The rows with the columns of Reject, and `_origin`."""
        inputs = Inputs(self.tables.connection)
        return inputs.sql(
            f"""
            select {literal(self.task.table)} as "table", r.rule, r."column", r."value",
                o.file, o.record, {literal(self.task.run)} as run, coalesce(o.row, r.row) as row,
                {ORIGIN}
            from {table} r left join originals o using ({ORIGIN})
            """,
            originals=self._originals(table, inputs, known),
        )

    def _originals(self, table: str, inputs: Inputs, known: Relation | None) -> Relation:
        """File, record number and source row of every origin in `table`."""
        unknown = f"from {table} where {ORIGIN} is not null"
        if known is not None:
            known_table = self.tables.create(known)
            unknown += f" and {ORIGIN} not in (select {ORIGIN} from {known_table})"
            known = inputs.connection.sql(f"from {known_table}")
        numbers = self.tables.rows(f"select distinct {table_of(ORIGIN)} {unknown}")
        origins = inputs.connection.sql(f"select {ORIGIN} {unknown}")
        originals = {"known": known} if known is not None else {}
        originals |= {
            f"originals_{number}": source.layer.originals(
                source.storage, source.snapshot, origins, inputs
            )
            for number in sorted(row[0] for row in numbers)
            if isinstance((source := self.task.lineage[number]).layer, SourceLayer)
        }
        queries = [f"select {ORIGIN}, file, record, row from {name}" for name in originals]
        return inputs.sql(" union all ".join([NO_ORIGINALS, *queries]), **originals)
