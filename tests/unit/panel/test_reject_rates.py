"""Rates of rejected rows by rule and by file."""

from __future__ import annotations

import re
from pathlib import Path

import medallion as md
from medallion_panel.blocks.reject_rates import reject_rates_html
from medallion_panel.lake_block_settings import RejectRates
from tests.unit.panel import lake_project
from tests.unit.panel.tables import FORMATS


def tables(html: str) -> list[list[list[str]]]:
    """The texts of the cells of every table."""
    return [
        [
            [re.sub("<.*?>", "", cell) for cell in re.findall("<td>(.*?)</td>", row)]
            for row in re.findall("<tr>(<td>.*?)</tr>", table)
        ]
        for table in re.findall("<table>.*?</table>", html, re.DOTALL)
    ]


def test_rules_and_files_have_their_shares(till: md.Pipeline) -> None:
    release = till.lake.current()
    assert release is not None
    html = reject_rates_html(RejectRates(), till, release, FORMATS, linked=True)
    by_rule, by_file = tables(html)
    assert [row[:5] for row in by_rule] == [
        ["cast amount", "silver.sales", "1", "20.00%", "20.00%"],
        ["between amount", "silver.sales", "1", "20.00%", "20.00%"],
        ["Warning: not_null day", "silver.sales", "1", "20.00%", "20.00%"],
    ]
    assert by_file == [
        ["data/first.csv", "silver.sales", "1", "", "33.33%"],
        ["data/second.csv", "silver.sales", "1", "", "50.00%"],
    ]
    assert "?page=quarantine" in html
    assert "?page=quarantine" not in reject_rates_html(
        RejectRates(), till, release, FORMATS, linked=False
    )


def test_without_a_lake_the_release_has_its_figures(till: md.Pipeline, tmp_path: Path) -> None:
    release = till.lake.current()
    assert release is not None
    (tmp_path / "medallion.yaml").write_text(lake_project.YAML)
    pipeline = md.Pipeline.load(tmp_path / "medallion.yaml")
    html = reject_rates_html(RejectRates(), pipeline, release.summary(), FORMATS, linked=False)
    (by_rule,) = tables(html)
    assert by_rule[0][:4] == ["cast amount", "silver.sales", "1", "20.00%"]
    assert "does not reach the lake" in html
