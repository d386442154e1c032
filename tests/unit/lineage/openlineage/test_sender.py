"""Events are sent in order by a thread, and what fails is one warning."""

from __future__ import annotations

from threading import Event, Timer
from typing import Any

import pytest

from medallion.lineage.openlineage.sender import EventSender


class Client:
    """A transport that records what it is given, until it fails."""

    def __init__(self, failing: str = "") -> None:
        self.sent: list[Any] = []
        self.failing = failing

    def emit(self, event: Any) -> None:
        if event == self.failing:
            raise ConnectionError("no route to mongodb://anna:tobemasked@host")
        self.sent.append(event)

    def close(self, timeout: float) -> bool:
        return True


def send(client: Any, *builds: Any, seconds: float = 60) -> None:
    sender = EventSender(lambda: client)
    sender.start()
    for build in builds:
        sender.put(build)
    sender.close(seconds)


def test_events_are_sent_in_order(caplog: pytest.LogCaptureFixture) -> None:
    client = Client()
    send(client, lambda: ["a", "b"], list, lambda: ["c"])
    assert client.sent == ["a", "b", "c"]
    assert caplog.messages == []


def test_failures_are_one_warning_without_secrets(caplog: pytest.LogCaptureFixture) -> None:
    client, done = Client(failing="b"), Event()
    send(client, lambda: ["a", "b"], lambda: [done.set()])
    assert client.sent[0] == "a"
    (warning,) = caplog.messages
    assert warning.startswith("OpenLineage: ")
    assert "ConnectionError: no route to mongodb://anna:***@host" in warning


def test_an_event_that_cannot_be_built_does_not_end_the_thread(
    caplog: pytest.LogCaptureFixture,
) -> None:
    client = Client()
    send(client, lambda: 1 / 0, lambda: ["a"])
    assert client.sent == ["a"]
    assert "ZeroDivisionError" in caplog.messages[0]


def test_a_client_that_cannot_be_made_is_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    def connect() -> Any:
        raise ValueError("no such transport")

    sender = EventSender(connect)
    sender.start()
    sender.close(60)
    assert "ValueError: no such transport" in caplog.messages[0]


def test_a_collector_that_does_not_answer_delays_nothing(caplog: pytest.LogCaptureFixture) -> None:
    answered = Event()
    client: Any = Client()
    client.emit = lambda _: answered.wait(60)
    send(client, lambda: ["a"], seconds=0.01)
    assert "no answer within" in caplog.messages[0]
    answered.set()


@pytest.mark.parametrize("hangs", ["connect", "close"])
def test_a_transport_that_hangs_delays_nothing(
    hangs: str, caplog: pytest.LogCaptureFixture
) -> None:
    answered = Event()

    class Hanging(Client):
        def __init__(self) -> None:
            super().__init__()
            if hangs == "connect":
                answered.wait(60)

        def close(self, timeout: float) -> bool:
            return hangs != "close" or answered.wait(60)

    sender = EventSender(Hanging)  # type: ignore[arg-type]
    sender.start()
    sender.put(lambda: ["a"])  # type: ignore[arg-type]
    sender.close(0.01)
    assert not answered.is_set()
    assert "no answer within" in caplog.messages[0]
    answered.set()


def test_what_the_process_itself_needs_is_waited_for(caplog: pytest.LogCaptureFixture) -> None:
    """Building events took long after the end of a run, and the collector answers at once."""
    client, started, ready = Client(), Event(), Event()

    def build() -> list[str]:
        started.set()
        ready.wait(60)
        return ["a"]

    sender = EventSender(lambda: client)
    sender.start()
    sender.put(build)
    started.wait(60)
    Timer(3, ready.set).start()
    sender.close(2)
    assert client.sent == ["a"]
    assert caplog.messages == []
