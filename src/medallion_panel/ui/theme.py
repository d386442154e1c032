"""The theme: colours that are legible on light and dark, one typeface, thin lines."""

from __future__ import annotations

from typing import Any

PRIMARY = "#3b76d6"
SERIES = (
    "#3b76d6",
    "#e08a1e",
    "#15915f",
    "#c2477f",
    "#7b61c9",
    "#2aa5b5",
    "#a8712f",
    "#6b8e23",
    "#b0413e",
    "#4b5f8a",
)
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


def strength(value: float, low: float, high: float) -> float:
    """The opacity of a value's colour, from 0.1 for `low` to 1 for `high`."""
    return 1.0 if high <= low else _MIN_OPACITY + (1 - _MIN_OPACITY) * (value - low) / (high - low)


def _theme(primary: str, bar: str, page: str, paper: str, line: str) -> dict[str, Any]:
    header = {
        "backgroundColor": bar,
        "color": "#ffffff",
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


THEME: dict[str, Any] = {
    "light": _theme("#2f62b8", "#2f62b8", "#f5f7fa", "#ffffff", "#2f62b8"),
    "dark": _theme("#6c9bf2", "#1a2029", "#12161c", "#1a2029", "#2c343f"),
}
