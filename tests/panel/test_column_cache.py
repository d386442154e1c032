"""The column cache has the figures of the lake, follows its releases and survives an outage."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from playwright.sync_api import expect

import medallion as md
from medallion.contracts import Filter, Query
from medallion.errors import CallError, SinkError
from medallion_api.http_store import HttpStore
from medallion_panel.data import cache_loader
from medallion_panel.data.cached_store import CachedStore
from medallion_panel.data.column_usage import cache_columns_of
from medallion_panel.section import Dashboard
from tests.api.project import gunicorn
from tests.panel.forked_server import serving
from tests.panel.page_content import eventually, follow

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
        "copy (select i as id, ['a', 'b', 'c', null][i % 4 + 1] as word, 'n' || i as name, "
        "i % 7 as unused, "
        "cast(i % 997 / 4 as decimal(9,2)) as spent, i % 31 as size, i / 8 as weight, "
        "date '2024-01-01' + cast(i % 300 as integer) as day "
        f"from range({start}, {start + rows}) t(i)) "
        f"to '{folder}/data/{name}.parquet' (format parquet)"
    )


@pytest.fixture
def pipeline(tmp_path: Path) -> md.Pipeline:
    write(tmp_path)
    (tmp_path / "few.csv").write_text("n\n1\n2\n")
    (tmp_path / "medallion.yaml").write_text(YAML)
    pipeline = md.Pipeline.load(tmp_path / "medallion.yaml")
    pipeline.run()
    return pipeline


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Callable[[str], None]:
    """A function that waits until a text is in the log, after the texts waited for before."""
    read = 0
    caplog.set_level(logging.INFO, "medallion_panel")

    def wait(words: str) -> None:
        nonlocal read
        eventually(
            lambda: words in caplog.text[read:], lambda: f"not logged: {words}\n{caplog.text}"
        )
        read = caplog.text.index(words, read) + len(words)

    return wait


def lake(pipeline: md.Pipeline, sql: str) -> list[tuple[Any, ...]]:
    connection = duckdb.connect()
    connection.register("points", pipeline.lake.table("gold.points").to_arrow())
    return connection.execute(sql).fetchall()


def open_store(pipeline: md.Pipeline) -> CachedStore:
    store = CachedStore(pipeline.store())
    store.release()
    request_columns(pipeline, store)
    return store


def request_columns(pipeline: md.Pipeline, store: CachedStore) -> None:
    section = pipeline.declaration.sections["dashboard"]
    assert isinstance(section, Dashboard)
    cache_columns_of(section.pages[0], section.pages, store)


def totals(store: CachedStore, query: Query) -> list[dict[str, Any]]:
    return store.group("points", (), {"rows": "count()", "spent": "sum(spent)"}, query)


def test_cached_figures_are_those_of_the_lake_and_follow_its_releases(
    pipeline: md.Pipeline, logged: Callable[[str], None]
) -> None:
    store = open_store(pipeline)
    logged("cached 6 columns of points")
    where = "word in ('b', 'c') and spent >= 100"
    shown = "select count(*), sum(spent) from points where"
    _check_during_outage(pipeline, store, SOME, lake(pipeline, f"{shown} {where}"))
    write(pipeline.base, "second", ROWS, 1000)
    pipeline.run()
    store.release()
    ((rows, spent),) = lake(pipeline, f"{shown} {where}")
    assert totals(store, SOME) == [{"rows": rows, "spent": spent}]
    request_columns(pipeline, store)
    logged("cached 6 columns of points")
    _check_during_outage(pipeline, store, NEXT, lake(pipeline, f"{shown} word = 'a'"))


def _check_during_outage(
    pipeline: md.Pipeline, store: CachedStore, query: Query, expected: list[tuple[Any, ...]]
) -> None:
    """New queries are answered from cached columns; queries of rows fail."""
    database, hidden = pipeline.base / "lake/serving.db", pipeline.base / "lake/hidden.db"
    database.rename(hidden)
    with pytest.raises(SinkError, match="nothing was published"):
        store.release()
    ((rows, spent),) = expected
    assert rows > 1000
    assert totals(store, query) == [{"rows": rows, "spent": spent}]
    assert store.count("points", query) == rows
    points = store.points("points", Query(filters=query.filters, fields=("spent", "size")))
    assert (len(points), sum(point["spent"] for point in points)) == (rows, spent)
    with pytest.raises(SinkError):
        store.find("points", query)
    with pytest.raises(SinkError):
        store.group("points", ("unused",), {}, query)
    with pytest.raises(CallError, match="did you mean 'spent'"):
        store.group("points", ("spnet",), {}, query)
    hidden.rename(database)
    assert store.release().id == pipeline.store().release().id


def test_columns_are_read_through_the_api_too(
    pipeline: md.Pipeline, logged: Callable[[str], None]
) -> None:
    with gunicorn(pipeline.base, 1) as address:
        store = CachedStore(HttpStore(f"http://{address}"))
        store.release()
        request_columns(pipeline, store)
        logged("cached 6 columns of points")
    expected = lake(
        pipeline,
        "select count(*), sum(spent) from points where word in ('b', 'c') and spent >= 100",
    )
    assert [tuple(row.values()) for row in totals(store, SOME)] == expected


def test_tables_that_are_too_large_or_small_are_not_cached(
    pipeline: md.Pipeline, logged: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache_loader, "MAX_VALUES", ROWS * 6 - 1)
    store = open_store(pipeline)
    logged("points is too large to cache")
    logged("few is small")
    expected = lake(pipeline, "select count(*), sum(spent) from points where word = 'a'")
    assert [tuple(row.values()) for row in totals(store, NEXT)] == expected
    (pipeline.base / "lake/serving.db").rename(pipeline.base / "lake/hidden.db")
    with pytest.raises(SinkError):
        totals(store, SOME)


def test_a_store_that_fails_is_read_again_later(
    pipeline: md.Pipeline, logged: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache_loader, "_RETRY_AFTER", 0.0)
    store = CachedStore(pipeline.store())
    store.release()
    store.kinds("points")
    database, hidden = pipeline.base / "lake/serving.db", pipeline.base / "lake/hidden.db"
    database.rename(hidden)
    request_columns(pipeline, store)
    logged("points is not cached; the store answers: ")
    hidden.rename(database)
    request_columns(pipeline, store)
    logged("cached 6 columns of points")


def test_the_browser_shows_figures_of_cached_columns(
    tab: Any, pipeline: md.Pipeline, tmp_path: Path
) -> None:
    (tmp_path / "log.py").write_text(
        'import logging; logging.getLogger("medallion_panel").setLevel(logging.INFO)'
    )
    with serving(tmp_path / "medallion.yaml", "--setup", str(tmp_path / "log.py")) as url:
        tab.goto(url)
        log = tmp_path / "serve.log"
        eventually(lambda: "columns of points" in log.read_text(), log.read_text)
        database, hidden = tmp_path / "lake/serving.db", tmp_path / "lake/hidden.db"
        database.rename(hidden)
        expect(tab.get_by_text("Store unreachable")).to_be_visible()
        _filtered(tab, pipeline)
        expect(tab.get_by_text("Nothing has been published yet").first).to_be_visible()
        hidden.rename(database)
        write(tmp_path, "second", ROWS, 1001)
        pipeline.run()
        ((rows, _),) = _lake_filtered(pipeline)
        expect(tab.locator(".figure").first).to_have_text(f"{rows:,}")
        _filtered(tab, pipeline)


def _filtered(tab: Any, pipeline: md.Pipeline) -> None:
    ((rows, spent),) = _lake_filtered(pipeline)
    follow(tab, "?page=points&word=b&word=c")
    store = tab.locator(".figure")
    expect(store.first).to_have_text(f"{rows:,}")
    expect(store.nth(1)).to_have_attribute("title", f"{spent:,.2f}")


def _lake_filtered(pipeline: md.Pipeline) -> list[tuple[Any, ...]]:
    return lake(pipeline, "select count(*), sum(spent) from points where word in ('b', 'c')")
