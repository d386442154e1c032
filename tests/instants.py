"""Counts and reports the instants at which tests killed runs and servers and cut connections."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.axe_counts import write_summary

FEWEST = 200
KILLS = int(os.environ.get("MEDALLION_KILLS", FEWEST))
"""The minimum number of instants over all tests."""

POINT, MOMENT, SERVER_KILLED, CUT = (
    "named points",
    "random moments",
    "servers killed",
    "connections cut",
)

PROPERTY = "instants"
KILLERS = {f"test_{name}.py" for name in ("killed", "servers_killed", "mongodb_faults", "s3")}

tried: Counter[str] = Counter()  # the instants so far, over all tests of this process


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail when all tests that kill were run, but at too few instants."""
    instants, complete = _instants(session.config)
    if complete and session.exitstatus == pytest.ExitCode.OK and instants.total() < KILLS:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    write_summary(terminalreporter)
    instants, complete = _instants(config)
    if instants:
        kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(instants.items()))
        minimum = f"; required: {KILLS}" if complete else ""
        terminalreporter.write_line(f"faults at {instants.total()} instants: {kinds}{minimum}")


def _instants(config: pytest.Config) -> tuple[Counter[str], bool]:
    """The instants of all tests, and whether all tests that kill were run, with their servers."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    stats = reporter.stats if reporter else {}
    all_reports = [report for kind in stats.values() for report in kind]
    reports = [report for report in all_reports if getattr(report, "when", "") == "teardown"]
    instants: Counter[str] = Counter()
    for report in reports:
        instants.update(dict(report.user_properties).get(PROPERTY, {}))
    modules = {_module(report) for report in reports} - {
        _module(report) for report in stats.get("skipped", ())
    }
    is_selection = (
        config.option.keyword
        or config.option.markexpr
        or any("::" in argument for argument in config.args)
    )
    return instants, modules >= KILLERS and not is_selection


def _module(report: Any) -> str:
    return Path(report.nodeid.partition("::")[0]).name
