"""What a browser loads with a page: no file that no page uses."""

from __future__ import annotations

from bokeh.resources import Resources
from panel_material_ui.base import FONT_CSS

_UNUSED = "bokeh-gl"  # draws with WebGL; without it Bokeh draws the same on a canvas


def install_page_resources() -> None:
    """Leave out of all pages of this process what they do not use. Idempotent.

    Panel-material-ui 0.16.6 defines its fonts twice. Its bundle says which characters are in each
    file, so that a browser loads a file when a page has one of them. `FONT_CSS` does not, and a
    browser loads all files.
    """
    FONT_CSS.clear()
    Resources._default_components = [
        name for name in Resources._default_components if name != _UNUSED
    ]
