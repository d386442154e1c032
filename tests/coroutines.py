"""Coroutines run by tests, wherever pytest's own thread stands."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


def run_coroutine(work: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine, on an event loop in a thread of its own.

    Where a browser test came first, the browser's loop runs in the thread of the tests, and
    `asyncio.run` refuses to start another one there.
    """
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


def on_event_loop(work: Callable[[], T]) -> T:
    """The result of a function that an event loop calls, when all that it starts has ended.

    Where no loop runs, Panel makes one for each callback, and never closes it.
    """

    async def call() -> T:
        result = work()
        await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()})
        return result

    return run_coroutine(call())


async def other_tasks_end() -> None:
    """Wait for all tasks of the event loop but this one, and for those that they start."""
    idle_turns = 0
    while idle_turns < 5:  # a callback becomes a task in the next turn of the loop
        await asyncio.sleep(0)
        others = asyncio.all_tasks() - {asyncio.current_task()}
        idle_turns = 0 if others else idle_turns + 1
        if others:
            await asyncio.wait(others)
