"""Steps and rules on rows of one grain: which rows they remove, and the rows that remain.

The main relation stays lazy from the first step to the last. The rows that a step removes are named
by `_row` in small temporary tables, each made by one narrow pass, and excluded from the relation.
So no wide rows are kept in memory, and a row's fate is counted where it is decided.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from medallion.contracts import (
    ASIDE,
    ORIGIN,
    ROW,
    Expectation,
    Inputs,
    RowExpectation,
    TableTask,
    Transform,
    literal,
    quote,
)
from medallion.errors import ConservationError, PluginError
from medallion.kernel.temp_tables import TempTables
from medallion.plural import count_of
from medallion.records import File

if TYPE_CHECKING:
    from medallion.contracts import Connection, Relation

REMOVAL_FIELDS = ("fate", "rule", "column", "value")  # of a removed row, in addition to its `_row`
FATES = {"drop": "dropped", "quarantine": "quarantined", "fail": "quarantined"}


class RowSteps(ABC):
    """The rows of one table, on one connection, while steps and rules are applied to them.

    `base` is the relation that removed rows are excluded from, and `removals` are the tables of
    rows removed from it. `stored`: the rows come from a temporary table, in the order of `_row`.
    """

    def __init__(self, connection: Connection, scratch: Path) -> None:
        self.connection = connection
        self.scratch = scratch / uuid4().hex
        self.tables = TempTables(connection)
        self.removals: list[str] = []
        self.stored = False

    @abstractmethod
    def removed(self, rows: Relation, inputs: Inputs, table: str) -> None:
        """Note the rows that `table` names, which `rows` still has, before they are excluded."""

    def step(self, step: Transform, rows: Relation, inputs: Inputs) -> Relation:
        """The rows after a step of grain "same"."""
        judged = step.judge(rows, inputs)
        if judged is not None:
            return self._split(judged, rows, inputs)
        rows = self.without_removed(step, rows, inputs)
        result = step.apply(rows, inputs)
        if ROW not in result.columns or ORIGIN not in result.columns:
            raise PluginError(
                f"a transform with grain 'same' must keep the columns {ROW} and {ORIGIN}"
            )
        return result if result is rows else self.rebase(result)

    def without_removed(self, step: Transform, rows: Relation, inputs: Inputs) -> Relation:
        """The rows but those that a step sets aside."""
        removed = step.set_aside(rows, inputs)
        if removed is None:
            return rows
        return self.remove(rows, inputs, self.tables.create(removed))

    def _split(self, judged: Relation, rows: Relation, inputs: Inputs) -> Relation:
        """Remove the rows that a step marked, and return the others.

        The marked rows are computed into a table once, because later passes would repeat the work.
        """
        table = self.tables.create(judged)
        fields = ", ".join(
            f"json_extract_string({ASIDE}, '$.{name}') as {quote(name)}" for name in REMOVAL_FIELDS
        )
        removed = self.connection.sql(
            f"select {ROW}, {fields} from {table} where {ASIDE} is not null"
        )
        self.remove(rows, inputs, self.tables.create(removed))
        self.stored = True
        return self.rebase(
            self.connection.sql(f"select * exclude ({ASIDE}) from {table} where {ASIDE} is null")
        )

    def rebase(self, rows: Relation) -> Relation:
        """Make `rows` the relation that later removals are excluded from."""
        self.base, self.removals = rows, []
        return rows

    def remove(self, rows: Relation, inputs: Inputs, table: str) -> Relation:
        """Note the rows named in `table`, and exclude them."""
        size, distinct = self.tables.rows(f"select count(*), count(distinct {ROW}) from {table}")[0]
        if not size:
            return rows
        if distinct != size:
            raise PluginError(f"it names the same {ROW} more than once")
        self.removed(rows, inputs, table)
        self.removals.append(table)
        # NOT IN rather than an anti join: DuckDB may swap the sides of an anti join, and then keeps
        # all rows in memory and loses their order.
        removed = " union all ".join(f"select {ROW} from {table}" for table in self.removals)
        return inputs.sql(f"select rows.* from rows where {ROW} not in ({removed})", rows=self.base)


def warns(rule: Transform | Expectation) -> bool:
    """Whether a rule keeps the rows that break it, and only warns of them."""
    return isinstance(rule, RowExpectation) and rule.on_fail == "warn"


def judging_order(rules: Sequence[Expectation]) -> list[tuple[int, Expectation]]:
    """Rules with their positions, in the order in which they are applied.

    Those that warn of rows come last, because they judge the rows that the table keeps.
    """
    return sorted(enumerate(rules), key=lambda numbered: warns(numbered[1]))


def conserve(expected: int, files: Sequence[File]) -> None:
    """Raise ConservationError unless the files have the expected number of rows."""
    size = sum(file.rows for file in files)
    if size != expected:
        raise ConservationError(
            f"{count_of(expected, 'row')} to be written, but the file has {size:,}",
            hint="a transform with grain 'same' removed or added rows; set removed rows aside, "
            "or declare grain 'new'",
        )


def read_others(task: TableTask, connection: Connection) -> dict[str, Relation]:
    """The tables that a task reads, by alias, without the main one."""
    return {
        alias: source.layer.read(source.storage, source.snapshot, connection)
        for alias, source in task.inputs.items()
        if alias != task.main
    }


def violating(rule: RowExpectation, rows: Relation, inputs: Inputs) -> Relation:
    """The rows that violate a rule, each with its fate: how it is removed, or `warned`."""
    fate = FATES.get(rule.on_fail, "warned")
    return rule.violations(rows, inputs).project(
        f'{ROW}, {literal(fate)} as fate, {literal(rule.name)} as rule, "column", "value"'
    )
