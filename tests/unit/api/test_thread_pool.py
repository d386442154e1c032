"""Threads of an event loop: results, errors, and results that come too late."""

from __future__ import annotations

import asyncio
import threading

import pytest

from medallion_api.middleware.thread_pool import Threads
from tests.coroutines import run_coroutine


def test_every_call_gets_its_own_result() -> None:
    async def squares() -> list[int]:
        threads = Threads(3, "squares")
        return await asyncio.gather(*(threads.run(lambda n=n: n * n) for n in range(100)))

    assert run_coroutine(squares()) == [n * n for n in range(100)]


def test_an_error_is_raised_where_the_result_is_awaited_and_its_thread_lives_on() -> None:
    async def main() -> int:
        threads = Threads(1, "failing")
        with pytest.raises(ZeroDivisionError):
            await threads.run(lambda: 1 // 0)
        with pytest.raises(KeyboardInterrupt):
            await threads.run(_interrupt)
        return await threads.run(lambda: 7)

    assert run_coroutine(main()) == 7


def _interrupt() -> None:
    raise KeyboardInterrupt


def test_threads_are_started_at_first_use_and_no_more_than_their_count() -> None:
    def names() -> list[str]:
        return [thread.name for thread in threading.enumerate() if "counted" in thread.name]

    async def main() -> list[str]:
        threads = Threads(2, "counted")
        assert names() == []
        for _ in range(5):
            await threads.run(lambda: None)
        return names()

    assert sorted(run_coroutine(main())) == ["counted-0", "counted-1"]


def test_a_late_result_is_closed() -> None:
    closed, is_late = threading.Event(), threading.Event()

    class Late:
        def close(self) -> None:
            closed.set()

    def work() -> Late:
        is_late.wait(120)
        return Late()

    async def main() -> None:
        threads = Threads(1, "late")
        with pytest.raises(TimeoutError):
            await threads.run(work, 0.001)
        is_late.set()
        while not closed.is_set():
            await asyncio.sleep(0.001)

    run_coroutine(main())


def test_a_result_in_time_is_not_closed() -> None:
    closed: list[bool] = []

    class Result:
        def close(self) -> None:
            closed.append(True)

    async def main() -> object:
        return await Threads(1, "in-time").run(Result, 120)

    assert isinstance(run_coroutine(main()), Result)
    assert closed == []
