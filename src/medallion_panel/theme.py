"""How it looks: few colours that read on light and dark, one type, quiet lines."""

from __future__ import annotations

from typing import Any

PRIMARY = "#3b76d6"
SERIES = ("#3b76d6", "#e08a1e", "#15915f", "#c2477f", "#7b61c9", "#2aa5b5", "#a8712f", "#6b8e23", "#b0413e", "#4b5f8a")
REST = "#8b93a1"
INK = "#7a8290"
SEQUENTIAL = ("#dbe7f8", "#b3cdf0", "#86afe6", "#5c92dc", "#3b76d6", "#295aae", "#1a3f80")
FONT = "Inter, Roboto, 'Segoe UI', system-ui, sans-serif"

THEME: dict[str, Any] = {
    "light": {
        "palette": {
            "primary": {"main": "#2f62b8"},
            "background": {"default": "#f5f7fa", "paper": "#ffffff"},
        },
        "typography": {"fontFamily": FONT},
        "shape": {"borderRadius": 10},
    },
    "dark": {
        "palette": {
            "primary": {"main": "#5b8def"},
            "background": {"default": "#12161c", "paper": "#1a2029"},
        },
        "typography": {"fontFamily": FONT},
        "shape": {"borderRadius": 10},
    },
}
