"""What axe finds on pages of the dashboard, with its counts in the test summary."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest

PROPERTY = "axe"
IMPACTS = ("critical", "serious", "moderate", "minor")
# Without the style sheets of other origins, which experimental rules alone ask for.
_RUN = "axe.run(document, { resultTypes: ['violations'], preload: false })"


@cache
def _script() -> str:
    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")


def load_axe(tab: Any) -> None:
    """Define `axe` in the page that is shown."""
    if tab.evaluate("typeof axe") == "undefined":
        tab.evaluate(_script())


def findings(tab: Any) -> list[dict[str, Any]]:
    """What axe finds on the page that is shown."""
    load_axe(tab)
    violations: list[dict[str, Any]] = tab.evaluate(_RUN)["violations"]
    return violations


def counts(violations: list[dict[str, Any]]) -> dict[str, int]:
    """The number of elements with a finding, by impact."""
    numbers = Counter[str]()
    for each in violations:
        numbers[each["impact"]] += len(each["nodes"])
    return {impact: numbers[impact] for impact in IMPACTS}


def words(violations: list[dict[str, Any]]) -> list[str]:
    """The findings that fail a page, one line for each element."""
    return [
        f"{each['impact']} {each['id']}: {node['html'][:160]}: {node['failureSummary'][:200]}"
        for each in violations
        if each["impact"] in IMPACTS[:3]
        for node in each["nodes"]
    ]


def write_summary(reporter: pytest.TerminalReporter) -> None:
    """Write the counts of all pages."""
    reports = [report for kind in reporter.stats.values() for report in kind]
    for report in reports:
        if getattr(report, "when", "") == "teardown":
            for page, numbers in dict(report.user_properties).get(PROPERTY, {}).items():
                parts = ", ".join(f"{number} {impact}" for impact, number in numbers.items())
                reporter.write_line(f"axe on {page}: {parts}")
