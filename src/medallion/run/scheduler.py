"""Schedule of a run: each table after those it reads, independent ones in parallel."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from graphlib import TopologicalSorter
from queue import SimpleQueue

from medallion.telemetry.spans import in_context

# Tables computed in parallel: they share the engine's threads and memory, so more would only wait.
AT_ONCE = 4
INTERRUPT_INTERVAL = 0.1  # seconds between two calls that interrupt what still runs


def run_in_order(
    reads: Mapping[str, Collection[str]],
    work: Callable[[str], None],
    *,
    main_thread: Collection[str],
    interrupt: Callable[[], None],
) -> None:
    """Do the work of every table, each after all that it reads.

    Parameters: `reads` maps each table to those it reads, and its order decides where there is a
    choice; the work of `main_thread` tables is done in this thread, one at a time; `interrupt`
    makes work in other threads end soon. Raises the first error once all that had begun has ended;
    nothing new begins after it. When this thread is interrupted, so are the others.
    """
    waiting = TopologicalSorter(reads)
    waiting.prepare()
    running: dict[Future[None], str] = {}
    # Not `wait` for each: it looks at all that are running, or waiting for a thread.
    ended: SimpleQueue[Future[None]] = SimpleQueue()
    pending: list[str] = []
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="medallion-table") as pool:
        try:
            while waiting.is_active():
                for name in waiting.get_ready():
                    if name in main_thread:
                        pending.append(name)
                    else:
                        future = pool.submit(in_context(work), name)
                        running[future] = name
                        future.add_done_callback(ended.put)
                if pending:
                    work(pending[0])
                    waiting.done(pending.pop(0))
                else:
                    future = ended.get()
                    future.result()
                    waiting.done(running.pop(future))
        except BaseException as error:
            pool.shutdown(wait=False, cancel_futures=True)
            while not isinstance(error, Exception) and wait(running, INTERRUPT_INTERVAL).not_done:
                interrupt()
            raise
