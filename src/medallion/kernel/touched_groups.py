"""Which groups of a table the changed rows of its inputs take part in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from medallion.contracts import MAIN, Inputs, TableTask, Transform, quote
from medallion.errors import StepError
from medallion.kernel.changed_rows import PartitionChanges, partition_changes
from medallion.kernel.duckdb_errors import at
from medallion.kernel.partial_plan import is_lost
from medallion.kernel.reuse import are_intact
from medallion.kernel.row_steps import read_others
from medallion.kernel.temp_tables import TempTables
from medallion.records import Snapshot
from medallion.sql.expressions import FLOATS, NESTED, columns_sql, kinds
from medallion.sql.group_links import GroupColumns

if TYPE_CHECKING:
    from medallion.contracts import Relation

LARGE = 100_000  # rows of all inputs from which it pays to compare snapshots
MOST = 0.5  # of these rows, those of changed partitions, at most
SHARE = 4  # groups of the table for each touched one, at least


@dataclass(frozen=True)
class TouchedGroups:
    """The groups of a table to compute again.

    `keys` is a temporary table of their values in the columns `names` of the result, `count` of
    them; `tables` says, by alias, in which columns of the inputs these are. `equal` compares with a
    key.
    """

    keys: str
    count: int
    names: tuple[str, ...]
    tables: Mapping[str, Mapping[str, str]]
    equal: str

    def of(self, alias: str, rows: Relation, inputs: Inputs) -> Relation:
        """The rows of an input that take part in these groups, and perhaps others."""
        key = self.tables.get(alias, {})
        if not key.keys() >= {*self.names}:
            return rows
        return self._joined("semi", rows, [key[name] for name in self.names], inputs)

    def chosen(self, result: Relation, inputs: Inputs) -> Relation:
        """The rows of a result that are these groups."""
        return self._joined("semi", result, self.names, inputs)

    def none_of(self, result: Relation, inputs: Inputs) -> Relation:
        """The rows of a result that are other groups."""
        return self._joined("anti", result, self.names, inputs)

    def _joined(
        self, join: str, rows: Relation, columns: Sequence[str], inputs: Inputs
    ) -> Relation:
        same = " and ".join(
            f"rows.{quote(column)} {self.equal} keys.{quote(name)}"
            for column, name in zip(columns, self.names, strict=True)
        )
        query = f"select rows.* from rows {join} join {self.keys} as keys on {same}"
        return inputs.sql(query, rows=rows)


@dataclass(frozen=True)
class GroupsTask:
    """A table of which only the groups of changed rows are to be computed. It can be pickled.

    `changed` says what changed in inputs, by alias; `share` is the number of groups of the table
    for each one to compute, at least.
    """

    table: TableTask
    changed: Mapping[str, PartitionChanges]
    share: int


def prepared(task: TableTask, rows: Relation, inputs: Inputs) -> Relation:
    """Rows of the main input, as the last step of a table gets them.

    Raises StepError when a step before it may remove rows.
    """
    for position, step in enumerate(task.steps[:-1]):
        every = Inputs(inputs.connection, {**inputs.tables, task.main: rows})
        with at(task.table, "steps", position, step.name):
            if step.set_aside(rows, every) is not None or step.judge(rows, every) is not None:
                raise StepError("it may remove rows")
            rows = step.apply(rows, every)
    return rows


def touched_groups(task: GroupsTask, tables: TempTables) -> TouchedGroups | None:
    """The groups that may differ from those of the former snapshot.

    None when they are not known, or computing all is cheaper. Raises MedallionError.
    """
    return _Search(task, tables).run()


def is_regular(steps: Sequence[Transform], former: Snapshot) -> bool:
    """Whether the last step makes the groups, and the former snapshot has all that it made."""
    if not steps or not former.tallies or former.tallies[-1].rows_in != former.rows:
        return False
    *early, last = steps
    if type(last).group_columns is Transform.group_columns or last.grain != "new":
        return False
    lost = any(is_lost(text) for step in steps for _, text in step.expressions())
    return not lost and last.threaded and all(map(_is_alone, early))


def _is_alone(step: Transform) -> bool:
    """Whether a step treats each row alone."""
    return step.scope == "rows" and step.grain == "same" and step.threaded and not step.reads()


def changed_inputs(task: TableTask) -> dict[str, PartitionChanges] | None:
    """What changed in inputs, by alias; None when it is not known, or nearly everything.

    None, too, when groups of the table cannot be computed alone.
    """
    published = task.former
    if published is None or published.partials or not is_regular(task.steps, published):
        return None
    if task.former_inputs is None or not are_intact(task.storage, published.files):
        return None
    rows = sum(item.snapshot.rows for item in task.inputs.values())
    changed = {}
    for alias, latter in task.inputs.items():
        former = task.former_inputs[alias]
        if former.snapshot.id != latter.snapshot.id:
            changes = partition_changes(former, latter)
            if changes is None:
                return None
            changed[alias] = changes
    few = sum(changes.rows for changes in changed.values()) <= MOST * rows
    return changed if few and rows >= LARGE else None


class _Search:
    """The search for the touched groups of one table, used once."""

    def __init__(self, task: GroupsTask, tables: TempTables) -> None:
        self.task = task.table
        self.changed = task.changed
        self.share = task.share
        self.tables = tables
        self.inputs = Inputs(tables.connection, read_others(task.table, tables.connection))

    def run(self) -> TouchedGroups | None:
        columns = self._columns()
        shared = [{*columns[alias].key} if alias in columns else set() for alias in self.changed]
        names = tuple(sorted(set.intersection(*shared))) if shared else ()
        if not names:
            return None
        keys = self.tables.create(self._keys(columns, names))
        former = self.task.former
        size = self.tables.integer(f"select count(*) from {keys}")
        if former is None or size * self.share > former.rows:
            return None
        nulls = " or ".join(f"{quote(name)} is null" for name in names)
        # A comparison that nulls pass takes twice the time.
        any_null = self.tables.integer(f"select count(*) from {keys} where {nulls}")
        tables = {alias: each.key for alias, each in columns.items()}
        return TouchedGroups(keys, size, names, tables, "is not distinct from" if any_null else "=")

    def _columns(self) -> dict[str, GroupColumns]:
        """The columns of the inputs, by alias, whose values tell groups apart."""
        task, step = self.task, self.task.steps[-1]
        main = task.inputs[task.main]
        rows = main.layer.read(main.storage, main.snapshot, self.inputs.connection)
        rows = prepared(task, rows, self.inputs)
        inputs = Inputs(self.inputs.connection, {**self.inputs.tables, task.main: rows})
        with at(task.table, "steps", len(task.steps) - 1, step.name):
            columns = step.group_columns(rows, inputs) or {}
            result = step.apply(rows, inputs)
        named = {task.main if alias == MAIN else alias: each for alias, each in columns.items()}
        return {
            alias: GroupColumns(_comparable(each.key, inputs[alias], result), each.reads)
            for alias, each in named.items()
        }

    def _keys(self, columns: Mapping[str, GroupColumns], names: Sequence[str]) -> Relation:
        """The keys of the rows that changed."""
        queries: list[str] = []
        relations: dict[str, Relation] = {}
        for alias, changes in self.changed.items():
            parts = []
            for part in self._parts(alias, changes, columns[alias].reads):
                parts.append(f"from part_{len(relations)}")
                relations[f"part_{len(relations)}"] = part
            key = [f"{quote(columns[alias].key[name])} as {quote(name)}" for name in names]
            queries.append(
                f"select {', '.join(key)} from ({' union all '.join(parts)}) "
                f"group by {columns_sql(columns[alias].reads)} having sum(_sign) <> 0"
            )
        query = f"select distinct * from ({' union all '.join(queries)})"
        return self.inputs.sql(query, **relations)

    def _parts(
        self, alias: str, changes: PartitionChanges, reads: Sequence[str]
    ) -> Iterator[Relation]:
        """The rows of an input that differ, as far as the last step reads them."""
        for rows, sign in changes.relations(self.tables):
            if alias == self.task.main:
                rows = prepared(self.task, rows, self.inputs)
            columns = [_exact(name, kinds(rows)[name]) for name in reads]
            yield rows.project(", ".join([*columns, f"{sign} as _sign"]))


def _comparable(key: Mapping[str, str], rows: Relation, result: Relation) -> dict[str, str]:
    """The columns of a key whose values are the same as in the result when they are equal."""
    types = dict(zip(rows.columns, rows.types, strict=True))
    shown = dict(zip(result.columns, result.types, strict=True))
    return {
        name: column
        for name, column in key.items()
        if types[column] == shown[name] and types[column].id not in (*FLOATS, *NESTED)
    }


def _exact(name: str, kind: str) -> str:
    """SQL of a column, in which values that differ are not equal. Raises StepError for others."""
    if kind in NESTED:
        raise StepError(f"values of {name!r} may differ within")
    return f"cast({quote(name)} as varchar) as {quote(name)}" if kind in FLOATS else quote(name)
