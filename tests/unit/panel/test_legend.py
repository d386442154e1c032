"""Legends of charts."""

from __future__ import annotations

from medallion_panel.blocks.legend import names_legend


def test_a_long_name_in_a_legend_has_a_tooltip() -> None:
    name = "A name that is longer than a legend <wants> it"
    html = names_legend({name: "#000", "B": "#111"})
    assert "title='A name that is longer than a legend &lt;wants&gt; it'" in html
