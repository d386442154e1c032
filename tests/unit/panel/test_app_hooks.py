"""What `panel serve` imports before it creates its server."""

from __future__ import annotations

import subprocess
import sys

CODE = """
from bokeh.server.urls import per_app_patterns
import medallion_panel.app_hooks
print(sorted(handler.__module__ for _, handler in per_app_patterns))
"""


def test_importing_the_hooks_installs_the_security_headers() -> None:
    output = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, check=True
    ).stdout
    assert output.count("medallion_panel.ui.security_headers") == 2
