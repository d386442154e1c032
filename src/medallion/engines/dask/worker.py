"""What runs in a worker process of a cluster: one task, on a DuckDB connection of its own."""

from __future__ import annotations

import os
import pickle
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event, Thread
from typing import Any, TypeAlias
from uuid import uuid4

from distributed import get_worker

from medallion.contracts import Built, ParsedGroup, ParseTask, TableTask
from medallion.engines.dask.versions import differences, versions, versions_differ
from medallion.engines.duckdb import DuckDB, DuckDBSession
from medallion.errors import ClusterError, MedallionError, PluginError, StorageError
from medallion.kernel.partial_plan import PartialTask
from medallion.kernel.partition_plan import PartitionTask
from medallion.kernel.touched_groups import GroupsTask
from medallion.records import File, PartialResult, Partition
from medallion.storage import Storage
from medallion.storage.download_cache import copies

WATCH_SECONDS = 0.5  # between two looks at whether a task is cancelled
Task: TypeAlias = ParseTask | PartialTask | PartitionTask | TableTask | GroupsTask
Result: TypeAlias = Built | ParsedGroup | list[PartialResult] | list[Partition] | None


@dataclass(frozen=True)
class Order:
    """A task for a worker: its pickle, the fields of its `duckdb` engine, and the driver's scratch.

    A worker on the driver's machine uses that folder, from which files are moved into the lake.
    `versions` are those of the driver, which a worker that joined during the run must have, too.
    """

    task: bytes = field(repr=False)  # it may contain keys, and Dask logs the arguments of a task
    engine: Mapping[str, Any]
    scratch: str
    versions: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class TaskOutcome:
    """What a task made, or the error that ended it."""

    result: Any = None
    error: MedallionError | None = None


def reaches(storage: Storage, path: str, data: bytes) -> bool:
    """Whether an object of the lake has these bytes here, and another one can be written."""
    trial = f"{path}-{uuid4().hex}"
    storage.put(trial, data)
    storage.delete(trial)
    return storage.read(path)[0] == data


def perform(order: Order) -> TaskOutcome:
    """Perform a task.

    Raises StorageError; then the task may be performed again, for it writes under new names.
    """
    if others := differences(versions(), order.versions):
        return TaskOutcome(error=versions_differ(get_worker().address, others))
    try:
        task = pickle.loads(order.task)  # noqa: S301 (of the driver, which runs code here anyway)
    except (ImportError, AttributeError) as error:
        return TaskOutcome(error=_not_installed(error))
    try:
        return TaskOutcome(_result(task, order))
    except KeyboardInterrupt:  # of DuckDB, because nobody waits for the result any more
        return TaskOutcome(error=ClusterError("the task was cancelled"))
    except StorageError:
        raise
    except MedallionError as error:
        return TaskOutcome(error=_missing_module(error) or error)


def _result(task: Task, order: Order) -> Result:
    shared = Path(order.scratch)
    usable = os.access(shared, os.R_OK | os.W_OK | os.X_OK)
    folder = shared if usable else copies().folder
    with (
        copies().trimmed(),
        tempfile.TemporaryDirectory(
            dir=folder, prefix="scratch-", ignore_cleanup_errors=True
        ) as scratch,
        DuckDB(**order.engine).session(Path(scratch)) as session,
    ):
        attempt = uuid4().hex[:8]
        with _cancellable(session):
            if isinstance(task, ParseTask):
                return _parsed(replace(task, attempt=attempt), session)
            if isinstance(task, TableTask):
                return _table(_renamed(task, attempt), session)
            part = replace(task, table=_renamed(task.table, attempt))
            if isinstance(part, GroupsTask):
                return _synced(part.table, session.groups(part))
            if isinstance(part, PartialTask):
                return _partial_results(part, session)
            return _partitions(part, session)


@contextmanager
def _cancellable(session: DuckDBSession) -> Iterator[None]:
    """Interrupt the work in the block once its task is cancelled, or the run that wants it ended.

    Dask itself lets a cancelled task run on.
    """
    worker, ended = get_worker(), Event()
    key = worker.get_current_task()

    def watch() -> None:
        while not ended.wait(WATCH_SECONDS):
            task = worker.state.tasks.get(key)
            if task is None or task.state == "cancelled":
                session.interrupt()

    watching = Thread(target=watch, daemon=True)
    watching.start()
    try:
        yield
    finally:
        ended.set()
        watching.join()


def _renamed(task: TableTask, attempt: str) -> TableTask:
    """The task with names of its own: two workers may perform it, and one of them is believed."""
    rejects, dot, suffix = task.rejects.rpartition(".")
    return replace(
        task, folder=f"{task.folder}/{attempt}", rejects=f"{rejects}-{attempt}{dot}{suffix}"
    )


def _parsed(task: ParseTask, session: DuckDBSession) -> ParsedGroup:
    (parsed,) = session.parse([task])
    if parsed.group:
        task.storage.sync(item.path for item in parsed.group.objects(task.path))
    return parsed


def _table(task: TableTask, session: DuckDBSession) -> Built | None:
    return _synced(task, session.table(task))


def _synced(task: TableTask, built: Built | None) -> Built | None:
    if built:
        _sync(task.storage, built.files)
        _sync(task.quarantine, built.rejects)
    return built


def _partitions(task: PartitionTask, session: DuckDBSession) -> list[Partition]:
    (partitions,) = session.partitions([task])
    _sync(
        task.table.storage, [file for part in partitions for file in (*part.files, *part.removed)]
    )
    return partitions


def _partial_results(task: PartialTask, session: DuckDBSession) -> list[PartialResult]:
    (results,) = session.partial_results([task])
    _sync(task.table.storage, [file for result in results for file in result.files])
    return results


def _sync(storage: Storage, files: Sequence[File]) -> None:
    """Only the system that wrote a file can make it survive a power loss."""
    storage.sync(file.path for file in files)


def _missing_module(error: BaseException | None) -> PluginError | None:
    """What to say when an error comes from an import that failed here."""
    while error is not None:
        if isinstance(error, ImportError):
            return _not_installed(error)
        error = error.__cause__
    return None


def _not_installed(error: BaseException) -> PluginError:
    return PluginError(
        f"a worker cannot load what this pipeline uses: {type(error).__name__}: {error}",
        hint="install the project and its plugins on every worker, in the versions used here",
    )
