"""The colours of a dashboard, `colors:` of its section, legible in the light and dark theme."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, field_validator

from medallion_panel.block_models import BlockModel

HEADER_TEXT = "#ffffff"
CARDS = {"light": "#ffffff", "dark": "#1a2029"}  # the background of cards, by theme

LEAST_OF_TEXT, LEAST_OF_SHAPES = 4.5, 3.0  # contrast ratios of WCAG 2, level AA


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours such as `#2f62b8` by WCAG 2, from 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(color: str) -> float:
    parts = [int(color[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _readable_header(color: str) -> str:
    _require(color, HEADER_TEXT, LEAST_OF_TEXT, "the white text of the header")
    return color.lower()


def _visible_in_charts(color: str) -> str:
    for theme, card in CARDS.items():
        _require(color, card, LEAST_OF_SHAPES, f"the background of cards ({card}, {theme} theme)")
    return color.lower()


def _require(color: str, other: str, least: float, what: str) -> None:
    ratio = contrast(color, other)
    if ratio < least:
        shown = int(ratio * 100) / 100  # never rounded up to what is required
        change = "darker" if _luminance(other) > 0.5 else "lighter"
        raise ValueError(
            f"{color} has a contrast of {shown:.2f}:1 with {what}, which must be at least"
            f" {least:g}:1; choose a {change} colour"
        )


_Color = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]


class Palette(BlockModel):
    """The colours of a dashboard, as `#rrggbb`.

    `primary` is the colour of the header, buttons and links; the dark theme has a lighter shade of
    it. `series` are the colours of charts, the first that of charts with one series.
    """

    primary: Annotated[_Color, AfterValidator(_readable_header)] = "#2f62b8"
    series: tuple[Annotated[_Color, AfterValidator(_visible_in_charts)], ...] = (
        "#3b76d6",
        "#c97a12",
        "#15915f",
        "#c2477f",
        "#7b61c9",
        "#2498a8",
        "#a8712f",
        "#6b8e23",
        "#b94a47",
        "#5d72a0",
    )

    @field_validator("series")
    @classmethod
    def _distinct(cls, series: tuple[str, ...]) -> tuple[str, ...]:
        if not series:
            raise ValueError("must not be empty")
        for color in series:
            if series.count(color) > 1:
                raise ValueError(f"{color} is declared twice")
        return series

    @property
    def single(self) -> str:
        """The colour of a chart with one series."""
        return self.series[0]
