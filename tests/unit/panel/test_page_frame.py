"""The frame of all pages has the title, the menu and the content, in a theme."""

from __future__ import annotations

import panel as pn
import pytest

from medallion_panel.messages.messages import messages_in
from medallion_panel.ui.page_frame import page_frame
from medallion_panel.ui.page_repairs import PageRepairs


@pytest.mark.parametrize("dark", [False, True])
def test_the_frame_has_its_parts_and_its_helpers(dark: bool) -> None:
    content, menu, status = pn.Row(), pn.Row(), pn.Row()
    say = messages_in("de_DE")
    page = page_frame("A & B", [content], menu, status, say, ["dark"] if dark else [])
    assert (page.title, page.meta.title, page.dark_theme) == ("A & B", "A &amp; B", dark)
    assert (page.sidebar[0], page.header[-1], page.main[0][0]) == (menu, status, content)
    assert page.main[0].sx["&&"] == {"maxWidth": "none"}
    (repairs,) = page.main[0].select(PageRepairs)
    assert (repairs.words["pages"], repairs.language) == ("Seiten", "de")
