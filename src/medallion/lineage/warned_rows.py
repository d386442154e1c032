"""The rows that a table has although they break a rule with `on_fail: warn`.

A run only counts them: these rules judge the rows that the table keeps, so that applying them again
to the stored rows finds the same ones.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cached_property, partial
from typing import TYPE_CHECKING, ClassVar

from pydantic import ValidationError

from medallion import plugins
from medallion.contracts import (
    ORIGIN,
    ROW,
    Input,
    Inputs,
    Plugin,
    RowExpectation,
    literal,
    quote,
)
from medallion.declaration.models import Table
from medallion.errors import CallError, StepError
from medallion.kernel.row_steps import violating
from medallion.kernel.temp_tables import TempTables
from medallion.lake.candidates import resolve
from medallion.lake.frames import NO_REJECTS, Quarantine
from medallion.lake.reject_filter import ALL, KnownNames, Names, RejectFilter, require_table
from medallion.lineage.source_records import NO_RECORDS, source_records
from medallion.plural import count_of
from medallion.records import REJECT_COLUMNS, PluginUse, Release, Snapshot
from medallion.records.quality import quality_of
from medallion.run.context import RunContext
from medallion.run.plugin_uses import plugin_use
from medallion.sql.expressions import prepare
from medallion.sql.row_ids import table_of
from medallion.sql.row_matching import joined, matching

if TYPE_CHECKING:
    from medallion.contracts import Connection, Relation


class WarnedTable:
    """The rows of one table of a release that break rules which only warn, used once."""

    def __init__(
        self, context: RunContext, release: Release, snapshot: Snapshot, tables: TempTables
    ) -> None:
        self.context = context
        self.release = release
        self.snapshot = snapshot
        self.tables = tables
        self.connection = tables.connection
        self.table = context.lake.input(snapshot, release)

    def rows(self) -> tuple[Relation, str | None]:
        """The rows as rejects, and a note when the rules say something else than in the run.

        What the rows break is computed now, the source records only when they are read.
        """
        rows = self._read(self.table)
        marks = self.connection.sql(f"from {self.tables.create(self._marks(rows))}")
        query = f"""
            select {literal(self.snapshot.table)} as "table", o.file, o.record, m.rule, m."column",
                m."value", {literal(self.snapshot.run)} as run, coalesce(o."row", c."row") as "row"
            from marks m
                left join records o on o.{ROW} = m.{ORIGIN}
                left join computed c on c.{ROW} = m.{ROW}
        """
        listed = Inputs(self.connection).sql(
            query,
            marks=marks,
            records=self._records(marks),
            computed=self._computed(rows, marks),
        )
        return listed.select(*REJECT_COLUMNS), self._note(len(marks))

    def _note(self, now: int) -> str | None:
        tallies = self.snapshot.tallies
        then = sum(sum(tally.warned_reasons.values()) for tally in tallies)
        if now == then:
            return None
        times = f"{then:,} times in the run, and {now:,} times now"
        return f"{self.snapshot.table}: rules that warn were broken {times}"

    def _marks(self, rows: Relation) -> Relation:
        """What rows break: `_row`, `_origin`, rule, column and value."""
        inputs = self._inputs(rows)
        broken = joined([violating(rule, rows, inputs) for rule in self._rules()])
        fields = '"rule", "column", "value"'
        if self.snapshot.identified:
            return broken.project(f"{ROW}, {ROW} as {ORIGIN}, {fields}")
        return Inputs(self.connection).sql(
            f"select {ROW}, {ORIGIN}, {fields} from broken join rows using ({ROW})",
            broken=broken,
            rows=rows.project(f"{ROW}, {ORIGIN}"),
        )

    def _rules(self) -> Iterator[RowExpectation]:
        """The rules as they were when the table was computed."""
        table = self._declared()
        declared = (
            {plugin_use("expectation", rule.identity()): rule for rule in table.expect}
            if table
            else {}
        )
        for use in self.snapshot.made_by:
            if use.role == "expectation" and json.loads(use.settings).get("on_fail") == "warn":
                rule = declared.get(use) or self._recorded(use)
                if isinstance(rule, RowExpectation):
                    yield rule

    def _declared(self) -> Table | None:
        """The table in the declaration, which may have changed since."""
        name = self.snapshot.table
        names = self.context.declaration.names()
        table = self.context.declaration.table(name) if name in names else None
        return table if isinstance(table, Table) else None

    def _recorded(self, use: PluginUse) -> Plugin:
        """A rule that is not in the declaration any more, as the snapshot records it."""
        kind = plugins.find(plugins.EXPECTATIONS, use.name)
        with suppress(ValidationError):
            if kind.version == use.version:
                return kind.model_validate(json.loads(use.settings))
        raise CallError(
            f"{self.snapshot.table}: its rule {use.name!r} cannot be applied again, because the "
            "plugin has changed",
            hint="medallion run",
        )

    def _inputs(self, rows: Relation) -> Inputs:
        """What the rules may read: the tables that were read, by full name and by alias."""
        read = self.snapshot.inputs
        relations = {name: self._read(self._input(name, read[name])) for name in read}
        table = self._declared()
        aliases = table.from_ if table else {}
        relations |= {alias: relations[name] for alias, name in aliases.items() if name in read}
        main = {next(iter(aliases)): rows} if aliases else {}
        return Inputs(self.connection, {**relations, **main})

    def _records(self, marks: Relation) -> Relation:
        """The source records of the rows that have one."""
        ids = marks.filter(f"{ORIGIN} is not null").project(f"{ORIGIN} as {ROW}").distinct()
        parts = [self.connection.sql(NO_RECORDS)]
        for origin in self.snapshot.origins:
            source = self._input(origin.table, origin.snapshot)
            wanted = ids.filter(f"{table_of(ROW)} = {origin.number}")
            parts.append(source_records(source, wanted, self.connection))
        return joined(parts)

    def _computed(self, rows: Relation, marks: Relation) -> Relation:
        """The rows that come from no single source record, as JSON."""
        computed = marks.filter(f"{ORIGIN} is null").project(ROW).distinct()
        if self.snapshot.identified or not len(computed):
            return self.connection.sql(f'select null::bigint as {ROW}, null as "row" where false')
        fields = ", ".join(
            f"{literal(name)}: {quote(name)}" for name in rows.columns if name not in (ROW, ORIGIN)
        )
        wanted = matching(rows, computed, [ROW], Inputs(self.connection))
        return wanted.project(f'{ROW}, to_json({{{fields}}})::varchar as "row"')

    def _input(self, table: str, snapshot: str) -> Input:
        record = self.release.tables.get(table)
        if record is None or record.id != snapshot:
            record = self.context.lake.snapshot(table, snapshot)
        return self.context.lake.input(record, self.release)

    def _read(self, source: Input) -> Relation:
        return source.layer.read(source.storage, source.snapshot, self.connection)


class WarnedRows(Quarantine):
    """Rows of a release that break a rule which only warns, each with its rule and source record.

    Parameters: `tables` are the names of the tables, `wanted` limits the rows. What the rules say
    is computed on first use.
    """

    place: ClassVar[str] = "with warnings"

    def __init__(
        self,
        context: RunContext,
        release: Release,
        tables: Iterable[str],
        wanted: RejectFilter = ALL,
        connection: Connection | None = None,
    ) -> None:
        self._context = context
        self._release = release
        self._tables = tuple(tables)
        known = partial(KnownNames.of, release.tables, None)
        super().__init__(context.lake.storage, {}, wanted, known, connection)

    def __len__(self) -> int:
        return len(self.scan())

    def __repr__(self) -> str:
        tables = ", ".join(self._tables) or "no table"
        return f"<WarnedRows: {count_of(len(self), 'row')} of {tables}>"

    def scan(self) -> Relation:
        return self._chosen(self._listed).order('"table", file, record, rule')

    @cached_property
    def _listed(self) -> Relation:
        import duckdb

        connection = self._connection or duckdb.connect()
        prepare(connection)
        tables = TempTables(connection)
        parts = [connection.sql(NO_REJECTS)]
        for name in self._tables:
            snapshot = self._release.tables[name]
            if not quality_of(snapshot).warnings:
                continue
            try:
                rows, note = WarnedTable(self._context, self._release, snapshot, tables).rows()
            except StepError as error:  # such as an interval, which is stored as text
                note = f"{name}: its rules cannot be applied to the stored rows: {error.message}"
            else:
                parts.append(rows)
            self.inexact += (note,) if note else ()
        return joined(parts)


def warned_rows(
    context: RunContext,
    table: str | None = None,
    release: str | None = None,
    *,
    run: str | None = None,
    rule: Names = (),
    file: Names = (),
    column: Names = (),
    connection: Connection | None = None,
) -> WarnedRows:
    """The rows of a release, by default of the current one, that break a rule which only warns.

    Parameters: `release` is an id or the name of a candidate, `run` the id of the run that computed
    the release. Raises CallError for an unknown release, run, table, rule or column.
    """
    source = _release(context, release, run)
    if table is not None:
        require_table(table, f"release {source.id}", source.tables)
    tables = [table] if table else list(source.tables)
    wanted = RejectFilter.of(rule, file, column)
    return WarnedRows(context, source, tables, wanted, connection)


def _release(context: RunContext, release: str | None, run: str | None) -> Release:
    lake, ident = context.lake, release
    if run is not None:
        record = lake.run(run)
        ident = record.release or record.candidate
        if ident is None:
            raise CallError(f"run {run} left no release, so that it kept no rows")
    if ident is not None:
        return resolve(lake, ident)
    current = lake.current()
    if current is None:
        raise CallError(f"{lake.url}: nothing was published yet", hint="medallion run")
    return current
