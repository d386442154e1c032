"""Legends of charts."""

from __future__ import annotations

from medallion_panel.blocks.legend import names_legend


def test_a_long_name_in_a_legend_has_a_tooltip() -> None:
    name = "A name that is longer than a legend <wants> it"
    html = names_legend({name: "#000", "B": "#111"})
    assert "title='A name that is longer than a legend &lt;wants&gt; it'" in html
    assert "<button" not in html


def test_the_entries_of_a_clickable_legend_are_buttons_by_number() -> None:
    html = names_legend({"A": "#000", "<B>": "#111"}, clickable=True)
    assert "<button type='button' data-series='1' title='&lt;B&gt;'>" in html
