"""Counts the instants at which runs and servers were killed, over all tests, and tells the number at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.integration import killing

pytest.register_assert_rewrite("tests.integration.mongodb_project")

INSTANTS = "instants"


@pytest.fixture(autouse=True)
def _instants(record_property: Callable[[str, object], None]) -> Iterator[None]:
    before = len(killing.tried)
    yield
    record_property(INSTANTS, len(killing.tried) - before)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [report for found in terminalreporter.stats.values() for report in found]
    properties = [
        pair for report in reports if getattr(report, "when", "") == "teardown" for pair in report.user_properties
    ]
    total = sum(int(str(value)) for name, value in properties if name == INSTANTS)
    if total:
        terminalreporter.write_line(f"killed at {total} instants")
