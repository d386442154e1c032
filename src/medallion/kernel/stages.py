"""The stages of a table: its steps and then its expectations, and which of them map partitions.

A stage of scope "rows" treats each row alone, so that every partition is worked on by itself. A
stage that only removes rows *gathers*: it reads the few columns that it needs from all partitions,
and names the rows to remove. A table with any other stage is computed as a whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from medallion.contracts import (
    ASIDE,
    Expectation,
    Inputs,
    RowExpectation,
    SourceLayer,
    TableExpectation,
    TableTask,
    Transform,
    quote,
)
from medallion.kernel.duckdb_errors import at
from medallion.kernel.row_steps import judging_order, read_others
from medallion.records import Column
from medallion.sql.collations import may_collate
from medallion.sql.storable_columns import storable, stored_columns

if TYPE_CHECKING:
    from medallion.contracts import Connection, Relation


@dataclass(frozen=True)
class Stage:
    """One step or expectation, numbered from 0; `path` is its place in the declaration."""

    number: int
    path: tuple[str | int, ...]
    plugin: Transform | Expectation

    @property
    def maps(self) -> bool:
        """Whether partitions are worked on by themselves."""
        plugin = self.plugin
        if isinstance(plugin, Transform):
            return plugin.scope == "rows"
        return isinstance(plugin, RowExpectation) and plugin.scope == "rows" and not plugin.reads()

    @property
    def gathers(self) -> bool:
        """Whether it removes rows, or warns of them, by what it reads from all partitions."""
        return not self.maps and not isinstance(self.plugin, TableExpectation)


@dataclass(frozen=True)
class PartitionedWork:
    """A table whose partitions can be computed by themselves.

    `columns` are the table's; `visible` has the names of the columns at each gathering stage.
    """

    stages: tuple[Stage, ...]
    columns: tuple[Column, ...]
    visible: Mapping[int, tuple[str, ...]]

    @property
    def first_gathering(self) -> int | None:
        """The number of the first gathering stage, if there is one."""
        return min(self.visible, default=None)


def partitioned_work(task: TableTask, connection: Connection) -> PartitionedWork | None:
    """How to compute a table by partitions; None when it has to be computed as a whole.

    Binds the steps to a relation without rows. Raises MedallionError naming the step at fault.
    """
    main = task.inputs[task.main]
    stages = _stages(task)
    if not isinstance(main.layer, SourceLayer) or not main.snapshot.sources:
        return None
    if not all(map(_divides, task.steps)):
        return None
    empty = main.snapshot.model_copy(update={"sources": (), "rows": 0})
    rows = main.layer.read(main.storage, empty, connection)
    others = read_others(task, connection)
    visible: dict[int, tuple[str, ...]] = {}
    gathered: tuple[str, ...] = ()  # columns that no later step may change
    for stage in stages:
        if stage.gathers:
            gathered = tuple(column.name for column in stored_columns(rows))
            visible[stage.number] = gathered
        elif isinstance(step := stage.plugin, Transform):
            if gathered and step.changes(gathered):
                return None  # a gathering stage would see other values than those that are stored
            with at(task.table, *stage.path):
                rows = _bind(step, rows, Inputs(connection, {**others, task.main: rows}))
    stored = storable(rows)
    columns = stored_columns(rows)
    return PartitionedWork(stages, columns, visible) if columns and stored is rows else None


def _stages(task: TableTask) -> tuple[Stage, ...]:
    plugins: Sequence[tuple[str, int, Transform | Expectation]] = [
        *(("steps", position, step) for position, step in enumerate(task.steps)),
        *(("expect", position, rule) for position, rule in judging_order(task.expectations)),
    ]
    return tuple(
        Stage(number, (kind, position, plugin.name), plugin)
        for number, (kind, position, plugin) in enumerate(plugins)
    )


def _divides(step: Transform) -> bool:
    """Whether a step allows its table to be computed by partitions."""
    if any(may_collate(text) for _, text in step.expressions()):
        return False  # a gathering stage would compare the stored column by code point
    return step.grain == "same" and step.threaded and (step.scope == "rows" or step.only_removes)


def _bind(step: Transform, rows: Relation, inputs: Inputs) -> Relation:
    judged = step.judge(rows, inputs)
    result = step.apply(rows, inputs) if judged is None else judged
    return result.project(", ".join(quote(name) for name in result.columns if name != ASIDE))
