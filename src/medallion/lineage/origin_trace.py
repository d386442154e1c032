"""Following rows of a table back to source records: `medallion why`.

Tables are followed from the last to the first. Of each, the rows that were asked for, or that a
later table was made of, lead to rows of the tables that it reads, down to the source records.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from tempfile import gettempdir
from typing import TYPE_CHECKING, TypeAlias
from uuid import uuid4

from medallion.contracts import ROW, Input, TableTask, literal
from medallion.declaration.models import Table
from medallion.errors import CallError, MissingError, did_you_mean
from medallion.kernel.temp_tables import TempTables
from medallion.lake.candidates import candidates, resolve
from medallion.lake.corrections import correction_log
from medallion.lake.reject_filter import require_table
from medallion.lake.table import rows_where, rows_with
from medallion.lineage.columns import column_lineage
from medallion.lineage.origins import Inexact, Origins
from medallion.lineage.removed_rows import RemovedRows, unremoved
from medallion.lineage.table_trace import TableTrace
from medallion.records import Release
from medallion.run.context import RunContext
from medallion.run.planner import fingerprint
from medallion.run.table_order import order
from medallion.sql.expressions import prepare
from medallion.sql.row_matching import joined
from medallion.storage.digests import REPAIR

if TYPE_CHECKING:
    from medallion.contracts import Connection, Relation

Condition: TypeAlias = str | Mapping[str, object] | None
CHANGING = "is `deterministic: false`, and its steps may give other rows when applied again"
ANOTHER = "was computed by another declaration than this one"


class OriginTrace:
    """Follows rows of one release back to their source records, used once."""

    def __init__(
        self,
        context: RunContext,
        release: Release,
        connection: Connection,
        columns: Mapping[str, tuple[str, ...]] | None = None,
    ) -> None:
        self.context = context
        self.columns = columns
        self.release = release
        self.connection = connection
        self.tables = TempTables(connection)
        self.inputs: dict[str, Input] = {}
        # By table, relations of the `_row` of its rows, and tables of them without duplicates.
        self.pending: dict[str, list[Relation]] = defaultdict(list)
        self.same: dict[str, list[str]] = defaultdict(list)
        self.traced: dict[str, tuple[Input, str]] = {}
        self.traces: dict[str, TableTrace] = {}
        self.inexact: list[Inexact] = []

    def run(self, table: str, where: Condition) -> Origins:
        """The origins of the rows of a table that meet a condition, by default of all."""
        rows = self._read(self.input(table, self.release.tables[table].id))
        self.pending[table].append(self._chosen(rows, where).project(ROW))
        for name in reversed(order(self.context.declaration)):
            if self.pending[name] or self.same[name]:
                self._follow(name)
        size = self.tables.integer(f"select count(*) from {self.traced[table][1]}")
        return Origins(
            table,
            self.release,
            size,
            self.traced,
            tuple(self.inexact),
            self.tables,
            partial(self._removed, table, where),
            partial(correction_log, self.context.lake),
            self.columns,
        )

    def input(self, table: str, snapshot: str) -> Input:
        """A snapshot of a table: that of the release, or the older one that was read for it."""
        if table not in self.inputs:
            record = self.release.tables.get(table)
            if record is None or record.id != snapshot:
                record = self.context.lake.snapshot(table, snapshot)
            self.inputs[table] = self.context.lake.input(record, self.release)
        return self.inputs[table]

    def _read(self, source: Input) -> Relation:
        return source.layer.read(source.storage, source.snapshot, self.connection)

    def _follow(self, name: str) -> None:
        """Follow the rows of a table to those of the tables that it reads."""
        source, ids = self.inputs[name], self._ids(name)
        self.traced[name] = (source, ids)
        table = self.context.declaration.table(name)
        if not isinstance(table, Table):
            return
        task = self.task(name)
        if task is None:
            self._inexact(name, ANOTHER)
            return
        trace = self.traces[name] = TableTrace(task, self.tables, source, ids)
        traced = trace.run()
        if not table.deterministic and trace.changing:
            self._inexact(name, CHANGING)
        for alias, table_of_ids in traced.same.items():
            self.same[task.inputs[alias].snapshot.table].append(table_of_ids)
        for alias, rows in traced.rows.items():
            self.pending[task.inputs[alias].snapshot.table] += rows
        for note in traced.notes:
            self._inexact(name, note)

    def task(self, name: str) -> TableTask | None:
        """The task that computed a table, to apply its steps again; nothing of it is written.

        None when the table has no steps in the declaration, or was computed by others.
        """
        source, table = self.inputs[name], self.context.declaration.table(name)
        read = source.snapshot.inputs
        if not isinstance(table, Table) or not read.keys() >= set(table.reads().values()):
            return None
        inputs = {alias: self.input(each, read[each]) for alias, each in table.reads().items()}
        snapshots = {each.snapshot.table: each.snapshot for each in inputs.values()}
        if fingerprint(self.context.declaration, name, snapshots) != source.snapshot.fingerprint:
            return None
        return TableTask(
            table=name,
            run="",
            folder="",
            main=next(iter(table.from_)),
            inputs=inputs,
            steps=table.steps,
            expectations=table.expect,
            layer=source.layer,
            storage=source.storage,
            lineage={},
            quarantine=self.context.lake.storage,
            rejects="",
        )

    def _chosen(self, rows: Relation, where: Condition) -> Relation:
        if isinstance(where, str):
            return rows_where(rows, where, self.connection)
        return rows_with(rows, where or {})

    def _removed(self, table: str, where: Condition) -> list[Relation]:
        """The records that would have counted, by the tables that removed them."""
        removed: dict[str, tuple[RemovedRows, list[Relation]]] = {}
        for trace in self.traces.values():
            for alias, source in trace.task.inputs.items():
                for by, rows in self._missing(source.snapshot.table):
                    removed.setdefault(by.task.table, (by, []))[1].extend(
                        trace.would_count(alias, rows)
                    )
            self._add_own(trace, removed)
        if self.inputs[table].snapshot.identified:
            for by, rows in self._missing(table):
                chosen = self._chosen(rows, where).project(ROW)
                removed.setdefault(by.task.table, (by, []))[1].append(chosen)
        return [by.reasons(joined(parts)) for by, parts in removed.values() if parts]

    def _add_own(
        self, trace: TableTrace, removed: dict[str, tuple[RemovedRows, list[Relation]]]
    ) -> None:
        """Add the records that a table removed itself before it made other rows of them."""
        main = trace.task.inputs[trace.task.main]
        tallies = trace.stored.snapshot.tallies
        if not main.snapshot.identified or not tallies or tallies[0].kept == tallies[0].rows_in:
            return
        own = trace.of_its_own()
        if own is not None:
            task, ids = own
            by = RemovedRows(task, self.tables, trace.stored, self.lineage(main))
            by.ids = self.connection.sql(f"from {self.tables.create(ids)}")
            removed[task.table] = (by, [by.ids])

    def _missing(self, name: str) -> list[tuple[RemovedRows, Relation]]:
        """The rows that a table would have if it, or one that it is made of, had removed none."""
        source = self.inputs[name]
        task = self.task(name) if source.snapshot.identified else None
        if task is None:
            return []
        missing = []
        if any(tally.kept != tally.rows_in for tally in source.snapshot.tallies):
            removed = RemovedRows(task, self.tables, source, self.lineage(source))
            missing.append((removed, removed.rows))
        for by, rows in self._missing(task.inputs[task.main].snapshot.table):
            missing.append((by, unremoved(task, rows, self.connection)[1]))
        return missing

    def lineage(self, source: Input) -> dict[int, Input]:
        """The tables of source files that the rows of a table come from, by number of origin."""
        origins = source.snapshot.origins
        return {origin.number: self.input(origin.table, origin.snapshot) for origin in origins}

    def _ids(self, name: str) -> str:
        """The table of the ids of a table's rows."""
        same = self.same[name]
        if len(same) == 1 and not self.pending[name]:
            return same[0]
        parts = [*self.pending[name], *(self.connection.sql(f"from {ids}") for ids in same)]
        return self.tables.create(joined(parts).distinct())

    def _inexact(self, table: str, message: str) -> None:
        inputs = tuple(self.inputs[table].snapshot.inputs)
        self.inexact.append(Inexact(table, message, inputs))


