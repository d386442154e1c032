"""The server of a dashboard: it forgets those who left, and ends when it is told to."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from playwright.sync_api import expect

import medallion as md
from tests.panel.drawn import eventually
from tests.panel.serving import Server, free_port, running, server

VISITORS = 3


def living(served: Server, file: Path) -> dict[str, int]:
    """How many documents, sessions, pages and plots live in a server."""
    file.unlink(missing_ok=True)
    served.process.send_signal(signal.SIGUSR1)
    eventually(file.exists, lambda: f"the server does not tell: {served.log.read_text()}")
    counts: dict[str, int] = json.loads(file.read_text())
    return counts


def test_nothing_of_those_who_left_stays_in_the_server(
    browser: Any, project: md.Pipeline, tmp_path: Path
) -> None:
    file = tmp_path / "living.json"
    options = ("--setup", str(Path(__file__).with_name("living.py")))
    options += ("--unused-session-lifetime", "500", "--check-unused-sessions", "200")
    with server(project.base / "medallion.yaml", *options, LIVING=str(file)) as served:

        def left() -> dict[str, int]:
            eventually(
                lambda: living(served, file)["Session"] == 0,
                lambda: f"it keeps {living(served, file)}",
            )
            return living(served, file)

        visit(browser, served, file)
        before = left()
        for _ in range(VISITORS):
            visit(browser, served, file)
        with urlopen(served.url) as page:  # noqa: S310 (our own server); who takes the page and never connects
            assert page.status == 200
        assert left() == before
        assert before["Page"] == before["Plot"] == 0


def visit(browser: Any, served: Server, file: Path) -> None:
    """Come, look at two pages, and leave."""
    visitor = browser.new_page()
    visitor.goto(served.url)
    expect(visitor.locator(".bk-Figure")).to_have_count(5)
    visitor.get_by_role("navigation").get_by_text("Clients", exact=True).click()
    expect(visitor.get_by_text("Spend", exact=True)).to_be_visible()
    expect(visitor.locator(".bk-Figure")).to_have_count(2)
    counts = living(served, file)
    assert counts["Session"] > 0
    assert counts["Plot"] > 0
    visitor.close()


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_servers_side_by_side_end_when_they_are_told_to(
    end: signal.Signals, browser: Any, project: md.Pipeline, tmp_path: Path
) -> None:
    config, port = project.base / "medallion.yaml", free_port()
    cli = [
        sys.executable,
        "-m",
        "medallion",
        "--config",
        str(config),
        "dashboard",
        "--port",
        str(port),
    ]
    with server(config) as first, running(cli, port, tmp_path / "cli.log") as second:
        visitors = []
        for served in (first, second):
            visitors.append(browser.new_page())
            visitors[-1].goto(served.url)
            expect(visitors[-1].locator(".bk-Figure")).to_have_count(5)
        for served, visitor in zip((first, second), visitors, strict=True):
            served.process.send_signal(end)
            assert served.process.wait(20) == 0, served.log.read_text()
            told = served.log.read_text()
            assert "Traceback" not in told, told
            assert "rror" not in told, told
            with pytest.raises(ProcessLookupError):
                os.killpg(served.process.pid, 0)
            with socket.create_server(
                ("127.0.0.1", int(served.url.split(":")[2].partition("/")[0]))
            ):
                pass
            visitor.close()
