"""From some rows of one table back to the rows of its inputs, step by step.

A step of grain "same" keeps `_row`, so that its rows are followed by number. A step of grain "new"
says which rows it made others of (`Transform.trace`). Where it can by the values that are stored,
nothing is computed again; otherwise the steps are replayed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from medallion.contracts import (
    MAIN,
    ROW,
    Input,
    Inputs,
    RowExpectation,
    TableTask,
    Transform,
)
from medallion.errors import StepError
from medallion.kernel.row_steps import read_others
from medallion.kernel.temp_tables import TempTables
from medallion.lineage.removed_rows import unremoved
from medallion.lineage.replay import Replay, StepRows
from medallion.sql.expressions import public, reason
from medallion.sql.nondeterminism import suspected
from medallion.sql.relations import stored
from medallion.sql.row_matching import equal_others, joined, matching, recognised

if TYPE_CHECKING:
    from medallion.contracts import Relation

EQUAL = "makes equal rows, some of which were not kept: the records of all of them are listed"


@dataclass
class TracedRows:
    """What some rows of a table were made of: relations of `_row`, by alias of its inputs.

    The same row may be there several times, but not in `same`: the table of ids itself.

    `notes` say of steps that cannot be traced exactly what is missing.
    """

    rows: dict[str, list[Relation]] = field(default_factory=dict)
    same: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


class TableTrace:
    """Traces some rows of one table, used once.

    Parameters: `stored` is the table as it is stored, and `ids` a table of the `_row` of the rows
    to trace.
    """

    def __init__(self, task: TableTask, tables: TempTables, stored: Input, ids: str) -> None:
        self.task = task
        self.tables = tables
        self.connection = tables.connection
        self.stored = stored
        self.table_of_ids = ids
        self.ids = self.connection.sql(f"from {ids}")
        self.replay = Replay(task, tables)
        self.traced = TracedRows()
        self._steps: dict[int, StepRows] = {}
        self._results: dict[int, Relation] = {}  # what `trace` of the steps got

    def run(self) -> TracedRows:
        """The rows of the inputs. Raises MedallionError when an input cannot be read."""
        try:
            with _explained():
                rows = self._first()
        except StepError as error:
            return TracedRows(notes=[f"cannot be followed: {error.message}"])
        if rows is self.ids:
            self.traced.same[self.task.main] = self.table_of_ids
        elif rows is not None:
            self._add(self.task.main, rows)
        return self.traced

    def _first(self) -> Relation | None:
        """The rows of the main input that the wanted rows were made of; None when not known."""
        position, rows = self._end()
        while position and rows is not None:
            position -= 1
            rows = self._before(position, rows)
        return rows

    @property
    def changing(self) -> bool:
        """Whether steps that depend on the time or on chance were computed again."""
        again = self.task.steps[: 1 + max(self._steps, default=-1)]
        return any(
            step.opaque or any(suspected(text) for _, text in step.expressions()) for step in again
        )

    @cached_property
    def wanted(self) -> Relation:
        """The stored rows to trace."""
        return matching(self._read(self.stored), self.ids, [ROW], Inputs(self.connection))

    def would_count(self, alias: str, rows: Relation) -> list[Relation]:
        """Those of other rows of an input that the traced rows would also be made of."""
        traced = []
        for position, result in self._results.items():
            before = self._in_place(position, alias, rows)
            if before is None:
                continue
            step = self.task.steps[position]
            with suppress(StepError):
                made_of = self._made_of(step, result, before) or {}
                names = (alias, MAIN) if alias == self.task.main else (alias,)
                traced += [made_of[name].project(ROW) for name in names if name in made_of]
        return traced

    def of_its_own(self) -> tuple[TableTask, Relation] | None:
        """The rows of the main input that count but for steps before the first new grain.

        With a task of these steps only; None when the table has no step of a new grain.
        """
        steps = self.task.steps
        first = next((n for n, step in enumerate(steps) if step.grain == "new"), None)
        if first is None or first not in self._results:
            return None
        task = replace(self.task, steps=steps[:first], expectations=())
        rows = unremoved(task, self._main(), self.connection)[1]
        others = read_others(task, self.connection)
        before = StepRows(rows, self._incomplete({**others, task.main: rows}))
        made_of: Mapping[str, Relation] = {}
        with suppress(StepError):
            made_of = self._made_of(steps[first], self._results[first], before) or {}
        every = [made_of[name].project(ROW) for name in (MAIN, task.main) if name in made_of]
        kept = self.traced.rows.get(task.main)
        if not every or not kept:
            return None
        query = f"select distinct {ROW} from every anti join kept using ({ROW})"
        return task, before.inputs.sql(query, every=joined(every), kept=joined(kept))

    def _in_place(self, position: int, alias: str, rows: Relation) -> StepRows | None:
        """What a step would get if an input had these rows; None when that cannot be known."""
        if alias != self.task.main:
            before = self._before_step(position)
            tables = {**before.inputs.tables, alias: rows}
            return StepRows(before.rows, self._incomplete(tables))
        if any(step.grain == "new" for step in self.task.steps[:position]):
            return None
        before = self._applied(rows, position)[position]
        return replace(before, inputs=replace(before.inputs, incomplete=True))

    def _incomplete(self, tables: Mapping[str, Relation]) -> Inputs:
        return Inputs(self.connection, tables, incomplete=True)

    def _end(self) -> tuple[int, Relation | None]:
        """Where to begin: a number of steps, and the wanted rows after these steps."""
        steps = self.task.steps
        last = next((n for n in reversed(range(len(steps))) if steps[n].grain == "new"), None)
        if last is None and self.stored.snapshot.identified:
            return len(steps), self.ids
        if last is not None and self._is_stored(last):
            self._note_later(last + 1)
            return last + 1, self.wanted
        return len(steps), self._replayed_wanted()

    def _is_stored(self, position: int) -> bool:
        """Whether the stored rows say by their values of which rows a step made them."""
        later = self.task.steps[position + 1 :]
        if any(type(step).trace is not Transform.trace for step in later):
            return False
        try:
            key = self._key(position)
        except StepError:  # which `trace` raises, too
            return True
        if key is None:
            return not later and not any(map(_removes, self.task.expectations))
        return set(key) <= set(public(self.wanted)) and not any(step.changes(key) for step in later)

    def _key(self, position: int) -> tuple[str, ...] | None:
        before = self._before_step(position)
        return self.task.steps[position].trace_key(before.rows, before.inputs)

    def _note_later(self, first: int) -> None:
        for number, step in enumerate(self.task.steps[first:], first):
            if step.trace(self.wanted, self.wanted, Inputs(self.connection)) is None:
                self._note(number)

    def _before(self, position: int, rows: Relation) -> Relation | None:
        """The rows before a step that some rows after it were made of; None when not known."""
        step = self.task.steps[position]
        if step.grain == "same" and type(step).trace is Transform.trace:
            if step.trace(rows, rows, Inputs(self.connection)) is None:
                self._note(position)
            return rows
        before = self._before_step(position)
        numbered = before.rows if step.grain == "same" else before.result
        result = rows if numbered is None else matching(numbered, rows, [ROW], before.inputs)
        self._results[position] = result
        traced = self._traced(position, result, before)
        if traced is None:
            return rows if step.grain == "same" else None
        if step.grain == "new" and self._key(position) is None:
            every = self._read(self.stored) if before.result is None else before.result
            if equal_others(every, result, before.inputs):
                self._note(position, EQUAL)
        own = [traced[name] for name in (MAIN, self.task.main) if name in traced]
        for alias, others in traced.items():
            if alias not in (MAIN, self.task.main):
                self._add(alias, others)
        if step.grain == "same":
            return rows
        return joined(own) if own else None

    def _traced(
        self, position: int, result: Relation, before: StepRows
    ) -> Mapping[str, Relation] | None:
        try:
            traced = self._made_of(self.task.steps[position], result, before)
        except StepError as error:
            self._note(position, f"cannot be followed: {error.message}")
            return None
        if traced is None:
            self._note(position)
        return traced

    def _made_of(
        self, step: Transform, result: Relation, before: StepRows
    ) -> dict[str, Relation] | None:
        """What `trace` of a step says, computed. Raises StepError when that is not possible."""
        with _explained():
            traced = step.trace(result, before.rows, before.inputs)
            if traced is None:
                return None
            ids = {alias: rows.project(ROW) for alias, rows in traced.items()}
            return {alias: stored(rows, self.connection) for alias, rows in ids.items()}

    def _before_step(self, position: int) -> StepRows:
        if position not in self._steps:
            self._steps = self._applied(self._main(), position)
        return self._steps[position]

    def _applied(self, rows: Relation, position: int) -> dict[int, StepRows]:
        """What the steps up to a position get, by position, from rows of the main input."""
        steps, rows = self.replay.steps(rows, position)
        others = read_others(self.task, self.connection)
        inputs = Inputs(self.connection, {**others, self.task.main: rows})
        rows = self.replay.without_removed(self.task.steps[position], rows, inputs)
        return dict(enumerate([*steps, StepRows(rows, inputs)]))

    def _main(self) -> Relation:
        return self._read(self.task.inputs[self.task.main])

    def _read(self, table: Input) -> Relation:
        return table.layer.read(table.storage, table.snapshot, self.connection)

    def _replayed_wanted(self) -> Relation:
        """The wanted rows as all steps give them, with the numbers that the steps follow."""
        steps, rows = self.replay.steps(self._main(), len(self.task.steps))
        self._steps = dict(enumerate(steps))
        pairs = {name: name for name in public(rows)}
        wanted = recognised(rows, self.wanted, pairs, Inputs(self.connection))
        if len(wanted) > len(self.wanted):
            self.traced.notes.append(f"it {EQUAL}")
        return self.connection.sql(f"from {self.tables.create(wanted)}")

    def _add(self, alias: str, rows: Relation) -> None:
        self.traced.rows.setdefault(alias, []).append(rows.project(ROW))

    def _note(
        self, position: int, fault: str = "may use values of any of the rows it gets"
    ) -> None:
        step = self.task.steps[position]
        self.traced.notes.append(f"step {position + 1} ({step.name}) {fault}")


@contextmanager
def _explained() -> Iterator[None]:
    """Turn DuckDB's errors into a StepError, but for an interruption, which ends the work."""
    import duckdb

    try:
        yield
    except duckdb.InterruptException:
        raise
    except duckdb.Error as error:
        raise StepError(reason(error)) from error


def _removes(rule: object) -> bool:
    return isinstance(rule, RowExpectation) and rule.on_fail in ("drop", "quarantine")
