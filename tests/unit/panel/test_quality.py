"""How many rows a release kept and lost: which tables, which figures, which rules."""

from __future__ import annotations

import re
from typing import Any

from medallion.records import Release, Served, Tally
from medallion.testing.served import START, snapshot
from medallion_panel.block_settings import Quality
from medallion_panel.blocks.quality import quality_html
from tests.unit.panel.tables import FORMATS

LOSSLESS = Tally(label="", rows_in=4, kept=4, rows_out=4)
LOSSY = Tally(
    label="",
    rows_in=2000,
    kept=1500,
    deduplicated=300,
    dropped=0,
    quarantined=200,
    rows_out=1500,
    reasons={"between <amount>": 150, "references": 50},
)
LATER = Tally(label="joined", rows_in=10, kept=9, dropped=1, rows_out=9)


def release_of(tables: dict[str, tuple[Tally, ...]], *served: str) -> Release:
    entries = {
        name: Served(table=name, name="x", snapshot="s", rows=1, columns=()) for name in served
    }
    return Release(
        id="one",
        pipeline="p",
        run="run",
        created=START,
        previous=None,
        tables={
            name: snapshot("s", 4).model_copy(update={"table": name, "tallies": tallies})
            for name, tallies in tables.items()
        },
        layers={},
        served={"serving": {name.partition(".")[2]: entry for name, entry in entries.items()}},
    )


def html_of(release: Release, **settings: Any) -> str:
    return quality_html(Quality(**settings), release, FORMATS)


def cells(html: str) -> list[list[str]]:
    """The texts of the lines of the table, without their bars."""
    rows = re.findall("<tr>(<td>.*?)</tr>", html)
    return [re.findall("<td>([^<]*)", row)[:6] for row in rows]


def test_a_line_has_the_figures_of_a_table_and_of_its_further_phases() -> None:
    html = html_of(release_of({"silver.orders": (LOSSY, LATER, LOSSLESS)}))
    assert cells(html) == [
        ["silver.orders", "2,000", "1,500", "300", "0", "200"],
        ["silver.orders: joined", "10", "9", "0", "1", "0"],
    ]
    assert "aria-label='75.0% kept' title='75.0% kept'" in html
    assert "<div class='quar' style='width:10.000%'>" in html
    assert "class='drop' style='width:0.000%'" not in html


def test_rules_are_in_order_of_their_rows_and_can_be_left_out() -> None:
    release = release_of({"silver.orders": (LOSSY,)})
    html = html_of(release)
    rules = re.findall("<span>(.*?) <b>(.*?)</b></span>", html)
    assert rules == [
        ("silver.orders: between &lt;amount&gt;", "150"),
        ("silver.orders: references", "50"),
    ]
    assert "class='rules'" not in html_of(release, rules=False)


def test_served_tables_and_those_without_steps_are_left_out_unless_they_lost_rows() -> None:
    tables = {
        "bronze.orders": (),
        "silver.gold_prices": (LOSSLESS,),
        "gold.total": (LOSSLESS,),
        "gold.clients": (LOSSY,),
    }
    html = html_of(release_of(tables, "gold.total", "gold.clients"))
    assert [line[0] for line in cells(html)] == ["silver.gold_prices", "gold.clients"]


def test_nothing_was_lost() -> None:
    html = html_of(release_of({"bronze.orders": (), "gold.total": (LOSSLESS,)}, "gold.total"))
    assert "All rows of all tables were kept." in html
    assert cells(html) == []


def test_a_table_without_rows_has_no_bar() -> None:
    empty = Tally(label="", rows_in=0, kept=0, rows_out=0)
    html = html_of(release_of({"silver.empty": (empty,)}))
    assert cells(html) == [["silver.empty", "0", "0", "0", "0", "0"]]
    assert "role='img'" not in html


WARNED = Tally(
    label="",
    rows_in=200,
    kept=180,
    quarantined=20,
    rows_out=180,
    warned=50,
    warned_reasons={"not_null email": 40, "unique id": 20},
)


def test_warned_rows_have_a_column_a_colour_and_words_of_their_own() -> None:
    html = html_of(release_of({"silver.orders": (WARNED,), "silver.lines": (LOSSY,)}))
    assert ">Warned</th>" in html
    rows = re.findall("<tr>(<td>.*?)</tr>", html)
    figures = {row[0]: row[6] for row in (re.findall("<td>([^<]*)", row) for row in rows)}
    assert figures == {"silver.orders": "50", "silver.lines": "0"}
    assert "<div class='kept' style='width:65.000%'>" in html
    assert "<div class='warned' style='width:25.000%'>" in html
    assert "aria-label='90.0% kept, 25.0% with a warning'" in html
    warnings = re.findall("<span class='warning'>(.*?) <b>(.*?)</b></span>", html)
    assert warnings == [
        ("Warning: silver.orders: not_null email", "40"),
        ("Warning: silver.orders: unique id", "20"),
    ]
    assert "Warned" not in html_of(release_of({"silver.lines": (LOSSY,)}))


def test_a_served_table_that_kept_all_rows_is_shown_for_its_warnings() -> None:
    tally = WARNED.model_copy(update={"kept": 200, "quarantined": 0})
    html = html_of(release_of({"gold.clients": (tally,)}, "gold.clients"))
    assert [line[0] for line in cells(html)] == ["gold.clients"]
