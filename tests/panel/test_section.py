"""`dashboard:` is checked with the rest of the declaration: all problems at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

import medallion as md
from medallion.errors import DeclarationError
from medallion_panel.section import Dashboard
from tests.panel import shop

FAULTY = """\
dashboard:
  currency: euro
  pages:
    - title: Home
      blocks:
        - kpi: {title: Revenue, table: salse, value: sum(revenue)}
        - lien: {table: sales, x: month, y: sum(revenue)}
        - bar: {table: sales, x: product, y: total(revenue)}
        - table: {table: sales, colums: [product]}
"""


def test_every_problem_of_the_section_has_its_position(tmp_path: Path) -> None:
    yaml = shop.YAML.partition("dashboard:")[0]
    first = yaml.count("\n") + 1
    path = shop.write(tmp_path / "project", yaml + FAULTY)
    with pytest.raises(DeclarationError) as caught:
        md.Pipeline.load(path)
    message = str(caught.value)
    for line, words in ((1, "currency"), (6, "lien"), (7, "total"), (8, "colums")):
        assert f"medallion.yaml:{first + line}:" in message, message
        assert words in message
    corrected = (
        FAULTY.replace("euro", "EUR")
        .replace("lien", "line")
        .replace("total(", "sum(")
        .replace("colums", "columns")
    )
    path.write_text(yaml + corrected)
    with pytest.raises(
        DeclarationError,
        match=rf"medallion.yaml:{first + 5}:\d+: .*no served table 'salse'; did you mean",
    ):
        md.Pipeline.load(path)


def test_every_column_of_every_kind_of_block_is_named_with_its_place() -> None:
    """Which `check` compares with the columns of the tables, and lineage follows."""
    blocks = [
        {"kpi": {"table": "t", "value": "mean(a)", "weight": "w", "over": "month"}},
        {"line": {"table": "t", "x": "day", "y": "sum(b) / sum(c)", "by": "kind"}},
        {"bar": {"table": "t", "x": "day", "y": "count()"}},
        {"scatter": {"table": "u", "x": "d", "y": "e", "by": "f"}},
        {"histogram": {"table": "u", "column": "g"}},
        {"heatmap": {"table": "u", "x": "h", "y": "i", "value": "max(j)"}},
        {"map": {"table": "u", "country": "k", "value": "sum(l)"}},
        {"table": {"table": "t", "columns": ["m"], "sort": ["-n"], "search": "o"}},
        {"table": {"table": "u"}},
        {"markdown": {"text": "x"}},
        "quality",
    ]
    page = {"title": "Home", "filters": ["p", {"column": "q"}], "blocks": blocks}
    section = Dashboard.model_validate({"pages": [page]})
    uses = [(use.path[2:], use.tables, use.column) for use in section.column_uses(None)]
    assert uses[:2] == [(("filters", 0), ("t", "u"), "p"), (("filters", 1), ("t", "u"), "q")]
    named = {(path[1:], table, column) for path, (table,), column in uses[2:]}
    assert named == {
        ((0, "kpi", "weight"), "t", "w"),
        ((0, "kpi", "over"), "t", "month"),
        ((0, "kpi", "value"), "t", "a"),
        ((1, "line", "x"), "t", "day"),
        ((1, "line", "by"), "t", "kind"),
        ((1, "line", "y"), "t", "b"),
        ((1, "line", "y"), "t", "c"),
        ((2, "bar", "x"), "t", "day"),
        ((3, "scatter", "x"), "u", "d"),
        ((3, "scatter", "y"), "u", "e"),
        ((3, "scatter", "by"), "u", "f"),
        ((4, "histogram", "column"), "u", "g"),
        ((5, "heatmap", "x"), "u", "h"),
        ((5, "heatmap", "y"), "u", "i"),
        ((5, "heatmap", "value"), "u", "j"),
        ((6, "map", "country"), "u", "k"),
        ((6, "map", "value"), "u", "l"),
        ((7, "table", "columns", 0), "t", "m"),
        ((7, "table", "sort", 0), "t", "n"),
        ((7, "table", "search"), "t", "o"),
        ((8, "table"), "u", None),
    }


def test_what_cannot_be_drawn_has_its_place(tmp_path: Path) -> None:
    yaml = shop.YAML.partition("dashboard:")[0]
    first = yaml.count("\n") + 1
    blocks = """\
