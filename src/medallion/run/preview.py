"""What a run would do now: its plan, from the lake and the source files."""

from __future__ import annotations

from medallion.lake.corrections import correction_log, require_corrections
from medallion.run import ingest
from medallion.run.context import RunContext
from medallion.run.determinism import require_deterministic
from medallion.run.failures import Failures
from medallion.run.planner import Arrival, Plan, plan, select
from medallion.run.selection import Selection
from medallion.run.source_groups import ingest_in_groups
from medallion.run.source_matches import SourceTable
from medallion.run.source_tokens import read_tokens


def preview(context: RunContext, selection: Selection | None = None) -> Plan:
    """The plan of a run that begins now. Writes nothing.

    Raises CallError on a selection of unknown tables, SourceError for unreadable files, and
    DeclarationError for SQL that depends on the time or on chance.
    """
    require_deterministic(context)
    lake, declaration = context.lake, context.declaration
    choice = selection or Selection()
    select(declaration, choice)
    current = lake.current()
    snapshots = current.tables if current else {}
    lost = lake.lost(current, declaration.names()) if current else {}
    arrivals: dict[str, Arrival] = {}
    failures, log = Failures(), correction_log(lake)
    require_corrections(lake, log, current)

    def look(table: SourceTable) -> None:
        arrivals[table.name], _ = ingest.ingest_table(
            table,
            snapshots.get(table.name),
            None,
            full=table.name in choice.refresh,
            backfills=choice.backfills(table.name),
            lost=lost.get(table.name, ()),
            touched=read_tokens(lake.storage, table.name),
            corrections=log.by_file(table.name),
        )

    tables = [*context.source_tables()]
    unasked = {table.name for table in tables if _reads_rows(table)}
    ingest_in_groups([table for table in tables if table.name not in unasked], failures, look)
    failures.check()
    return plan(declaration, arrivals, snapshots, lake.find_snapshot, choice, lost, unasked=unasked)


def _reads_rows(table: SourceTable) -> bool:
    """Whether to look what is new in a source is to pull it."""
    source = table.declared.pulled
    return source is not None and source.look_reads_rows
