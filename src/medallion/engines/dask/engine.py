"""The engine `dask`: tables and partitions are computed by the workers of a Dask cluster."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from medallion.contracts import Engine, EngineCheck, Session
from medallion.engines.duckdb import DuckDB
from medallion.errors import MedallionError

if TYPE_CHECKING:
    from medallion.storage import Storage


class Dask(Engine):
    """Distributes the work over the workers of a Dask cluster, each with a DuckDB of its own.

    ```yaml
    engine: {type: dask, scheduler: "tcp://scheduler:8786"}
    ```

    Fields: `scheduler`, the address of its scheduler, by default `DASK_SCHEDULER_ADDRESS`; without
    one, a cluster of `workers` processes on this machine is started for the run (by default one for
    each core). `memory_limit` and `threads` are those of DuckDB for each task. This process, with
    the same `memory_limit` and a thread for each core, stores the bytes of source files, finds
    duplicates and broken references by their keys, combines partial results, and loads sinks.

    Workers exchange files through the lake: put it on object storage, or in a folder that all of
    them share. They need medallion and the project's own modules and plugins, in the same versions.
    A task whose worker is lost is performed by another one.
    """

    name: ClassVar[str] = "dask"

    scheduler: str | None = Field(default=None, pattern=r"^(tcp|tls|ws|wss|ucx)://\S+$")
    workers: int | None = Field(default=None, ge=1)
    memory_limit: str = Field(default="2GB", pattern=r"^\d+(\.\d+)? ?([KMGT]i?B)$")
    threads: int = Field(default=1, ge=1)

    @contextmanager
    def session(self, scratch: Path) -> Iterator[Session]:
        from medallion.engines.dask.cluster import connected
        from medallion.engines.dask.session import DaskSession

        with connected(self.scheduler, self.workers) as client:
            driver = DuckDB(memory_limit=self.memory_limit)
            with driver.session(scratch) as local:
                worker = {"memory_limit": self.memory_limit, "threads": self.threads}
                yield DaskSession(client, local.connection, scratch, worker)

    def checks(self, storage: Storage) -> Iterator[EngineCheck]:
        """Whether there are a scheduler and workers, and every worker reaches the lake."""
        from medallion.engines.dask.cluster import connected, lake_checks

        try:
            with connected(self.scheduler, self.workers) as client:
                yield EngineCheck("workers", f"{len(client.run(int))} have the versions used here")
                yield from lake_checks(client, storage)
        except MedallionError as error:
            yield EngineCheck("workers", failed=error)
