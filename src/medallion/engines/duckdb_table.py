"""Computing one table: steps, expectations, writing, and where every row went.

The main relation stays lazy from the first step to the last. Rows that leave it are named in small
tables of `_row`, made by one narrow pass each, and anti-joined away; so that nothing wide is ever
held, and a row's fate is counted where it is decided.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from medallion.contracts import (
    ASIDE,
    ORIGIN,
    ROW,
    Built,
    Expectation,
    Inputs,
    RowExpectation,
    SourceLayer,
    TableExpectation,
    TableTask,
    Transform,
    literal,
    quote,
    viewed,
)
from medallion.engines.duckdb_errors import at, at_first_failing
from medallion.errors import ConservationError, PluginError, StepError
from medallion.records import REJECT_COLUMNS, Column, File, Tally
from medallion.sql.common_type import TOO_DEEP, column_type
from medallion.sql.durations import interval_to_iso

if TYPE_CHECKING:
    from medallion.contracts import Connection, Relation

FIELDS = ("fate", "rule", "column", "value")  # of a row that is set aside, beside its `_row`
FATES = {"drop": "dropped", "quarantine": "quarantined", "fail": "quarantined"}


@dataclass
class Phase:
    """The running tally of one grain of rows."""

    label: str
    rows_in: int
    fates: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, int] = field(default_factory=dict)

    @property
    def kept(self) -> int:
        return self.rows_in - sum(self.fates.values())

    def tally(self, rows_out: int) -> Tally:
        return Tally(
            label=self.label,
            rows_in=self.rows_in,
            kept=self.kept,
            deduplicated=self.fates.get("deduplicated", 0),
            dropped=self.fates.get("dropped", 0),
            quarantined=self.fates.get("quarantined", 0),
            rows_out=rows_out,
            reasons=self.reasons,
        )


class TableBuild:
    """One TableTask on one connection, used once."""

    def __init__(self, task: TableTask, connection: Connection, scratch: Path) -> None:
        self.task = task
        self.connection = connection
        self.scratch = scratch / uuid4().hex
        self.numbers = count()
        self.rejects: list[str] = []
        self.tallies: list[Tally] = []
        self.out: list[str] = []  # the tables of rows taken out of `base` since it was computed
        self.warnings: list[str] = []
        self.failures: list[str] = []
        self.trail: list[
            tuple[tuple[str | int, ...], Relation]
        ] = []  # the rows after each step, and its place
        self.traced = bool(
            task.lineage
        )  # whether rows still know the source records they came from
        source = task.inputs[task.main]
        self.identified = (
            source.snapshot.identified
        )  # whether each row still is one source record: `_row` is `_origin`

    def run(self) -> Built:
        tables = {
            alias: source.layer.scan(source.storage, source.snapshot, self.connection)
            for alias, source in self.task.inputs.items()
        }
        main = self.task.inputs[self.task.main]
        self.phase = Phase("", main.snapshot.rows)
        rows = self._rebase(tables[self.task.main])
        for position, step in enumerate(self.task.steps):
            tables = {**tables, self.task.main: rows}
            with at(self.task.table, "steps", position, step.name):
                rows = self._step(step, rows, Inputs(self.connection, tables))
            self.trail.append((("steps", position, step.name), rows))
        for position, rule in enumerate(self.task.expectations):
            with at(self.task.table, "expect", position, rule.name):
                rows = self._expect(
                    rule, rows, Inputs(self.connection, {**tables, self.task.main: rows})
                )
        with at_first_failing(self.task.table, self.trail, self.connection):
            return self._finish(rows)

    def _step(self, step: Transform, rows: Relation, inputs: Inputs) -> Relation:
        judged = step.judge(rows, inputs)
        if judged is not None:
            return self._sort_out(judged, rows, inputs)
        removed = step.set_aside(rows, inputs)
        if removed is not None:
            table = self._materialise(removed)
            rows = self._take_out(rows, inputs, table)
        made = step.apply(rows, inputs)
        if step.grain == "new":
            return self._new_grain(step, made)
        if ROW not in made.columns or ORIGIN not in made.columns:
            raise PluginError(f"a transform of grain 'same' must pass {ROW} and {ORIGIN} on")
        return made if made is rows else self._rebase(made)

    def _sort_out(self, judged: Relation, rows: Relation, inputs: Inputs) -> Relation:
        """Hold the judged rows, which cost too much to be made in every later pass, and go on with those that may."""
        held = self._materialise(judged)
        fields = ", ".join(
            f"json_extract_string({ASIDE}, '$.{name}') as {quote(name)}" for name in FIELDS
        )
        told = self.connection.sql(f"select {ROW}, {fields} from {held} where {ASIDE} is not null")
        self._take_out(rows, inputs, self._materialise(told))
        return self._rebase(
            self.connection.sql(f"select * exclude ({ASIDE}) from {held} where {ASIDE} is null")
        )

    def _new_grain(self, step: Transform, made: Relation) -> Relation:
        columns = [name for name in made.columns if name not in (ROW, ORIGIN)]
        if not columns:
            raise StepError("its result has no columns")
        self.traced, self.identified = self.traced and ORIGIN in made.columns, False
        origin = ORIGIN if ORIGIN in made.columns else f"null::bigint as {ORIGIN}"
        table = self._materialise(made.project(", ".join([origin, *map(quote, columns)])))
        size = self._scalar(f"select count(*) from {table}")
        self.tallies.append(self.phase.tally(size))
        self.phase = Phase(step.name, size)
        return self._rebase(self.connection.sql(f"select rowid as {ROW}, * from {table}"))

    def _rebase(self, rows: Relation) -> Relation:
        """Start from these rows, of which nothing was taken out yet."""
        self.base, self.out = rows, []
        return rows

    def _expect(self, rule: Expectation, rows: Relation, inputs: Inputs) -> Relation:
        if isinstance(rule, TableExpectation):
            complaint = rule.verdict(self._whole())
            if complaint:
                (self.failures if rule.on_fail == "fail" else self.warnings).append(
                    f"{rule.rule}: {complaint}"
                )
            return rows
        if not isinstance(rule, RowExpectation):
            raise PluginError("an expectation must be a RowExpectation or a TableExpectation")
        found = rule.violations(rows, inputs)
        fate = FATES.get(rule.on_fail, "warned")
        table = self._materialise(
            found.project(
                f'{ROW}, {literal(fate)} as fate, {literal(rule.name)} as rule, "column", "value"'
            )
        )
        size = self._scalar(f"select count(*) from {table}")
        if size and rule.on_fail in ("warn", "fail"):
            column, value = self._rows(
                f'select "column", "value" from {table} order by {ROW} limit 1'
            )[0]
            said = f"{rule.rule}: {size:,} row{'s'[: size != 1]} break it, the first with {column} = {value!r}"
            (self.failures if rule.on_fail == "fail" else self.warnings).append(said)
        return rows if rule.on_fail == "warn" else self._take_out(rows, inputs, table)

    def _take_out(self, rows: Relation, inputs: Inputs, table: str) -> Relation:
        """Count the rows named in `table` by fate, keep the quarantined ones, and leave them out of `rows`."""
        counted = self._rows(f'select fate, rule, "column", count(*) from {table} group by all')
        if not counted:
            return rows
        if self._scalar(f"select count(distinct {ROW}) from {table}") != sum(
            row[3] for row in counted
        ):
            raise PluginError(f"it names one {ROW} more than once")
        for fate, rule, column, size in counted:
            self.phase.fates[fate] = self.phase.fates.get(fate, 0) + size
            reason = f"{rule} {column}" if column and column not in rule else rule
            self.phase.reasons[reason] = self.phase.reasons.get(reason, 0) + size
        if any(fate == "quarantined" for fate, *_ in counted):
            self.rejects.append(self._reject(rows, inputs, table))
        self.out.append(table)
        # NOT IN, for an anti join may be turned round, to hold all the rows in memory and lose their order
        gone = " union all ".join(f"select {ROW} from {table}" for table in self.out)
        return inputs.sql(f"select rows.* from rows where {ROW} not in ({gone})", rows=self.base)

    def _reject(self, rows: Relation, inputs: Inputs, table: str) -> str:
        """The quarantined of the rows in `table`, each with its origin, or as it stands where it has none."""
        wanted = f"from {table} where fate = 'quarantined'"
        if self.identified:
            return self._materialise(
                self.connection.sql(
                    f'select rule, "column", "value", {ROW} as {ORIGIN}, null::varchar as row {wanted}'
                )
            )
        narrow = f'select {ROW}, rule, "column", "value", {ORIGIN} from rows join (from {table}) using ({ROW})'
        found = self._materialise(inputs.sql(f"{narrow} where fate = 'quarantined'", rows=rows))
        fields = ", ".join(
            f"{literal(name)}: {quote(name)}" for name in rows.columns if name not in (ROW, ORIGIN)
        )
        untraced = f"select {ROW}, to_json({{{fields}}})::varchar as row from rows semi join {found} using ({ROW})"
        if self._scalar(f"select count(*) from {found} where {ORIGIN} is null") == 0:
            untraced += " where false"
        listed = f'select f.rule, f."column", f."value", f.{ORIGIN}, u.row from {found} f left join u using ({ROW})'
        return self._materialise(inputs.sql(listed, u=inputs.sql(untraced, rows=rows)))

    def _finish(self, rows: Relation) -> Built:
        rows = _storable(rows)
        rows_out = self._whole().rows_out
        self.tallies.append(self.phase.tally(rows_out))
        self.scratch.mkdir(parents=True)
        files = [] if self.failures else self._write(rows, rows_out)
        origins = (
            [self.task.lineage[number].snapshot for number in sorted(self.task.lineage)]
            if self.traced
            else []
        )
        return Built(
            columns=tuple(
                Column(name=name, type=str(kind))
                for name, kind in zip(rows.columns, rows.types, strict=True)
                if name not in (ROW, ORIGIN)
            ),
            files=tuple(files),
            rows=sum(file.rows for file in files),
            tallies=tuple(self.tallies),
            identified=self.identified,
            origins=tuple(origin for snapshot in origins for origin in snapshot.origins),
            rejects=self._write_rejects(),
            warnings=tuple(self.warnings),
            failure="; ".join(self.failures) or None,
        )

    def _write(self, rows: Relation, rows_out: int) -> list[File]:
        if not self.traced:
            rows = rows.project(", ".join(quote(name) for name in rows.columns if name != ORIGIN))
        files = self.task.layer.write(
            self.task.storage, self.task.folder, rows, self.connection, self.scratch
        )
        written = sum(file.rows for file in files)
        if written != rows_out:
            raise ConservationError(
                f"{rows_out:,} rows were to be kept, but {written:,} were written",
                hint="a transform of grain 'same' lost or made rows; set them aside, or declare grain 'new'",
            )
        return files

    def _write_rejects(self) -> Path | None:
        """Rejects as a Parquet file of Reject rows, each with its file, record number and original row."""
        if not self.rejects:
            return None
        rejects = self.connection.sql(" union all ".join(f"from {table}" for table in self.rejects))
        table = self._materialise(rejects)
        numbers = self._rows(
            f"select distinct {ORIGIN} >> 55 from {table} where {ORIGIN} is not null"
        )
        inputs, wanted = (
            Inputs(self.connection),
            self.connection.sql(f"select {ORIGIN} from {table}"),
        )
        originals = {
            f"originals_{number}": source.layer.originals(
                source.storage, source.snapshot, wanted, inputs
            )
            for number in sorted(row[0] for row in numbers)
            if isinstance((source := self.task.lineage[number]).layer, SourceLayer)
        }
        none = f"select null::bigint as {ORIGIN}, null::varchar as file, null::bigint as record, null::varchar as row"
        traced = inputs.sql(
            " union all ".join(
                [
                    f"{none} where false",
                    *(f"select {ORIGIN}, file, record, row from {o}" for o in originals),
                ]
            ),
            **originals,
        )
        target = self.scratch / "rejects.parquet"
        rows = inputs.sql(
            f"""
            select {literal(self.task.table)} as "table", r.rule, r."column", r."value",
                t.file, t.record, {literal(self.task.run)} as run, coalesce(t.row, r.row) as row
            from {table} r left join traced t using ({ORIGIN})
            order by {ORIGIN}
            """,
            traced=traced,
        )
        rows.select(*REJECT_COLUMNS).write_parquet(str(target))
        return target

    def _whole(self) -> Tally:
        """The step as one tally: rows in of the first phase, rows out of the last, rejects of all."""
        tallies = [*self.tallies, self.phase.tally(self.phase.kept)]
        return tallies[0].model_copy(
            update={
                "rows_out": tallies[-1].rows_out,
                "deduplicated": sum(t.deduplicated for t in tallies),
                "dropped": sum(t.dropped for t in tallies),
                "quarantined": sum(t.quarantined for t in tallies),
            }
        )

    def _materialise(self, relation: Relation) -> str:
        name = f"_table_{next(self.numbers)}"
        self.connection.execute(f"create temp table {name} as from {viewed(relation)}").fetchall()
        return name

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(query).fetchall()

    def _scalar(self, query: str) -> int:
        return int(self._rows(query)[0][0])


_CHANGED: Mapping[str, Callable[[str], str]] = {
    "INTERVAL": interval_to_iso,
    "TIME WITH TIME ZONE": lambda value: f"cast({value} as varchar)",
}
"""Types whose values Parquet would change, and SQL of their text."""


def _storable(rows: Relation) -> Relation:
    """The rows with what Parquet changes as text: it cuts INTERVALs and drops offsets of times."""
    types = {
        name: column_type(str(kind)) for name, kind in zip(rows.columns, rows.types, strict=True)
    }
    for name, type_ in types.items():
        if type_.too_deep():
            raise StepError(
                f"column {name!r} nests too deeply: {TOO_DEEP}",
                hint="keep what is inside as JSON text",
            )
        leaves = {leaf.name for leaf in type_.leaves()}
        if type_.nested and leaves & _CHANGED.keys():
            raise StepError(
                f"column {name!r} is {type_}, which cannot be kept",
                hint="cast its intervals, or times with an offset, to text",
            )
    texts = [
        f"{_CHANGED[type_.name](quote(n))} as {quote(n)}"
        for n, type_ in types.items()
        if type_.name in _CHANGED
    ]
    return rows.project(f"* replace ({', '.join(texts)})") if texts else rows
