"""Colours that can be told apart, and opacities between two ends."""

from __future__ import annotations

import re

import pytest

from medallion_panel.ui.theme import FONT, INK, PRIMARY, REST, SERIES, THEME, strength


@pytest.mark.parametrize(("value", "opacity"), [(10, 0.1), (20, 1.0), (15, 0.55), (12.5, 0.325)])
def test_opacity_grows_from_the_least_to_the_greatest_value(value: float, opacity: float) -> None:
    assert strength(value, 10, 20) == pytest.approx(opacity)


def test_a_single_value_is_opaque() -> None:
    assert strength(7, 7, 7) == 1


def luminance(color: str) -> float:
    """The relative luminance of a colour by WCAG 2."""
    parts = [int(color[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_series_have_distinct_colours_and_the_first_is_the_primary_one() -> None:
    assert len(set(SERIES)) == len(SERIES) == 10
    assert SERIES[0] == PRIMARY
    assert REST not in SERIES
    assert all(re.fullmatch("#[0-9a-f]{6}", color) for color in (*SERIES, REST, INK))


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_both_modes_are_legible_and_have_the_same_type(mode: str) -> None:
    theme = THEME[mode]
    paper = theme["palette"]["background"]["paper"]
    header = theme["components"]["MuiAppBar"]["styleOverrides"]["root"]
    assert contrast(header["color"], header["backgroundColor"]) >= 4.5
    assert contrast(theme["palette"]["primary"]["main"], paper) >= 4.5
    assert contrast(INK, paper) >= 3
    assert theme["typography"] == {"fontFamily": FONT}
