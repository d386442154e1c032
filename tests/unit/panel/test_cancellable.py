"""Work in threads that ends when it is cancelled."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from threading import enumerate as threads

import pytest

from medallion.errors import CallError
from medallion_panel.data.cancellable import Cancellable, CancelledError


class Waiting(Cancellable):
    """Work that lasts until it is interrupted."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.interrupted, self.closed = Event(), Event(), Event()

    def work(self) -> None:
        with self.working():
            self.begun.set()
            self.interrupted.wait()
            raise KeyboardInterrupt

    def interrupt(self) -> None:
        self.interrupted.set()

    def close(self) -> None:
        self.closed.set()


def test_what_works_is_interrupted_and_closed() -> None:
    work = Waiting()
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(work.work)
        work.begun.wait()
        work.cancel()
        work.cancel()
        with pytest.raises(CancelledError):
            future.result()
    for thread in threads():
        if thread.name == "dashboard-cancel":
            thread.join()
    assert work.closed.is_set()
    with pytest.raises(CancelledError):
        work.work()


def test_errors_of_work_that_is_not_cancelled_are_raised() -> None:
    with pytest.raises(CallError, match="no table"), Waiting().working():
        raise CallError("no table")
