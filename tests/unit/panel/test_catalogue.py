"""The catalogue's page of a table: facts, columns, first rows, and who may see values."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

import medallion as md
from medallion.errors import CallError
from medallion_panel.blocks.block_context import BlockContext
from medallion_panel.blocks.catalogue import catalogue_html, value_text
from medallion_panel.lake_block_settings import CatalogueBlock, Part
from tests.unit.panel import lake_project


def part(
    pipeline: md.Pipeline, context: BlockContext, table: str, name: Part, *, full: bool = True
) -> str:
    block = CatalogueBlock(of=table, part=name)
    return str(catalogue_html(block, pipeline, context, full=full))


def cells(html: str) -> list[list[str]]:
    """The texts of the cells of each row."""
    rows = re.findall("<tr>(<td>.*?)</tr>", html, re.DOTALL)
    return [
        [re.sub("<.*?>", "", cell).strip() for cell in re.findall("<td>(.*?)</td>", row)]
        for row in rows
    ]


def test_a_table_says_what_it_is(till: md.Pipeline, till_context: BlockContext) -> None:
    html = part(till, till_context, "silver.sales", "about")
    assert "One row &lt;per&gt; sale." in html
    facts = dict(re.findall("<dt>(.*?)</dt><dd>(.*?)</dd>", html))
    assert (facts["Rows"], facts["Columns"], facts["Quarantined"]) == ("3", "3", "2 · 40.00%")
    assert facts["Served"] == "no"
    facts = dict(
        re.findall("<dt>(.*?)</dt><dd>(.*?)</dd>", part(till, till_context, "gold.totals", "about"))
    )
    assert facts["Key"] == "country"
    facts = dict(
        re.findall(
            "<dt>(.*?)</dt><dd>(.*?)</dd>", part(till, till_context, "bronze.sales", "about")
        )
    )
    assert (facts["Source files"], facts["Format"]) == ("2", "by suffix")


def test_columns_have_types_descriptions_origins_and_profile(
    till: md.Pipeline, till_context: BlockContext
) -> None:
    html = part(till, till_context, "silver.sales", "columns")
    country, amount, day = cells(html)
    assert country[:6] == ["country", "text", "", "bronze.sales.country", "–", "2"]
    assert country[6:] == ["France", "Italy", "France 66.7%, Italy 33.3%"]
    assert amount[:4] == ["amount", "decimal(12,2)", "In euros, with tax", "bronze.sales.amount"]
    assert amount[4:8] == ["–", "3", "2.00", "10.50"]
    assert day[4] == "33.3%"
    assert "Number of rows in equal parts from 2.00 to 10.50" in html
    assert "href='?page=lake.bronze.sales'" in html


def test_values_of_a_table_that_is_not_served_are_for_few(
    till: md.Pipeline, till_context: BlockContext
) -> None:
    for name in ("columns", "sample"):
        html = part(till, till_context, "silver.sales", name, full=False)  # type: ignore[arg-type]
        assert "who may see source records" in html
        assert "France" not in html
    assert "In euros, with tax" in part(till, till_context, "silver.sales", "columns", full=False)
    assert "France" in part(till, till_context, "gold.totals", "sample", full=False)


def test_the_first_rows_are_those_of_the_lake(
    till: md.Pipeline, till_context: BlockContext
) -> None:
    rows = cells(part(till, till_context, "bronze.sales", "sample"))
    assert rows[:2] == [["France", "10.5", "2024-01-01"], ["Spain", "x", "2024-01-02"]]
    assert rows[2] == ["France", "2", "–"]


def test_a_dashboard_without_the_lake_says_what_it_cannot_know(
    till_context: BlockContext, tmp_path: Path
) -> None:
    (tmp_path / "medallion.yaml").write_text(lake_project.YAML)
    pipeline = md.Pipeline.load(tmp_path / "medallion.yaml")
    html = part(pipeline, till_context, "gold.totals", "columns")
    assert [row[:2] for row in cells(html)] == [
        ["country", "text"],
        ["total", "decimal(38,2)"],
        ["sales", "int64"],
    ]
    assert "does not reach the lake, which has the profile" in html
    assert "which has the rows" in part(pipeline, till_context, "gold.totals", "sample")
    assert "earlier runs" in part(pipeline, till_context, "silver.sales", "rules")
    assert "Sales by country." in part(pipeline, till_context, "gold.totals", "about")


def test_a_table_that_no_run_has_computed_is_reported(
    till: md.Pipeline, till_context: BlockContext
) -> None:
    with pytest.raises(CallError, match=r"gold\.other is not in release"):
        part(till, till_context, "gold.other", "about")


def test_values_are_short_and_name_their_time_zone() -> None:
    moment = datetime(2024, 1, 1, 12, 30, tzinfo=timezone(timedelta(hours=2)))
    assert value_text(moment) == "2024-01-01 10:30 UTC"
    assert value_text(moment.replace(tzinfo=None)) == "2024-01-01 12:30"
    assert value_text(1 / 3) == "0.333333"
    assert value_text("x" * 40) == f"{'x' * 31}…"
