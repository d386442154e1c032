"""The columns of every table before a run, as far as they are known."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from graphlib import TopologicalSorter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from medallion.declaration.models import Source
from medallion.errors import MedallionError
from medallion.identifiers import TableName
from medallion.kernel.column_binding import BindingTask, BoundTable, ColumnBinding
from medallion.records import Snapshot
from medallion.run.context import RunContext
from medallion.run.source_columns import source_columns
from medallion.sql.expressions import prepare

if TYPE_CHECKING:
    from medallion.contracts import Connection


def bound_tables(context: RunContext, broken: Collection[str] = ()) -> dict[str, BoundTable]:
    """What is known of every table, by full name in the order of the declaration."""
    declaration, snapshots = context.declaration, last_snapshots(context)
    sources = {table.name: table for table in context.source_tables()}
    reads = {name: _reads(context, name) for name in declaration.names()}
    tables: dict[str, BoundTable] = {}
    with _database() as (database, scratch):
        for name in TopologicalSorter(
            {name: inputs.values() for name, inputs in reads.items()}
        ).static_order():
            if name in broken or name not in reads:
                tables[name] = BoundTable((None,), "its declaration is not valid", certain=False)
                continue
            table = declaration.table(name)
            connection = database.cursor()
            prepare(connection)
            if isinstance(table, Source):
                source = sources[name]
                tables[name] = source_columns(source, snapshots.get(name), connection, scratch)
                continue
            inputs = {alias: tables[read] for alias, read in reads[name].items()}
            main = next(iter(table.from_))
            layer = declaration.layers[TableName(name).layer]
            task = BindingTask(name, main, table.main, inputs, table.steps, table.expect, layer)
            tables[name] = ColumnBinding(task, connection, scratch).run()
    return {name: tables[name] for name in reads}


def _reads(context: RunContext, name: str) -> Mapping[str, str]:
    table = context.declaration.table(name)
    return {} if isinstance(table, Source) else table.reads()


def last_snapshots(context: RunContext) -> Mapping[str, Snapshot]:
    """The tables of the last release, where the lake is on this machine and can be read."""
    if context.lake.storage.root is not None:
        with suppress(MedallionError):
            release = context.lake.current()
            return release.tables if release else {}
    return {}


@contextmanager
def _database() -> Iterator[tuple[Connection, Path]]:
    import duckdb

    config: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "threads": 1,
    }
    with TemporaryDirectory() as scratch, duckdb.connect(config=config) as database:
        yield database, Path(scratch)
