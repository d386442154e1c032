"""The time limit of a cursor's first batch, at the instant at which both happen."""

from __future__ import annotations

import threading
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest

from medallion.errors import OvertimeError
from medallion.sinks.mongodb.time_limit import TimeLimit


def session(killed: Event) -> Any:
    """A session that notes that it is killed: no server shows this instant on demand."""

    def command(name: str, sessions: list[Any]) -> None:
        assert (name, sessions) == ("killSessions", ["id"])
        killed.set()

    admin = SimpleNamespace(command=command)
    return SimpleNamespace(client=SimpleNamespace(admin=admin), session_id="id")


def timers() -> set[threading.Thread]:
    return {each for each in threading.enumerate() if isinstance(each, threading.Timer)}


def test_a_batch_that_arrives_while_the_session_is_killed_is_too_late() -> None:
    killed = Event()
    with (
        pytest.raises(OvertimeError, match=r"timed out after 0\.01 s"),
        TimeLimit("mongodb://there/db", 0.01).of_first_batch(session(killed)),
    ):
        assert killed.wait(60)


def test_a_session_is_not_killed_after_its_first_batch() -> None:
    killed, before = Event(), timers()
    with TimeLimit("mongodb://there/db", 60).of_first_batch(session(killed)):
        (timer,) = timers() - before
    timer.join(120)
    assert not timer.is_alive()
    assert not killed.is_set()
