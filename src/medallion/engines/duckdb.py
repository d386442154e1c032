"""The embedded engine: one DuckDB connection runs every step, in parallel and out of core."""

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
    """Runs the steps in this process. Work larger than `memory_limit` goes to disk.

    ```yaml
    engine: {type: duckdb, memory_limit: 4GB, threads: 8}
    ```

    Fields: `memory_limit`, a size such as `2GB`; `threads`, by default one a core. The limit covers what DuckDB holds
    while it computes. Python and its packages, rows on their way to Parquet and sinks, frames of `python` steps, and
    parsers of source files come on top: allow the process 1 to 2 GB more.
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
        # side by side with the parsing of the first files, which leaves a core free
        arrow = Thread(target=import_module, args=("pyarrow.compute",))
        arrow.start()
        try:
            yield DuckDBSession(connection, scratch)
        finally:
            arrow.join()
            connection.close()


class DuckDBSession(Session):
    """A DuckDB connection at work for one run."""

    def __init__(self, connection: Connection, scratch: Path) -> None:
        self.connection = connection
        self.scratch = scratch
        self._working: set[Connection] = set()
        self._changing = (
            Lock()
        )  # a cursor is closed once it has left the set, so that none in it is closed

    def parse(self, tasks: Sequence[ParseTask]) -> Iterable[Parsed | SourceError]:
        """Several files at once: DuckDB reads a small one on one thread only."""
        with ThreadPoolExecutor(PARSERS) as pool:
            yield from pool.map(self._parse, tasks)

    def _parse(self, task: ParseTask) -> Parsed | SourceError:
        try:
            with self._work() as cursor:
                return task.form.parse(task.source, task.name, task.target, cursor)
        except SourceError as error:
            return error

    def build(self, task: TableTask) -> Built:
        from medallion.engines.duckdb_table import TableBuild

        with self._work() as cursor:
            return TableBuild(task, cursor, self.scratch).run()

    def interrupt(self) -> None:
        with self._changing:
            for cursor in self._working:
                cursor.interrupt()

    def batches(self, source: Input, rows: int) -> Batches:
        found = source.layer.scan(source.storage, source.snapshot, self._cursor())
        names = [quote(name) for name in found.columns if name not in (ROW, ORIGIN)]
        return found.project(", ".join(names)).to_arrow_reader(rows)

    @contextmanager
    def _work(self) -> Iterator[Connection]:
        """A cursor that can be interrupted, for the length of one task."""
        import duckdb

        with closing(self._cursor()) as cursor:
            with self._changing:
                self._working.add(cursor)
            try:
                yield cursor
            except duckdb.InterruptException as error:
                raise KeyboardInterrupt from error
            except RuntimeError as error:
                if str(error) == "Query interrupted":  # what DuckDB makes of Ctrl-C
                    raise KeyboardInterrupt from error
                raise
            finally:
                with self._changing:
                    self._working.discard(cursor)

    def _cursor(self) -> Connection:
        cursor = self.connection.cursor()
        # a bar would stand between the lines of whoever reads standard output
        cursor.execute("set enable_progress_bar = false").fetchall()
        prepare(cursor)
        return cursor
