"""What `panel serve` imports before it creates its server."""

from __future__ import annotations

import subprocess
import sys

HEADERS = """
from bokeh.server.urls import per_app_patterns
import medallion_panel.app_hooks
print(sorted(handler.__module__ for _, handler in per_app_patterns))
"""

DIAGNOSTICS = """
from bokeh.settings import settings
print(settings.perform_error_diagnostics())
import medallion_panel.app_hooks
print(settings.perform_error_diagnostics())
"""


def printed(code: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout


def test_importing_the_hooks_installs_the_security_headers() -> None:
    output = printed(HEADERS)
    assert output.count("medallion_panel.ui.security_headers") == 2


def test_the_server_trusts_the_callbacks_of_its_own_pages() -> None:
    assert printed(DIAGNOSTICS).split() == ["True", "False"]
