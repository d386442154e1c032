"""The rows that a table removed, as they would be had it kept them, and why it did not.

Only for tables each row of which is one source record: what they removed are the records that they
read and do not have.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from medallion.contracts import (
    ASIDE,
    ROW,
    Expectation,
    Input,
    Inputs,
    RowExpectation,
    TableTask,
    Transform,
    literal,
    quote,
)
from medallion.kernel.partition_build import REMOVED
from medallion.kernel.row_steps import read_others, violating
from medallion.kernel.temp_tables import TempTables
from medallion.lake.quarantine import rejects_sql
from medallion.lineage.source_records import NO_RECORDS, source_records
from medallion.records import Column
from medallion.sql.duckdb_types import logical_type
from medallion.sql.expressions import columns_sql
from medallion.sql.row_ids import table_of
from medallion.sql.row_matching import joined, matching
from medallion.storage.digests import Stored, verified

if TYPE_CHECKING:
    from medallion.contracts import Connection, Relation

REASON = 'fate, rule, "column", "value"'
NO_REASONS = (
    f"select null::bigint as {ROW}, null::varchar as fate, null::varchar as rule, "
    'null::varchar as "column", null::varchar as "value" where false'
)


@dataclass(frozen=True)
class AppliedStage:
    """A step or rule, with the rows that it is given."""

    plugin: Transform | Expectation
    rows: Relation
    inputs: Inputs


class RemovedRows:
    """The rows that one table removed.

    Parameters: `stored` is the table as it is stored; `lineage` maps the number of an origin to its
    table of source files.
    """

    def __init__(
        self,
        task: TableTask,
        tables: TempTables,
        stored: Input,
        lineage: Mapping[int, Input],
    ) -> None:
        self.task = task
        self.tables = tables
        self.connection = tables.connection
        self.stored = stored
        self.lineage = lineage

    @cached_property
    def ids(self) -> Relation:
        """The `_row` of the rows, as in the main input."""
        snapshot, connection = self.stored.snapshot, self.connection
        main = self.task.inputs[self.task.main]
        if not snapshot.partitions:
            return Inputs(connection).sql(
                f"select r.{ROW} from r anti join k using ({ROW})",
                r=main.layer.read(main.storage, main.snapshot, connection),
                k=self.stored.layer.read(self.stored.storage, snapshot, connection),
            )
        parts = [part.model_copy(update={"files": part.removed}) for part in snapshot.partitions]
        parts = [part for part in parts if part.files]
        columns = (Column(name=ASIDE, type=str(logical_type(REMOVED))),)
        removed = []
        if parts:
            alone = snapshot.model_copy(update={"columns": columns})
            rows = self.stored.layer.read_partitions(self.stored.storage, alone, parts, connection)
            removed.append(rows.filter(f"{ASIDE}.fate <> 'warned'").project(ROW))
        if snapshot.removed:
            (file,) = verified(self.stored.storage, [Stored.of(snapshot.removed)])
            removed.append(connection.sql(f"select {ROW} from read_parquet({literal(str(file))})"))
        return (
            joined(removed) if removed else connection.sql(f"select 0::bigint as {ROW} where false")
        )

    @cached_property
    def rows(self) -> Relation:
        """The rows with the table's columns, as its steps would make them."""
        return self._stored(self._stages(self.ids)[1])

    def reasons(self, ids: Relation) -> Relation:
        """Why some of the rows were removed, each with its source record."""
        wanted = self._stored(ids.distinct())
        records = self._stored(self._records(wanted))
        quarantined = self._stored(self._quarantined(records))
        inputs = Inputs(self.connection)
        others = self._stored(
            inputs.sql(f"from w anti join q using ({ROW})", w=wanted, q=quarantined)
        )
        dropped = self._stored(self._dropped(others))
        remaining = inputs.sql(f"from o anti join d using ({ROW})", o=others, d=dropped)
        every = joined([quarantined, dropped, self._of_other_rows(remaining)])
        return inputs.sql(
            f'select {literal(self.task.table)} as "table", {REASON}, file, record, "row" '
            f"from every join records using ({ROW})",
            every=every,
            records=records,
        )

    def _stages(self, ids: Relation) -> tuple[list[AppliedStage], Relation]:
        """Every step and rule, from rows of the main input with these ids."""
        main = self.task.inputs[self.task.main]
        rows = main.layer.read(main.storage, main.snapshot, self.connection)
        rows = matching(rows, ids, [ROW], Inputs(self.connection))
        return unremoved(self.task, rows, self.connection)

    def _records(self, ids: Relation) -> Relation:
        """The source records of some rows."""
        numbers = ids.project(table_of(ROW)).distinct().fetchall()
        parts = [
            source_records(
                self.lineage[number], ids.filter(f"{table_of(ROW)} = {number}"), self.connection
            )
            for (number,) in sorted(numbers)
        ]
        return joined([*parts, self.connection.sql(NO_RECORDS)])

    def _quarantined(self, records: Relation) -> Relation:
        """The reasons of those that are in quarantine."""
        rejects = self.stored.snapshot.rejects
        if not rejects:
            return self.connection.sql(NO_REASONS)
        files = verified(self.task.quarantine, map(Stored.of, rejects))
        fields = f'records.{ROW}, \'quarantined\' as fate, j.rule, j."column", j."value"'
        return Inputs(self.connection).sql(
            f"select {fields} from records join j using (file, record)",
            records=records,
            j=self.connection.sql(f"from {rejects_sql(files)}"),
        )

    def _dropped(self, ids: Relation) -> Relation:
        """The reasons of those that a step or rule dropped by what is in the row alone."""
        parts = [self.connection.sql(NO_REASONS)]
        any_dropped = any(tally.dropped for tally in self.stored.snapshot.tallies)
        for stage in self._stages(ids)[0] if any_dropped else ():
            plugin, removed = stage.plugin, None
            if isinstance(plugin, Transform) and plugin.scope == "rows":
                removed = plugin.set_aside(stage.rows, stage.inputs)
            elif isinstance(plugin, RowExpectation) and _drops_alone(plugin):
                removed = violating(plugin, stage.rows, stage.inputs)
            if removed is not None:
                parts.append(removed.filter("fate = 'dropped'").project(f"{ROW}, {REASON}"))
        return Inputs(self.connection).sql(
            f"select distinct on ({ROW}) {ROW}, {REASON} from every", every=joined(parts)
        )

    def _of_other_rows(self, ids: Relation) -> Relation:
        """The reasons of those that were removed because of other rows, such as duplicates."""
        rows = matching(self.rows, ids, [ROW], Inputs(self.connection))
        steps = [step for step in self.task.steps if step.only_removes and step.scope != "rows"]
        rules = [rule for rule in self.task.expectations if rule.on_fail == "drop"]
        rule, key = "duplicate", tuple[str, ...]()
        if steps:
            rule, key = steps[0].name, steps[0].key()
        elif rules:
            rule = rules[0].name
        fate = "deduplicated" if steps else "dropped"
        shown = [quote(name) for name in key if name in rows.columns]
        value = f"concat_ws(', ', {', '.join(shown)})" if shown else "null::varchar"
        column = literal(", ".join(key)) if key else "null::varchar"
        return rows.project(
            f'{ROW}, {literal(fate)} as fate, {literal(rule)} as rule, {column} as "column", '
            f'{value} as "value"'
        )

    def _stored(self, rows: Relation) -> Relation:
        return self.connection.sql(f"from {self.tables.create(rows)}")


def _drops_alone(rule: RowExpectation) -> bool:
    """Whether a rule drops rows, each by its own values or those of another table."""
    return rule.on_fail == "drop" and (rule.scope == "rows" or bool(rule.reads()))


def unremoved(
    task: TableTask, rows: Relation, connection: Connection
) -> tuple[list[AppliedStage], Relation]:
    """Every step and rule of a table with what it gets if none removes a row, and the last rows."""
    others, stages = read_others(task, connection), []
    for step in task.steps:
        inputs = Inputs(connection, {**others, task.main: rows})
        stages.append(AppliedStage(step, rows, inputs))
        judged = step.judge(rows, inputs)
        if judged is None:
            rows = step.apply(rows, inputs)
        else:
            rows = judged.project(columns_sql(name for name in judged.columns if name != ASIDE))
    inputs = Inputs(connection, {**others, task.main: rows})
    return [*stages, *(AppliedStage(rule, rows, inputs) for rule in task.expectations)], rows
