"""The figures of a chart in its card: what the browser reads, which is set as text."""

from __future__ import annotations

import re

from medallion_panel.blocks.chart_figures import FigureColumn, figures_table
from medallion_panel.ui.card_frame import CardFrame
from medallion_panel.ui.figures_table import FIGURES_SCRIPT
from tests.unit.panel.tables import SAY


def test_the_browser_reads_what_the_server_writes() -> None:
    table = figures_table([FigureColumn("Name", ["<b>"], str)], SAY)
    (names,) = re.findall(r"const \{ (.*) \} = model\.figures", FIGURES_SCRIPT)
    assert set(names.split(", ")) == {"caption", *table}
    assert FIGURES_SCRIPT in CardFrame._esm


def test_cells_are_set_as_text() -> None:
    assert "innerHTML" not in FIGURES_SCRIPT
