"""A connection to a Dask cluster whose workers are able to compute tables."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from medallion.contracts import EngineCheck
from medallion.errors import ClusterError, NotInstalledError
from medallion.storage import Storage

if TYPE_CHECKING:
    from distributed import Client

SECONDS = 10  # to find the scheduler, and for a first worker to be there

# Modules that tasks use, imported once by the process that workers here are forked from.
PRELOADED = (
    "__main__",
    "duckdb",
    "pyarrow.compute",
    "pyarrow.parquet",
    "medallion.engines.dask.worker",
    "medallion.kernel.compute_table",
    "medallion.kernel.partial_build",
    "medallion.kernel.partition_build",
    "medallion.kernel.regrouped_table",
    "medallion.kernel.source_parse",
)


@contextmanager
def connected(scheduler: str | None, workers: int | None) -> Iterator[Client]:
    """A client of the scheduler; without one, of a cluster of processes that ends with the block.

    Without `scheduler`, `DASK_SCHEDULER_ADDRESS` names it.

    Raises ClusterError when there is no scheduler or no worker, versions differ, or the connection
    is lost in the block, and NotInstalledError without the extra `dask`.
    """
    try:
        import dask
        from distributed.client import ClosedClientError
        from distributed.comm import CommClosedError
    except ImportError as error:
        raise NotInstalledError(
            "the engine 'dask' needs distributed, which is not installed",
            hint="pip install 'medallion-lake[dask]'",
        ) from error
    scheduler = scheduler or dask.config.get("scheduler-address", None)
    try:
        with _joined(scheduler) if scheduler else _started(workers) as client:
            yield client
    except (CommClosedError, ClosedClientError) as error:
        raise connection_lost(error) from error


@contextmanager
def _started(workers: int | None) -> Iterator[Client]:
    """A client of a new cluster of processes on this machine.

    It ends with the run; nobody looks at a dashboard or a profile of it.
    """
    import dask
    from distributed import Client, LocalCluster

    with (
        dask.config.set(_local_settings()),
        LocalCluster(
            n_workers=workers or os.cpu_count() or 1,
            threads_per_worker=1,
            memory_limit=0,  # each worker's DuckDB has a limit, and spills to disk
            dashboard_address="127.0.0.1:0",
            scheduler_kwargs={"dashboard": False},
            silence_logs=40,
            env=dict(os.environ),  # the process that workers are forked from may have a former one
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        yield client


def _local_settings() -> dict[str, Any]:
    """Settings of Dask for a cluster of processes on this machine."""
    import dask
    from distributed.utils import get_mp_context

    settings: dict[str, Any] = {
        "distributed.worker.profile.enabled": False,
        "distributed.scheduler.http.routes": [],
        "distributed.worker.http.routes": [],
        "distributed.nanny.http.routes": [],
    }
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return settings
    settings["distributed.worker.multiprocessing-method"] = "forkserver"
    with dask.config.set(settings):
        # Dask itself preloads packages that no task uses. Its list has to be set before this one.
        get_mp_context().set_forkserver_preload([*PRELOADED])
    return settings


@contextmanager
def _joined(scheduler: str) -> Iterator[Client]:
    """A client of the cluster of a scheduler, when its workers are able to compute tables."""
    from distributed import Client

    try:
        client = Client(scheduler, timeout=SECONDS, set_as_default=False)
    except (OSError, TimeoutError, TypeError, ValueError, ImportError) as error:
        raise ClusterError(
            f"no Dask scheduler responds at {scheduler}: {error}",
            hint="start one with: dask scheduler; and workers with: dask worker ADDRESS",
        ) from error
    with client:
        _check(client, scheduler)
        yield client


def connection_lost(error: BaseException) -> ClusterError:
    return ClusterError(
        f"the connection to the Dask scheduler was lost: {error}",
        hint="nothing was published; start the scheduler, and run again",
    )


def lake_checks(client: Client, storage: Storage) -> Iterator[EngineCheck]:
    """Whether each worker reads what this process writes into the lake, and can write itself.

    Raises StorageError when this process cannot write.
    """
    from medallion.engines.dask.worker import reaches

    path, data = f"doctor-{uuid4().hex}", uuid4().bytes
    storage.put(path, data)
    try:
        answers: Mapping[str, object] = client.run(reaches, storage, path, data, on_error="return")
    finally:
        storage.delete(path)
    for worker, answer in sorted(answers.items()):
        what = f"worker {worker}"
        if answer is True:
            yield EngineCheck(what, f"reads and writes {storage.url}")
            continue
        is_error = isinstance(answer, BaseException)
        reason = answer if is_error else "it finds another object there"
        failed = ClusterError(
            f"does not reach the lake at {storage.url}: {reason}",
            hint="put the lake on object storage, or in a folder that all workers share",
        )
        yield EngineCheck(what, failed=failed)


def _check(client: Client, scheduler: str) -> None:
    """Raise ClusterError unless the scheduler knows medallion, and workers have these versions."""
    from medallion.engines.dask.versions import differences, versions, versions_differ
    from medallion.engines.dask.worker import perform

    try:
        client.run_on_scheduler(callable, perform)
    except ImportError as error:
        raise ClusterError(
            f"the Dask scheduler at {scheduler} cannot load medallion: {error}",
            hint="pip install 'medallion-lake[dask]' where the scheduler runs, too",
        ) from error
    try:
        client.wait_for_workers(1, timeout=SECONDS)
    except TimeoutError as error:
        raise ClusterError(
            f"the Dask scheduler at {scheduler} has no workers",
            hint=f"start them with: dask worker {scheduler}",
        ) from error
    answers: Mapping[str, object] = client.run(versions, on_error="return")
    for worker, answer in sorted(answers.items()):
        if isinstance(answer, OSError):
            continue  # it was lost meanwhile; those that join later check themselves
        if isinstance(answer, BaseException):
            raise ClusterError(
                f"worker {worker} cannot run medallion: {type(answer).__name__}: {answer}",
                hint="pip install 'medallion-lake[dask]' on every worker",
            )
        if isinstance(answer, dict) and (others := differences(answer, versions())):
            raise versions_differ(worker, others)
