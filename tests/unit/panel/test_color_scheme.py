"""The theme that a page begins with, and what changes it."""

from __future__ import annotations

import panel_material_ui as pmui
import pytest

from medallion_panel.ui.color_scheme import ColorScheme, is_dark

CHOSEN = {"medallion-theme": "dark"}


@pytest.mark.parametrize(
    ("theme", "cookies", "dark"),
    [
        ([], {}, False),
        ([], CHOSEN, True),
        (["light"], CHOSEN, False),
        (["dark"], {}, True),
        ([], {"medallion-theme": "<b>"}, False),
        ([], {"medallion-system": "dark"}, True),
        (["light"], {"medallion-system": "dark"}, False),
        ([], {"medallion-theme": "light", "medallion-system": "dark"}, False),
    ],
)
def test_the_url_comes_before_the_last_choice(
    theme: list[str], cookies: dict[str, str], dark: bool
) -> None:
    assert is_dark(theme, cookies) is dark


def test_a_dark_system_is_followed_and_a_choice_is_reported() -> None:
    page = pmui.Page(dark_theme=False)
    scheme = ColorScheme.of(page, [], {})
    assert scheme.follow
    scheme.system = True
    assert (page.dark_theme, scheme.dark) == (True, True)
    page.dark_theme = False  # the visitor's choice
    assert not scheme.dark
    assert ColorScheme.of(page, [], {"medallion-system": "dark"}).follow
    assert not ColorScheme.of(page, ["dark"], {}).follow
    assert not ColorScheme.of(page, [], CHOSEN).follow
