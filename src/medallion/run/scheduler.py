"""Which table is computed when: each after those it reads, and those that need not wait for each other side by side."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from graphlib import TopologicalSorter

AT_ONCE = 4  # tables; they share the engine's threads and memory, so that more would only wait for each other
PATIENCE = 0.1  # seconds between two calls to interrupt what still runs


def side_by_side(
    reads: Mapping[str, Collection[str]],
    work: Callable[[str], None],
    *,
    here: Collection[str],
    interrupt: Callable[[], None],
) -> None:
    """Do the work of every table, each after all that it reads.

    Parameters: `reads` the tables that each one reads, in the order that counts where there is a choice; `here` those
    whose work is done in this thread, one at a time; `interrupt` makes work in other threads end soon.
    Raises the first error once all that had begun has ended; nothing new is begun after it. When this thread is
    interrupted, so are the others.
    """
    waiting = TopologicalSorter(reads)
    waiting.prepare()
    running: dict[Future[None], str] = {}
    mine: list[str] = []
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="medallion-table") as pool:
        try:
            while waiting.is_active():
                for name in waiting.get_ready():
                    if name in here:
                        mine.append(name)
                    else:
                        running[pool.submit(work, name)] = name
                if mine:
                    work(mine[0])
                    waiting.done(mine.pop(0))
                else:
                    for future in wait(running, return_when=FIRST_COMPLETED).done:
                        future.result()
                        waiting.done(running.pop(future))
        except BaseException as error:
            pool.shutdown(wait=False, cancel_futures=True)
            while not isinstance(error, Exception) and wait(running, PATIENCE).not_done:
                interrupt()
            raise
