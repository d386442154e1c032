"""The frame of all pages has the title, the menu and the content, in a theme."""

from __future__ import annotations

import panel as pn
import pytest

from medallion_panel.palette import Palette
from medallion_panel.ui.formats import Formats
from medallion_panel.ui.page_frame import page_frame
from medallion_panel.ui.page_repairs import PageRepairs


@pytest.mark.parametrize("dark", [False, True])
def test_the_frame_has_its_parts_and_its_helpers(dark: bool) -> None:
    content, menu, status = pn.Row(), pn.Row(), pn.Row()
    formats = Formats("de_DE", "EUR", {}, {}, palette=Palette(primary="#7a1f3d"))
    theme = ["dark"] if dark else []
    page = page_frame("A & B", [content], menu, status, formats, theme, "data:image/png;base64,AA")
    assert (page.title, page.meta.title, page.dark_theme) == ("A & B", "A &amp; B", dark)
    assert (page.sidebar[0], page.header[-1], page.main[0][0]) == (menu, status, content)
    assert page.logo == "data:image/png;base64,AA"
    assert page.theme_config["light"]["palette"]["primary"]["main"] == "#7a1f3d"
    assert page.main[0].sx["&&"] == {"maxWidth": "none"}
    (repairs,) = page.main[0].select(PageRepairs)
    assert (repairs.words["pages"], repairs.language) == ("Seiten", "de")
