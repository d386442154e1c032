"""How it looks: few colours that read on light and dark, one type, quiet lines."""

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

_FAINTEST = 0.1


def strength(value: float, low: float, high: float) -> float:
    """How opaque the colour of a value is, from the least to the greatest: so it reads on light and dark alike."""
    return 1.0 if high <= low else _FAINTEST + (1 - _FAINTEST) * (value - low) / (high - low)


def _look(primary: str, bar: str, page: str, paper: str, line: str) -> dict[str, Any]:
    header = {
        "backgroundColor": bar,
        "color": "#ffffff",
        "backgroundImage": "none",
        "boxShadow": "none",
        "borderBottom": f"1px solid {line}",
    }
    return {
        "palette": {"primary": {"main": primary}, "background": {"default": page, "paper": paper}},
        "typography": {"fontFamily": FONT},
        "shape": {"borderRadius": 10},
        "components": {"MuiAppBar": {"styleOverrides": {"root": header}}},
    }


THEME: dict[str, Any] = {
    "light": _look("#2f62b8", "#2f62b8", "#f5f7fa", "#ffffff", "#2f62b8"),
    "dark": _look("#6c9bf2", "#1a2029", "#12161c", "#1a2029", "#2c343f"),
}
