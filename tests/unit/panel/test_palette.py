"""Colours that a declaration may have: contrast, with the place and the ratio of those too faint."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import medallion as md
from medallion.errors import DeclarationError
from medallion_panel.palette import Palette, contrast
from medallion_panel.section import Dashboard
from medallion_panel.ui.formats import Formats
from tests.panel import shop


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == contrast("#ffffff", "#777777")
    assert contrast("#777777", "#ffffff") == pytest.approx(4.478, abs=0.001)
    assert contrast("#123456", "#123456") == 1


def test_the_default_colours_pass_their_own_checks() -> None:
    palette = Palette()
    assert Palette.model_validate(palette.model_dump()) == palette
    assert len(palette.series) == 10


def test_formats_have_the_declared_colours() -> None:
    section = Dashboard.model_validate({"colors": {"primary": "#7A1F3D", "series": ["#D1495B"]}})
    palette = Formats.of(section).palette
    assert (palette.primary, palette.series, palette.single) == (
        "#7a1f3d",
        ("#d1495b",),
        "#d1495b",
    )


@pytest.mark.parametrize(
    ("colors", "place", "words"),
    [
        (
            "primary: '#e08a1e'",
            "dashboard.colors.primary",
            (
                "#e08a1e has a contrast of 2.68:1 with the white text of the header, "
                "which must be at least 4.5:1; choose a darker colour"
            ),
        ),
        (
            "series: ['#3b76d6', '#ffe08a']",
            "dashboard.colors.series[1]",
            (
                "#ffe08a has a contrast of 1.28:1 with the background of cards (#ffffff, light theme), "
                "which must be at least 3:1; choose a darker colour"
            ),
        ),
        (
            "series: ['#0a1f44']",
            "dashboard.colors.series[0]",
            (
                "#0a1f44 has a contrast of 1.00:1 with the background of cards (#1a2029, dark theme), "
                "which must be at least 3:1; choose a lighter colour"
            ),
        ),
        ("primary: blue", "dashboard.colors.primary", "#[0-9a-fA-F]{6}"),
        ("series: ['#3b76d6', '#3B76D6']", "dashboard.colors.series", "#3b76d6 is declared twice"),
        ("series: []", "dashboard.colors.series", "must not be empty"),
    ],
)
def test_a_colour_that_cannot_be_used_is_reported(
    tmp_path: Path, colors: Any, place: str, words: str
) -> None:
    yaml = shop.YAML.partition("dashboard:")[0]
    text = f"{yaml}dashboard:\n  colors:\n    {colors}\n"
    path = shop.write(tmp_path / "project", text)
    with pytest.raises(DeclarationError) as caught:
        md.Pipeline.load(path)
    (problem,) = caught.value.problems
    assert problem.path == place
    assert words in problem.message
    assert f"medallion.yaml:{text.count(chr(10))}:" in str(caught.value)
