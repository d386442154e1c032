"""The dashboard's server frees the memory of closed sessions, and ends on a signal."""

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
from tests.panel.dashboard_server import Server, running, server
from tests.panel.page_content import eventually
from tests.services import free_ports

VISITORS = 2


def object_counts(served: Server, file: Path) -> dict[str, int]:
    """The number of live documents, sessions, pages and plots in a server."""
    file.unlink(missing_ok=True)
    served.process.send_signal(signal.SIGUSR1)
    eventually(file.exists, lambda: f"the server writes no counts: {served.log.read_text()}")
    counts: dict[str, int] = json.loads(file.read_text())
    return counts


def test_closed_sessions_are_freed(browser: Any, project: md.Pipeline, tmp_path: Path) -> None:
    file = tmp_path / "counts.json"
    options = ("--setup", str(Path(__file__).with_name("object_counts.py")))
    options += ("--unused-session-lifetime", "500", "--check-unused-sessions", "200")
    with server(project.base / "medallion.yaml", *options, OBJECT_COUNTS=str(file)) as served:

        def counts_after_visits() -> dict[str, int]:
            eventually(
                lambda: object_counts(served, file)["VisitorSession"] == 0,
                lambda: f"not freed: {object_counts(served, file)}",
            )
            return object_counts(served, file)

        def no_more_than_before() -> bool:
            return all(count <= before[kind] for kind, count in object_counts(served, file).items())

        visit(browser, served, file)
        before = counts_after_visits()
        for _ in range(VISITORS):
            visit(browser, served, file)
        with urlopen(served.url) as page:  # noqa: S310 (a session that never connects)
            assert page.status == 200
        eventually(no_more_than_before, lambda: f"{object_counts(served, file)}, before: {before}")
        assert before["Page"] == before["Plot"] == 0


def visit(browser: Any, served: Server, file: Path) -> None:
    """Open two pages and close the tab."""
    visitor = browser.new_page()
    visitor.goto(served.url)
    expect(visitor.locator(".bk-Figure")).to_have_count(5)
    visitor.get_by_role("navigation").get_by_text("Clients", exact=True).click()
    expect(visitor.get_by_text("Spend", exact=True)).to_be_visible()
    expect(visitor.locator(".bk-Figure")).to_have_count(2)
    counts = object_counts(served, file)
    assert counts["VisitorSession"] > 0
    assert counts["Plot"] > 0
    visitor.close()


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_servers_end_on_a_signal(
    end: signal.Signals, browser: Any, project: md.Pipeline, tmp_path: Path
) -> None:
    config, port = project.base / "medallion.yaml", free_ports(1)[0]
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
            assert served.process.wait(120) == 0, served.log.read_text()
            log = served.log.read_text()
            assert "Traceback" not in log, log
            assert "rror" not in log, log
            with pytest.raises(ProcessLookupError):
                os.killpg(served.process.pid, 0)
            with socket.create_server(
                ("127.0.0.1", int(served.url.split(":")[2].partition("/")[0]))
            ):
                pass
            visitor.close()


def test_ctrl_c_ends_a_server_that_is_busy(project: md.Pipeline) -> None:
    setup = str(Path(__file__).with_name("lost_interrupts.py"))
    with server(project.base / "medallion.yaml", "--setup", setup) as served:
        served.process.send_signal(signal.SIGINT)
        assert served.process.wait(120) == 0, served.log.read_text()
        assert "Traceback" not in served.log.read_text()
