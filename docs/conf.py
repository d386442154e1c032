"""How Sphinx builds these pages: `make docs`.

No request goes to another server, neither when building nor when reading.
"""

from __future__ import annotations

from importlib.metadata import version as installed

project = "medallion"
author = "The medallion authors"
version = release = installed("medallion-lake")

extensions = ["myst_parser"]
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 4
exclude_patterns = ["_build"]

html_theme = "furo"
html_title = f"medallion {version}"
html_copy_source = False
html_show_copyright = False
pygments_style = "friendly"
pygments_dark_style = "native"
