"""The theme: colours that are legible on light and dark, one typeface, thin lines."""

from __future__ import annotations

from colorsys import hls_to_rgb, rgb_to_hls
from typing import Any

from medallion_panel.palette import CARDS, HEADER_TEXT, contrast

REST = "#8b93a1"
INK = "#7a8290"
FONT = "Inter, Roboto, 'Segoe UI', system-ui, sans-serif"

# The edges of what scrolls sideways: a shadow where there is more, hidden at the ends by what
# scrolls with the content.
SCROLL_EDGES = """
  background:
    linear-gradient(to right, var(--panel-surface-color) 40%, transparent) left / 48px 100%,
    linear-gradient(to left, var(--panel-surface-color) 40%, transparent) right / 48px 100%,
    linear-gradient(to right, rgba(110,120,140,.55), transparent) left / 16px 100%,
    linear-gradient(to left, rgba(110,120,140,.55), transparent) right / 16px 100%;
  background-repeat: no-repeat; background-attachment: local, local, scroll, scroll;
"""

_MIN_OPACITY = 0.1
_LEGIBLE = 5.5  # the contrast of the primary colour with dark cards


def strength(value: float, low: float, high: float) -> float:
    """The opacity of a value's colour, from 0.1 for `low` to 1 for `high`."""
    return 1.0 if high <= low else _MIN_OPACITY + (1 - _MIN_OPACITY) * (value - low) / (high - low)


def _theme(primary: str, bar: str, page: str, paper: str, line: str) -> dict[str, Any]:
    header = {
        "backgroundColor": bar,
        "color": HEADER_TEXT,
        "backgroundImage": "none",
        "boxShadow": "none",
        "borderBottom": f"1px solid {line}",
    }
    # Panel-material-ui places a tooltip on what is to the right of its widget.
    tooltip = {
        "defaultProps": {"disableInteractive": True},
        "styleOverrides": {"tooltip": {"width": "max-content"}},
    }
    return {
        "palette": {"primary": {"main": primary}, "background": {"default": page, "paper": paper}},
        "typography": {"fontFamily": FONT},
        "shape": {"borderRadius": 10},
        "components": {"MuiAppBar": {"styleOverrides": {"root": header}}, "MuiTooltip": tooltip},
    }


def theme_of(primary: str) -> dict[str, Any]:
    """The light and the dark theme with a primary colour, of which dark has a lighter shade."""
    light, dark = CARDS["light"], CARDS["dark"]
    return {
        "light": _theme(primary, primary, "#f5f7fa", light, primary),
        "dark": _theme(_lightened(primary, dark), dark, "#12161c", dark, "#2c343f"),
    }


def _lightened(color: str, background: str) -> str:
    """The first shade of a colour, from itself to white, that is legible on a dark background."""
    red, green, blue = (int(color[start : start + 2], 16) / 255 for start in (1, 3, 5))
    hue, lightness, saturation = rgb_to_hls(red, green, blue)
    for step in range(101):
        rgb = hls_to_rgb(hue, lightness + (1 - lightness) * step / 100, saturation)
        color = "#" + "".join(f"{round(255 * part):02x}" for part in rgb)
        if contrast(color, background) >= _LEGIBLE:
            break
    return color
