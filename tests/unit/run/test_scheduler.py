"""The schedule: each table after those it reads, some in parallel, none after an error."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from medallion.run.scheduler import AT_ONCE, run_in_order

DIAMOND = {"a": (), "b": ("a",), "c": ("a",), "d": ("b", "c")}


def go(
    reads: dict[str, tuple[str, ...]],
    work: Callable[[str], None],
    main_thread: set[str] | None = None,
    interrupt: Callable[[], None] = lambda: None,
) -> None:
    run_in_order(reads, work, main_thread=main_thread or set(), interrupt=interrupt)


@pytest.mark.parametrize("main_thread", [set(), {"b"}, set(DIAMOND)])
def test_each_comes_once_and_after_what_it_reads(main_thread: set[str]) -> None:
    done: list[str] = []

    def work(name: str) -> None:
        assert set(DIAMOND[name]) <= set(done)
        done.append(name)

    go(DIAMOND, work, main_thread)
    assert sorted(done) == ["a", "b", "c", "d"]


def test_those_that_do_not_wait_for_each_other_go_run_in_order() -> None:
    together = threading.Barrier(AT_ONCE, timeout=120)
    go({str(number): () for number in range(AT_ONCE)}, lambda _: together.wait() and None)
    assert not together.broken


def test_work_that_belongs_here_goes_on_beside_the_others() -> None:
    together = threading.Barrier(2, timeout=120)
    threads: dict[str, threading.Thread] = {}

    def work(name: str) -> None:
        threads[name] = threading.current_thread()
        together.wait()

    go({"a": (), "b": ()}, work, main_thread={"a"})
    assert threads["a"] is threading.current_thread()
    assert threads["b"] is not threading.current_thread()


@pytest.mark.parametrize("main_thread", [set(), {"bad"}])
def test_after_a_fault_what_runs_ends_and_nothing_begins(main_thread: set[str]) -> None:
    begun, ended = threading.Event(), []

    def work(name: str) -> None:
        if name == "bad":
            assert begun.wait(120)
            raise ValueError("bad")
        begun.set()
        ended.append(name)

    with pytest.raises(ValueError, match="bad"):
        go({"long": (), "bad": (), "later": ("bad", "long")}, work, main_thread)
    assert ended == ["long"]


def test_when_this_thread_is_interrupted_so_are_the_others() -> None:
    begun, told = threading.Event(), threading.Event()

    def work(name: str) -> None:
        if name == "main":
            assert begun.wait(120)
            raise KeyboardInterrupt
        begun.set()
        assert told.wait(120)

    with pytest.raises(KeyboardInterrupt):
        go({"elsewhere": (), "main": (), "later": ("elsewhere",)}, work, {"main"}, told.set)
    assert told.is_set()
