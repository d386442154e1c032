"""Columns held in memory: the figures of the lake, of the release that is shown, while the store is away too."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from playwright.sync_api import expect

import medallion as md
from medallion.contracts import Filter, Query, Sort
from medallion.errors import CallError, SinkError
from medallion.records import Column, Served
from medallion_api.http_store import HttpStore
from medallion_panel.data import cache_loader as holding
from medallion_panel.data.column_cache import Held
from medallion_panel.data.column_usage import hold_for, used_columns
from medallion_panel.data.queries import Figures
from medallion_panel.section import Dashboard
from tests.api.project import gunicorn
from tests.panel.drawn import eventually
from tests.panel.serving import serving

YAML = """\
name: many
tables:
  bronze:
    points: {source: "data/*.parquet"}
    few: {source: "few.csv"}
  gold:
    points: {from: bronze.points}
    few: {from: bronze.few}
sinks:
  serving: {url: "sqlite:lake/serving.db", tables: {points: {key: id}}}
dashboard:
  pages:
    - title: Points
      filters: [word, spent, {column: day}]
      blocks:
        - kpi: {title: Points, table: points, value: count()}
        - kpi: {title: Spent, table: points, value: sum(spent), format: decimal}
        - line: {title: By month, table: points, x: month(day), y: mean(weight)}
        - table: {table: points, columns: [id, unused], search: name}
        - kpi: {title: Few, table: few, value: sum(n)}
    - title: Others
      blocks:
        - histogram: {title: Sizes, table: points, column: size}
        - markdown: {text: Nothing}
