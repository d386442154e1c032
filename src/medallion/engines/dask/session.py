"""A run on a Dask cluster: its tasks are futures, and their results are files in the lake."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from threading import Event, Lock
from typing import TYPE_CHECKING, Any, cast
from uuid import uuid4

import cloudpickle
from distributed import KilledWorker

from medallion.contracts import Built, ParsedGroup, ParseTask, TableTask
from medallion.engines.dask.cluster import connection_lost
from medallion.engines.dask.versions import versions
from medallion.engines.dask.worker import Order, Task, TaskOutcome, perform
from medallion.engines.duckdb import DuckDBSession
from medallion.errors import ClusterError
from medallion.kernel.partial_plan import PartialTask
from medallion.kernel.partition_plan import PartitionTask
from medallion.kernel.touched_groups import GroupsTask
from medallion.records import PartialResult, Partition

if TYPE_CHECKING:
    from distributed import Client, Future

    from medallion.contracts import Connection

WORKER_SECONDS = 60  # without any worker, after which a run fails
RETRIES = 2  # of a task that the storage refused


class DaskSession(DuckDBSession):
    """Parses source files and computes tables on workers; the rest as the embedded engine.

    Parameters: `connection` is this process's DuckDB; `worker` are the fields of each worker's.
    """

    def __init__(
        self, client: Client, connection: Connection, scratch: Path, worker: Mapping[str, Any]
    ) -> None:
        super().__init__(connection, scratch)
        self._client = client
        self._worker = dict(worker)
        self._futures: set[Future[TaskOutcome]] = set()
        self._changing = Lock()
        self._interrupted = Event()

    def parse(self, tasks: Sequence[ParseTask]) -> Iterable[ParsedGroup]:
        yield from self._results(tasks)

    def partitions(self, tasks: Sequence[PartitionTask]) -> Iterable[list[Partition]]:
        yield from self._results(tasks)

    def partial_results(self, tasks: Sequence[PartialTask]) -> Iterable[list[PartialResult]]:
        yield from self._results(tasks)

    def table(self, task: TableTask) -> Built:
        (built,) = self._results([task])
        return cast("Built", built)

    def groups(self, task: GroupsTask) -> Built | None:
        (built,) = self._results([task])
        return cast("Built | None", built)

    def interrupt(self) -> None:
        self._interrupted.set()
        super().interrupt()
        with self._changing:
            futures = list(self._futures)
        with suppress(Exception):  # the connection may be lost, and with it the tasks
            self._client.cancel(futures, asynchronous=False)

    def _results(self, tasks: Sequence[Task]) -> Iterator[Any]:
        """The results of tasks in their order. After an error, the others are cancelled."""
        futures: list[Future[TaskOutcome]] = []
        try:
            futures.extend(map(self._submit, tasks))
            for future in futures:
                yield self._result(future)
        finally:
            for future in futures:
                self._release(future)

    def _submit(self, task: Task) -> Future[TaskOutcome]:
        pickled = cloudpickle.dumps(_without_lists(task))
        order = Order(pickled, self._worker, str(self.scratch), versions())
        key = f"{_table_of(task)}-{uuid4().hex}"
        future = self._client.submit(perform, order, key=key, pure=False, retries=RETRIES)
        with self._changing:
            self._futures.add(future)
        return future

    def _result(self, future: Future[TaskOutcome]) -> Any:
        """The result of a task. Raises its error, as if it had been performed here."""
        try:
            outcome = self._wait(future)
        except KilledWorker as error:
            raise ClusterError(
                f"{error.allowed_failures + 1} workers died, each while computing {error.task}",
                hint="see the workers' logs; give them more memory than `memory_limit` plus 1 GB",
            ) from error
        except CancelledError as error:
            if self._interrupted.is_set():
                raise KeyboardInterrupt from error
            raise connection_lost(error) from error
        if outcome.error is None:
            return outcome.result
        raise outcome.error

    def _release(self, future: Future[TaskOutcome]) -> None:
        """Forget a future, and cancel its task if it has not ended."""
        with self._changing:
            self._futures.discard(future)
        future.release()

    def _wait(self, future: Future[TaskOutcome]) -> TaskOutcome:
        """What a task made. Raises ClusterError when no worker is left to perform it."""
        while True:
            try:
                outcome: TaskOutcome = future.result(timeout=WORKER_SECONDS)
            except TimeoutError:
                # A task may end, and its result be on its way, as the time is up.
                if future.status == "error":
                    future.result()  # raises the error of the task
            else:
                return outcome
            if not self._client.nthreads():
                raise ClusterError(
                    "the Dask cluster has no workers any more",
                    hint="nothing was published; see the workers' logs, start some with medallion "
                    "and its plugins, and run again",
                )


def _table_of(task: Task) -> str:
    table = task.table
    return table if isinstance(table, str) else table.table


def _without_lists(task: Task) -> Task:
    """The task without what only the driver needs of its table: lists of all files."""
    if isinstance(task, ParseTask | TableTask | GroupsTask):
        return task
    table, name = task.table, task.table.main
    main = table.inputs[name]
    lists = {"sources": (), "files": (), "partitions": ()}
    narrow = replace(main, snapshot=main.snapshot.model_copy(update=lists))
    inputs = {**table.inputs, name: narrow}
    return replace(task, table=replace(table, inputs=inputs, former=None, lineage={}))
