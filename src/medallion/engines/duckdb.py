"""The embedded engine: one DuckDB connection runs all steps, in parallel, and spills to disk."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from importlib import import_module
from pathlib import Path
from threading import Lock, Thread
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from medallion.contracts import (
    ORIGIN,
    ROW,
    Built,
    Engine,
    Input,
    ParsedGroup,
    ParseTask,
    Session,
    TableTask,
    quote,
    records_path,
)
from medallion.sql.expressions import prepare
from medallion.telemetry.spans import in_context, span

if TYPE_CHECKING:
    from medallion.contracts import Batches, Connection
    from medallion.kernel.partial_plan import PartialTask
    from medallion.kernel.partition_plan import PartitionTask
    from medallion.kernel.touched_groups import GroupsTask
    from medallion.records import PartialResult, Partition

PARSERS = os.cpu_count() or 1


class DuckDB(Engine):
    """Runs the steps in this process. Work larger than `memory_limit` spills to disk.

    ```yaml
    engine: {type: duckdb, memory_limit: 4GB, threads: 8}
    ```

    Fields: `memory_limit`, a size such as `2GB`; `threads`, by default one per core. The limit
    covers the memory that DuckDB computes in. Python and its packages, rows on their way to Parquet
    and sinks, frames of `python` steps, and parsers of source files need more: allow the process 1
    to 2 GB extra.
    """

    name: ClassVar[str] = "duckdb"

    memory_limit: str = Field(default="2GB", pattern=r"^\d+(\.\d+)? ?([KMGT]i?B)$")
    threads: int | None = Field(default=None, ge=1)

    @contextmanager
    def session(self, scratch: Path) -> Iterator[DuckDBSession]:
        import duckdb

        settings: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": self.memory_limit,
            "temp_directory": str(scratch / "spill"),
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        }
        if self.threads:
            settings["threads"] = self.threads
        connection = duckdb.connect(config=settings)
        # Import pyarrow while the first files are parsed, which leaves a core free.
        arrow = Thread(target=import_module, args=("pyarrow.compute",))
        arrow.start()
        try:
            yield DuckDBSession(connection, scratch)
        finally:
            arrow.join()
            connection.close()


class DuckDBSession(Session):
    """A DuckDB connection for the length of one run; each task has a cursor of its own."""

    def __init__(self, connection: Connection, scratch: Path) -> None:
        self.connection = connection
        self.scratch = scratch
        self._cursors: set[Connection] = set()  # of the tasks that are running
        # A cursor leaves the set, under the lock, before it is closed: `interrupt` sees open ones.
        self._lock = Lock()

    def parse(self, tasks: Sequence[ParseTask]) -> Iterable[ParsedGroup]:
        """Parse several groups at once: DuckDB reads a small file on one thread only."""
        # One file of records for each group is the rule. Their names are recorded in one write.
        for storage in {id(task.storage): task.storage for task in tasks}.values():
            storage.note(records_path(task.path, 0, task.attempt) for task in tasks)
        with ThreadPoolExecutor(PARSERS) as pool:
            yield from pool.map(in_context(self._parse), tasks)

    def _parse(self, task: ParseTask) -> ParsedGroup:
        from medallion.kernel.source_parse import parse_sources

        with span("parse source files"), self._task_cursor() as cursor:
            return parse_sources(task, cursor, self.scratch)

    def build(self, task: TableTask) -> Built:
        from medallion.kernel.compute_table import compute_table

        with self._task_cursor() as cursor:
            return compute_table(task, cursor, self, self.scratch)

    def partitions(self, tasks: Sequence[PartitionTask]) -> Iterable[list[Partition]]:
        """Compute partitions in as many threads as DuckDB has."""
        with self._pool() as pool:
            yield from pool.map(in_context(self._build_partitions), tasks)

    def _build_partitions(self, task: PartitionTask) -> list[Partition]:
        from medallion.kernel.partition_build import PartitionBuild

        with span("compute partitions"), self._task_cursor() as cursor:
            return PartitionBuild(task, cursor, self.scratch).run()

    def partial_results(self, tasks: Sequence[PartialTask]) -> Iterable[list[PartialResult]]:
        """Compute partial results in as many threads as DuckDB has."""
        with self._pool() as pool:
            yield from pool.map(in_context(self._build_partial_results), tasks)

    def _build_partial_results(self, task: PartialTask) -> list[PartialResult]:
        from medallion.kernel.partial_build import PartialBuild

        with span("compute partial results"), self._task_cursor() as cursor:
            return PartialBuild(task, cursor, self.scratch).run()

    def table(self, task: TableTask) -> Built:
        """Compute a table as a whole."""
        from medallion.kernel.table_build import TableBuild

        with span("compute as a whole"), self._task_cursor() as cursor:
            return TableBuild(task, cursor, self.scratch).run()

    def groups(self, task: GroupsTask) -> Built | None:
        """Compute the groups of changed rows, and write the table."""
        from medallion.kernel.regrouped_table import regrouped

        with span("compute groups of changed rows"), self._task_cursor() as cursor:
            return regrouped(task, cursor, self.scratch)

    def interrupt(self) -> None:
        with self._lock:
            for cursor in self._cursors:
                cursor.interrupt()

    def batches(self, source: Input, rows: int) -> Batches:
        relation = source.layer.read(source.storage, source.snapshot, self._cursor())
        names = [quote(name) for name in relation.columns if name not in (ROW, ORIGIN)]
        return relation.project(", ".join(names)).to_arrow_reader(rows)

    def _pool(self) -> ThreadPoolExecutor:
        with self._task_cursor() as cursor:
            ((threads,),) = cursor.execute("select current_setting('threads')").fetchall()
        return ThreadPoolExecutor(threads)

    @contextmanager
    def _task_cursor(self) -> Iterator[Connection]:
        """A cursor that can be interrupted, for the length of one task."""
        import duckdb

        with closing(self._cursor()) as cursor:
            with self._lock:
                self._cursors.add(cursor)
            try:
                yield cursor
            except duckdb.InterruptException as error:
                raise KeyboardInterrupt from error
            except RuntimeError as error:
                if str(error) == "Query interrupted":  # DuckDB's error on Ctrl-C
                    raise KeyboardInterrupt from error
                raise
            finally:
                with self._lock:
                    self._cursors.discard(cursor)

    def _cursor(self) -> Connection:
        cursor = self.connection.cursor()
        # DuckDB would print its progress bar to standard output, between the lines of --json.
        cursor.execute("set enable_progress_bar = false").fetchall()
        prepare(cursor)
        return cursor