def why(
    context: RunContext,
    table: str,
    where: Condition = None,
    *,
    column: str | None = None,
    release: str | None = None,
    connection: Connection | None = None,
) -> Origins:
    """The source records that rows of a table were made of.

    Parameters: `where` is one SQL condition on the table's columns, or values by column, by default
    all rows; `column` limits the records to those of tables that this column is made of; `release`
    is an id or the name of a candidate, by default the current release; `connection` computes them,
    by default a new one.
    Raises CallError when there is no such table, column or release, or the condition is not valid.
    """
    import duckdb

    current = _release(context, release) if release else context.lake.table(table).release
    require_table(table, f"release {current.id}", current.tables)
    names = context.declaration.names()
    if table not in names:
        raise CallError(f"the declaration has no table {table!r}{did_you_mean(table, names)}")
    columns = None if column is None else _made_of(context, f"{table}.{column}")
    own = connection is None
    connection = connection or duckdb.connect()
    try:
        _prepare(connection)
        return OriginTrace(context, current, connection, columns).run(table, where)
    except BaseException as error:
        if own:
            connection.close()
        if isinstance(error, MissingError):
            raise MissingError(error.message, hint=REPAIR) from error
        raise


def _release(context: RunContext, reference: str) -> Release:
    """A release by id, or a candidate by its name or the id of its release, which stores have."""
    for item in candidates(context.lake, []):
        if item.release.id == reference:
            return item.release
    return resolve(context.lake, reference)


def _prepare(connection: Connection) -> None:
    prepare(connection)
    # DuckDB creates the folder when it needs it, and removes it with the connection.
    spill = Path(gettempdir()) / f"medallion-why-{uuid4().hex}"
    connection.execute(f"set temp_directory = {literal(str(spill))}").fetchall()


def _made_of(context: RunContext, column: str) -> dict[str, tuple[str, ...]] | None:
    """What a column is made of, by table; None when it cannot be followed."""
    lineage = column_lineage(context, column)
    columns = (lineage.column, *lineage.upstream)
    if any(each.derivation.unknown for each in columns):
        return None
    tables: dict[str, tuple[str, ...]] = {}
    for each in columns:
        named = (each.name.column,) if each.name.column else ()
        tables[each.name.table] = (*tables.get(each.name.table, ()), *named)
    return tables
