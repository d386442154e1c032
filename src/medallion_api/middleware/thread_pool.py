"""A thread pool for an event loop; cheap, as results wake the loop in batches."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread
from typing import Any

Work = Callable[[], Any]
Done = tuple[asyncio.Future[Any], Any, BaseException | None]


class Threads:
    """`count` threads, started at first use, for one event loop."""

    def __init__(self, count: int, name: str) -> None:
        self._count = count
        self._name = name
        self._queue: SimpleQueue[tuple[Work, asyncio.Future[Any]]] = SimpleQueue()
        self._done: deque[Done] = deque()
        self._woken = False
        self._loop: asyncio.AbstractEventLoop | None = None

    def run(self, work: Work, seconds: float | None = None) -> asyncio.Future[Any]:
        """The result of `work`; TimeoutError after `seconds`, then a late result is closed."""
        loop = asyncio.get_running_loop()
        if self._loop is None:
            self._loop = loop
            for number in range(self._count):
                Thread(target=self._serve, name=f"{self._name}-{number}", daemon=True).start()
        future: asyncio.Future[Any] = loop.create_future()
        if seconds is not None:
            timer = loop.call_later(seconds, _expire, future)
            future.add_done_callback(lambda _: timer.cancel())
        self._queue.put((work, future))
        return future

    def _serve(self) -> None:
        while True:
            work, future = self._queue.get()
            result, error = None, None
            try:
                result = work()
            except BaseException as raised:
                error = raised
            self._done.append((future, result, error))
            del work, future, result, error
            if not self._woken and self._loop is not None:
                self._woken = True
                try:
                    self._loop.call_soon_threadsafe(self._deliver)
                except RuntimeError:  # the loop has ended
                    return

    def _deliver(self) -> None:
        self._woken = False
        while self._done:
            future, result, error = self._done.popleft()
            if future.done():
                if hasattr(result, "close"):
                    self.run(result.close)
            elif error is None:
                future.set_result(result)
            else:
                future.set_exception(error)


def _expire(future: asyncio.Future[Any]) -> None:
    if not future.done():
        future.set_exception(TimeoutError())
