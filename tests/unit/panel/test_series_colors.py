"""Colours of series."""

from __future__ import annotations

from medallion_panel.ui.series_colors import SeriesColors
from medallion_panel.ui.theme import REST

SERIES = [f"#0000{number:02x}" for number in range(10)]


def test_colours_repeat_only_after_all_are_used() -> None:
    colors = SeriesColors()
    known = [f"v{number}" for number in range(25)]
    chosen = colors.of("c", known, ["v1", "v11", "v21", "Others"], "Others", SERIES)
    assert chosen["v1"] == SERIES[1]
    assert len({chosen[name] for name in ("v1", "v11", "v21")}) == 3
    assert chosen["Others"] == REST
    assert colors.of("c", known, ["v1"], "Others", SERIES) == {"v1": SERIES[1]}
