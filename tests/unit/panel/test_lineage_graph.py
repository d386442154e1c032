"""The drawing of a table's lineage."""

from __future__ import annotations

import re

import pytest

import medallion as md
from medallion.declaration.models import Declaration, Source, Table
from medallion_panel.blocks.lineage_graph import lineage_html, table_reads
from tests.unit.panel.tables import FORMATS

DECLARATION = Declaration(
    name="shop",
    tables={
        "bronze": {name: Source(source=f"{name}.csv") for name in ("a", "b", "c")},
        "silver": {"ab": Table(from_=["bronze.a", "bronze.b"]), "c": Table(from_="bronze.c")},
        "gold": {
            "one": Table(from_="silver.ab"),
            "two": Table(from_={"x": "silver.ab", "y": "silver.c"}),
        },
    },
)


def boxes(html: str) -> dict[str, tuple[int, int]]:
    """The left and the top of each table in the drawing."""
    found = re.findall(
        r"<title>(.*?)</title><rect class='box(?: chosen)?' x='(\d+)' y='(\d+)'", html
    )
    return {table: (int(left), int(top)) for table, left, top in found}


def test_a_table_is_drawn_with_all_above_and_below_it() -> None:
    html = lineage_html("silver.ab", DECLARATION, FORMATS)
    drawn = boxes(html)
    assert set(drawn) == {"bronze.a", "bronze.b", "silver.ab", "gold.one", "gold.two"}
    lefts = {table: left for table, (left, _) in drawn.items()}
    assert lefts["bronze.a"] < lefts["silver.ab"] < lefts["gold.one"] == lefts["gold.two"]
    assert len(set(drawn.values())) == len(drawn)
    assert re.findall(r"<title>([^<]*)</title><rect class='box chosen'", html) == ["silver.ab"]
    assert html.count("<path") == 4
    assert "href='?page=lake.gold.two'" in html


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ("bronze.c", "Made of its source files. Read by silver.c."),
        ("gold.two", "Made of silver.ab, silver.c."),
    ],
)
def test_a_sentence_says_the_same(table: str, sentence: str) -> None:
    html = lineage_html(table, DECLARATION, FORMATS)
    assert re.sub("<[^>]*>", "", html[html.rindex("<p>") :]) == sentence


def test_a_table_reads_others_once(till: md.Pipeline) -> None:
    assert table_reads(till.declaration) == {
        "bronze.sales": (),
        "silver.sales": ("bronze.sales",),
        "gold.totals": ("silver.sales",),
    }
