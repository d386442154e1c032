"""Counts the instants at which runs and servers were killed and connections cut, over all tests; tells how many."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

KILLS = int(os.environ.get("MEDALLION_KILLS", "200"))
"""At how many instants something has to be killed or cut, at least, all tests together."""

POINT, MOMENT, SERVER_KILLED, CUT = (
    "named points",
    "random moments",
    "servers killed",
    "connections cut",
)

PROPERTY = "instants"
KILLERS = {f"test_{name}.py" for name in ("killed", "servers_killed", "mongodb_faults", "s3")}

tried: Counter[str] = Counter()  # the instants so far, of all tests of this process


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail when all tests that kill were run and tried too little."""
    tried, whole = _tried(session.config)
    if whole and session.exitstatus == pytest.ExitCode.OK and tried.total() < KILLS:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    tried, whole = _tried(config)
    if tried:
        kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(tried.items()))
        wanted = f"; at least {KILLS} are asked for" if whole else ""
        terminalreporter.write_line(f"faults at {tried.total()} instants: {kinds}{wanted}")


def _tried(config: pytest.Config) -> tuple[Counter[str], bool]:
    """The instants of all tests that ran, and whether all tests that kill did, none without its server."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    stats = reporter.stats if reporter else {}
    found = [report for kind in stats.values() for report in kind]
    reports = [report for report in found if getattr(report, "when", "") == "teardown"]
    tried: Counter[str] = Counter()
    for report in reports:
        tried.update(dict(report.user_properties).get(PROPERTY, {}))
    ran = {_module(report) for report in reports} - {
        _module(report) for report in stats.get("skipped", ())
    }
    chosen = (
        config.option.keyword or config.option.markexpr or any("::" in each for each in config.args)
    )
    return tried, ran >= KILLERS and not chosen


def _module(report: Any) -> str:
    return Path(report.nodeid.partition("::")[0]).name
