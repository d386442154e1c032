"""Colours that can be told apart, and opacities between two ends."""

from __future__ import annotations

import pytest

from medallion_panel.palette import Palette, contrast
from medallion_panel.ui.theme import FONT, INK, REST, strength, theme_of


@pytest.mark.parametrize(("value", "opacity"), [(10, 0.1), (20, 1.0), (15, 0.55), (12.5, 0.325)])
def test_opacity_grows_from_the_least_to_the_greatest_value(value: float, opacity: float) -> None:
    assert strength(value, 10, 20) == pytest.approx(opacity)


def test_a_single_value_is_opaque() -> None:
    assert strength(7, 7, 7) == 1


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("primary", [Palette().primary, "#000000", "#7a1f3d", "#0a5c36"])
def test_both_modes_are_legible_and_have_the_same_type(mode: str, primary: str) -> None:
    theme = theme_of(primary)[mode]
    paper = theme["palette"]["background"]["paper"]
    header = theme["components"]["MuiAppBar"]["styleOverrides"]["root"]
    assert contrast(header["color"], header["backgroundColor"]) >= 4.5
    assert contrast(theme["palette"]["primary"]["main"], paper) >= 4.5
    assert contrast(INK, paper) >= 3
    assert theme["typography"] == {"fontFamily": FONT}


def test_the_light_theme_has_the_primary_colour_itself() -> None:
    theme = theme_of("#7a1f3d")["light"]
    header = theme["components"]["MuiAppBar"]["styleOverrides"]["root"]
    assert theme["palette"]["primary"]["main"] == header["backgroundColor"] == "#7a1f3d"


def test_the_colour_of_the_rest_is_that_of_no_series() -> None:
    assert REST not in Palette().series