"""
ROWS = 60_000
SOME = Query(filters=(Filter("word", "in", ("b", "c")), Filter("spent", "gte", 100)))
NEXT = Query(filters=(Filter("word", "eq", "a"),))


def write(folder: Path, name: str = "first", start: int = 0, rows: int = ROWS) -> None:
    (folder / "data").mkdir(exist_ok=True)
    duckdb.sql(
        f"copy (select i as id, ['a', 'b', 'c', null][i % 4 + 1] as word, 'n' || i as name, i % 7 as unused, "
        f"cast(i % 997 / 4 as decimal(9,2)) as spent, i % 31 as size, i / 8 as weight, "
        f"date '2024-01-01' + cast(i % 300 as integer) as day "
        f"from range({start}, {start + rows}) t(i)) to '{folder}/data/{name}.parquet' (format parquet)"
    )


@pytest.fixture
def pipeline(tmp_path: Path) -> md.Pipeline:
    write(tmp_path)
    (tmp_path / "few.csv").write_text("n\n1\n2\n")
    (tmp_path / "medallion.yaml").write_text(YAML)
    made = md.Pipeline.load(tmp_path / "medallion.yaml")
    made.run()
    return made


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> Callable[[str], None]:
    """Waits until the log says so, after what was waited for before."""
    read = 0
    caplog.set_level(logging.INFO, "medallion_panel")

    def wait(words: str) -> None:
        nonlocal read
        eventually(lambda: words in caplog.text[read:], lambda: f"not told: {words}\n{caplog.text}")
        read = caplog.text.index(words, read) + len(words)

    return wait


def lake(pipeline: md.Pipeline, sql: str) -> list[tuple[Any, ...]]:
    connection = duckdb.connect()
    connection.register("points", pipeline.lake.table("gold.points").to_arrow())
    return connection.execute(sql).fetchall()


def opened(pipeline: md.Pipeline) -> Figures:
    figures = Figures(pipeline.store())
    figures.release()
    again(pipeline, figures)
    return figures


def again(pipeline: md.Pipeline, figures: Figures) -> None:
    section = pipeline.declaration.sections["dashboard"]
    assert isinstance(section, Dashboard)
    hold_for(section.pages[0], section.pages, figures)


def totals(figures: Figures, query: Query) -> list[dict[str, Any]]:
    return figures.group("points", (), {"rows": "count()", "spent": "sum(spent)"}, query)


def test_what_pages_use_of_a_table_and_nothing_else(pipeline: md.Pipeline) -> None:
    section = pipeline.declaration.sections["dashboard"]
    assert isinstance(section, Dashboard)
    used = used_columns(section.pages, Figures(pipeline.store()))
    assert used == {"points": ("word", "name", "spent", "size", "weight", "day"), "few": ("n",)}


def test_held_figures_are_the_lakes_and_follow_its_releases(
    pipeline: md.Pipeline, told: Callable[[str], None]
) -> None:
    figures = opened(pipeline)
    told("6 columns of points are held after")
    where = "word in ('b', 'c') and spent >= 100"
    shown = "select count(*), sum(spent) from points where"
    _without_its_store(pipeline, figures, SOME, lake(pipeline, f"{shown} {where}"))
    write(pipeline.base, "second", ROWS, 1000)
    pipeline.run()
    figures.release()
    ((rows, spent),) = lake(pipeline, f"{shown} {where}")
    assert totals(figures, SOME) == [{"rows": rows, "spent": spent}]
    again(pipeline, figures)
    told("6 columns of points are held after")
    _without_its_store(pipeline, figures, NEXT, lake(pipeline, f"{shown} word = 'a'"))


def _without_its_store(
    pipeline: md.Pipeline, figures: Figures, query: Query, expected: list[tuple[Any, ...]]
) -> None:
    """What was not asked before is answered of held columns alone, and of rows it is told that the store is away."""
    here, hidden = pipeline.base / "lake/serving.db", pipeline.base / "lake/hidden.db"
    here.rename(hidden)
    with pytest.raises(SinkError, match="nothing was published"):
        figures.release()
    ((rows, spent),) = expected
    assert rows > 1000
    assert totals(figures, query) == [{"rows": rows, "spent": spent}]
    assert figures.count("points", query) == rows
    points = figures.points("points", Query(filters=query.filters, fields=("spent", "size")))
    assert (len(points), sum(point["spent"] for point in points)) == (rows, spent)
    with pytest.raises(SinkError):
        figures.find("points", query)
    with pytest.raises(SinkError):
        figures.group("points", ("unused",), {}, query)
    with pytest.raises(CallError, match="did you mean 'spent'"):
        figures.group("points", ("spnet",), {}, query)
    hidden.rename(here)
    assert figures.release().id == pipeline.store().release().id


def test_columns_are_read_through_the_api_too(
    pipeline: md.Pipeline, told: Callable[[str], None]
) -> None:
    with gunicorn(pipeline.base, 1) as place:
        figures = Figures(HttpStore(f"http://{place}"))
        figures.release()
        again(pipeline, figures)
        told("6 columns of points are held after")
    expected = lake(
        pipeline,
        "select count(*), sum(spent) from points where word in ('b', 'c') and spent >= 100",
    )
    assert [tuple(row.values()) for row in totals(figures, SOME)] == expected


def test_beyond_the_limit_and_below_it_the_store_is_asked(
    pipeline: md.Pipeline, told: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holding, "MOST_VALUES", ROWS * 6 - 1)
    figures = opened(pipeline)
    told("points is too large to be held")
    told("few is small enough")
    expected = lake(pipeline, "select count(*), sum(spent) from points where word = 'a'")
    assert [tuple(row.values()) for row in totals(figures, NEXT)] == expected
    (pipeline.base / "lake/serving.db").rename(pipeline.base / "lake/hidden.db")
    with pytest.raises(SinkError):
        totals(figures, SOME)


def test_a_store_that_fails_is_asked_again_later(
    pipeline: md.Pipeline, told: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holding, "_AGAIN", 0.0)
    figures = Figures(pipeline.store())
    figures.release()
    figures.kinds("points")
    here, hidden = pipeline.base / "lake/serving.db", pipeline.base / "lake/hidden.db"
    here.rename(hidden)
    again(pipeline, figures)
    told("points is not held, and asked of the store: ")
    hidden.rename(here)
    again(pipeline, figures)
    told("6 columns of points are held after")


def made(types: dict[str, str], rows: list[dict[str, Any]]) -> Held:
    columns = tuple(Column(name=name, type=type_) for name, type_ in types.items())
    held = Held(
        Served(table="gold.t", name="t__1", snapshot="s", rows=len(rows), columns=columns),
        list(types),
    )
    held.append(rows)
    return held


def test_sums_are_exact_and_what_is_beyond_duckdb_is_left_to_the_store() -> None:
    large = 2**63 - 1
    held = made(
        {"n": "BIGINT", "d": "DECIMAL(18,2)"}, [{"n": large, "d": Decimal(large).scaleb(-2)}] * 3
    )
    query = Query()
    assert held.group((), {"N": "sum(n)", "n": "sum(d)"}, query) == [
        {"N": large * 3, "n": Decimal(large * 3) / 100}
    ]
    assert (
        made({"n": "BIGINT"}, [{"n": -large}]).group(("bin(n, 9007199254740993)",), {}, query)
        is None
    )
    assert held.group((), {"rows": "count()"}, Query(filters=(Filter("d", "lt", "1e38"),))) == [
        {"rows": 3}
    ]
    assert held.group((), {"rows": "count()"}, Query(filters=(Filter("d", "gte", "1e38"),))) == [
        {"rows": 0}
    ]


def test_early_days_and_names_that_differ_in_case() -> None:
    days = [date(33, 4, 3), date(2024, 1, 1)]
    held = made(
        {"day": "DATE", "opens": "TIME"}, [{"day": day, "opens": "05:30:00.000000"} for day in days]
    )
    found = held.group(
        ("month(day)",), {"Rows": "count()", "rows": "min(opens)"}, Query(sort=(Sort("Rows"),))
    )
    assert found == [
        {"day": month, "Rows": 1, "rows": "05:30:00.000000"} for month in ("0033-04", "2024-01")
    ]


def test_the_browser_shows_figures_of_held_columns(
    tab: Any, pipeline: md.Pipeline, tmp_path: Path
) -> None:
    (tmp_path / "log.py").write_text(
        'import logging; logging.getLogger("medallion_panel").setLevel(logging.INFO)'
    )
    with serving(tmp_path / "medallion.yaml", "--setup", str(tmp_path / "log.py")) as url:
        tab.goto(url)
        log = tmp_path / "serve.log"
        eventually(lambda: "columns of points are held" in log.read_text(), log.read_text)
        here, hidden = tmp_path / "lake/serving.db", tmp_path / "lake/hidden.db"
        here.rename(hidden)
        expect(tab.get_by_text("Store out of reach")).to_be_visible()
        _filtered(tab, pipeline)
        expect(tab.get_by_text("nothing was published yet").first).to_be_visible()
        hidden.rename(here)
        write(tmp_path, "second", ROWS, 1001)
        pipeline.run()
        ((rows, _),) = _lake_filtered(pipeline)
        expect(tab.locator(".figure").first).to_have_text(f"{rows:,}")
        _filtered(tab, pipeline)


def _filtered(tab: Any, pipeline: md.Pipeline) -> None:
    ((rows, spent),) = _lake_filtered(pipeline)
    tab.evaluate(
        'history.pushState({}, "", "?page=points&word=b&word=c"); dispatchEvent(new PopStateEvent("popstate"))'
    )
    figures = tab.locator(".figure")
    expect(figures.first).to_have_text(f"{rows:,}")
    expect(figures.nth(1)).to_have_attribute("title", f"{spent:,.2f}")


def _lake_filtered(pipeline: md.Pipeline) -> list[tuple[Any, ...]]:
    return lake(pipeline, "select count(*), sum(spent) from points where word in ('b', 'c')")