dashboard:
  pages:
    - title: Home
      period: spent
      filters: [{column: spent, as: search}]
      blocks:
        - kpi: {table: sales, value: sum(product)}
        - line: {table: clients, x: month(since), y: max(since)}
        - histogram: {table: clients, column: vanished}
"""
    pipeline = md.Pipeline.load(shop.write(tmp_path / "project", yaml + blocks))
    problems = [(each.place, each.message) for each in pipeline.check().problems]
    places = [place.rpartition("medallion.yaml:")[2] for place, _ in problems]
    assert places == [
        f"{first + 3}:15",
        f"{first + 4}:17",
        f"{first + 6}:38",
        f"{first + 7}:54",
        f"{first + 8}:47",
    ]
    period, search, total, latest, vanished = (message for _, message in problems)
    assert period == (
        "'spent' is of type decimal, which has no dates; columns that can be used: since"
    )
    assert "only text can be searched" in search
    assert "sum asks a number, and 'product' is of type text" in total
    assert "max(since) is of type date" in latest
    assert "no column 'vanished' in 'clients'" in vanished


def test_a_time_zone_is_checked() -> None:
    assert Dashboard(time_zone="Europe/Paris").time_zone == "Europe/Paris"
    for name, words in (("Europe/Pariss", "did you mean 'Europe/Paris'"), ("../x", "no time zone")):
        with pytest.raises(ValidationError, match=words):
            Dashboard(time_zone=name)


TABS = """\
dashboard:
  pages:
    - title: Home
      blocks:
        - tabs:
            - title: A
              blocks:
                - kpi: {table: sales, value: count()}
            - title: B
              blocks:
                - FAULTY
"""


@pytest.mark.parametrize(
    ("block", "words"),
    [
        ("kpi: {table: salse, value: count()}", "no served table 'salse'; did you mean"),
        ("kpi: {table: sales, value: total(revenue)}", "total"),
        ("kpj: {table: sales, value: count()}", "unknown kind of block 'kpj'"),
    ],
)
def test_a_fault_in_a_tab_has_its_position(tmp_path: Path, block: str, words: str) -> None:
    yaml = shop.YAML.partition("dashboard:")[0]
    path = shop.write(tmp_path / "project", yaml + TABS.replace("FAULTY", block))
    with pytest.raises(DeclarationError) as caught:
        md.Pipeline.load(path)
    assert f"medallion.yaml:{yaml.count(chr(10)) + 11}:" in str(caught.value)
    assert words in str(caught.value)


def test_a_column_in_a_tab_is_named_with_its_place() -> None:
    blocks = [{"histogram": {"table": "t", "column": "a"}}]
    tabs = [{"title": "A", "blocks": blocks}, {"title": "B", "blocks": blocks}]
    page = {"title": "P", "filters": ["c"], "blocks": [{"tabs": tabs}]}
    uses = list(Dashboard.model_validate({"pages": [page]}).column_uses(None))
    inside = [("pages", 0, "blocks", 0, "tabs", place, "blocks", 0) for place in (0, 1)]
    assert [(use.path, use.column) for use in uses] == [
        (("pages", 0, "filters", 0), "c"),
        *(((*path, "histogram", "column"), "a") for path in inside),
    ]


@pytest.mark.parametrize(
    ("titles", "message"),
    [
        (("By day", "by  DAY"), "two tabs have the title"),
        (("A", "…"), "needs a letter or a digit"),
    ],
)
def test_titles_of_tabs_that_a_url_cannot_tell_apart(titles: tuple[str, str], message: str) -> None:
    blocks = [{"quality": {}}]
    tabs = [{"tabs": [{"title": title, "blocks": blocks}]} for title in titles]
    with pytest.raises(ValidationError, match=message):
        Dashboard.model_validate({"pages": [{"title": "P", "blocks": tabs}]})


def test_a_tab_contains_no_tabs() -> None:
    inner = {"tabs": [{"title": "A", "blocks": ["quality"]}]}
    outer = {"tabs": [{"title": "B", "blocks": [inner]}]}
    with pytest.raises(ValidationError, match="cannot contain other tabs"):
        Dashboard.model_validate({"pages": [{"title": "P", "blocks": [outer]}]})
