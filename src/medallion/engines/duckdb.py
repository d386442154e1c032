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
    Parsed,
    ParseTask,
    Session,
    TableTask,
    quote,
)
from medallion.errors import SourceError
from medallion.sql.expressions import prepare

if TYPE_CHECKING:
    from medallion.contracts import Batches, Connection

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
    def session(self, scratch: Path) -> Iterator[Session]:
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

    def parse(self, tasks: Sequence[ParseTask]) -> Iterable[Parsed | SourceError]:
        """Parse several files at once: DuckDB reads a small file on one thread only."""
        with ThreadPoolExecutor(PARSERS) as pool:
            yield from pool.map(self._parse, tasks)

    def _parse(self, task: ParseTask) -> Parsed | SourceError:
        try:
            with self._task_cursor() as cursor:
                return task.form.parse(task.source, task.name, task.target, cursor)
        except SourceError as error:
            return error

    def build(self, task: TableTask) -> Built:
        from medallion.kernel.compute_table import compute_table

        with self._task_cursor() as cursor:
            return compute_table(task, cursor, self._task_cursor, self.scratch)

    def interrupt(self) -> None:
        with self._lock:
            for cursor in self._cursors:
                cursor.interrupt()

    def batches(self, source: Input, rows: int) -> Batches:
        relation = source.layer.read(source.storage, source.snapshot, self._cursor())
        names = [quote(name) for name in relation.columns if name not in (ROW, ORIGIN)]
        return relation.project(", ".join(names)).to_arrow_reader(rows)

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
