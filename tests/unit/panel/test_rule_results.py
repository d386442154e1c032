"""The results of rules, now and over the last runs."""

from __future__ import annotations

import re

import pytest

import medallion as md
from medallion_panel.blocks.rule_results import rule_history, rules_html, share_text, sparkline
from tests.unit.panel.tables import FORMATS


def test_rules_have_their_rows_and_what_becomes_of_them(till: md.Pipeline) -> None:
    release = till.lake.current()
    assert release is not None
    html = rules_html("silver.sales", release, till, FORMATS)
    rows = [re.findall("<td>([^<]*)", row) for row in re.findall("<tr>(<td>.*?)</tr>", html)]
    assert [row[:4] for row in rows] == [
        ["cast amount", "removed by a step", "1", "20.00%"],
        ["between amount", "quarantined", "1", "20.00%"],
        ["not_null day", "kept, with a warning", "1", "20.00%"],
        ["quarantined", "not published", "0", ""],
    ]
    assert "Last 4 runs" in html
    assert "This table has no rules" in rules_html("gold.totals", release, till, FORMATS)


def test_the_history_begins_with_the_oldest_run(till: md.Pipeline) -> None:
    history = rule_history("silver.sales", till.lake.runs())
    assert history["cast amount"] == pytest.approx([1 / 3, 0.2, 0.2, 0.2])
    assert history["between amount"] == pytest.approx([0, 0.2, 0.2, 0.2])


def test_a_line_needs_two_values_that_are_not_all_zero() -> None:
    assert sparkline([0.5], FORMATS) == sparkline([0, 0], FORMATS) == ""
    line = sparkline([0, 0.05, 0.1], FORMATS, width=106, height=26)
    assert "points='3.0,23.0 53.0,13.0 103.0,3.0'" in line
    assert "From 0.00% to 10.00%, at most 10.00%" in line


def test_small_shares_are_not_rounded_to_nothing() -> None:
    assert share_text(11 / 24_454, FORMATS) == "0.04%"
