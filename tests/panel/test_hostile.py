"""Hostile texts from every source of the dashboard never run, and the security headers are sent."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from playwright.sync_api import expect

import medallion as md
import medallion_panel
from medallion.records import Run
from tests.panel.forked_server import serving
from tests.panel.hostile import HOSTILE, nothing_ran
from tests.panel.page_content import follow, open_choice


def declaration() -> dict[str, Any]:
    """A dashboard whose names, titles, notes, labels and texts are all hostile."""
    texts = iter(HOSTILE * 3)
    values = [
        {
            "kpi": {
                "title": next(texts),
                "note": next(texts),
                "table": "names",
                "value": "count()",
                "over": "name",
            }
        },
        {
            "bar": {
                "title": next(texts),
                "table": "names",
                "x": "name",
                "y": "count()",
                "horizontal": True,
                "height": 900,
            }
        },
        {
            "line": {
                "title": next(texts),
                "table": "names",
                "x": "name",
                "y": "sum(number)",
                "by": "name",
            }
        },
        {"area": {"table": "names", "x": "number", "y": "count()", "by": "name", "series": 10}},
        {"heatmap": {"table": "names", "x": "name", "y": "key", "value": "count()"}},
        {"scatter": {"table": "names", "x": "name", "y": "number", "by": "name"}},
        {"map": {"table": "names", "country": "name", "value": "count()"}},
        {"table": {"table": "names", "search": "name", "detail": True, "page_size": 60}},
    ]
    columns: list[dict[str, Any]] = [{"table": {"table": "columns", "detail": True}}]
    columns += [
        {"histogram": {"table": "columns", "column": HOSTILE[16]}},
        {"scatter": {"table": "columns", "x": HOSTILE[0], "y": HOSTILE[49]}},
        {"bar": {"table": "columns", "x": HOSTILE[21], "y": f"sum({HOSTILE[26]})"}},
        {"kpi": {"table": "columns", "value": f"sum({HOSTILE[5]})", "over": HOSTILE[3]}},
        {"line": {"table": "columns", "x": HOSTILE[7], "y": f"mean({HOSTILE[1]})"}},
        {"line": {"table": "columns", "x": HOSTILE[7], "y": "sum(<img src=x onerror=alert(1)>)"}},
    ]
    third = len(HOSTILE) // 3 + 1
    parts = zip(
        HOSTILE[:third], HOSTILE[third : 2 * third], [*HOSTILE[2 * third :], "x", "x"], strict=False
    )
    texts_page = [
        {"markdown": {"title": title, "note": note, "text": text}} for title, note, text in parts
    ]
    return {
        "title": HOSTILE[8],
        "labels": {"number": next(texts)},
        "pages": [
            {"title": "System", "blocks": ["quality", "runs", "freshness"]},
            {
                "title": "Values",
                "filters": ["name", {"column": "number", "label": next(texts)}],
                "blocks": values,
            },
            {"title": "Columns", "filters": list(HOSTILE[:4]), "blocks": columns},
            {"title": f"Texts {HOSTILE[16]}", "blocks": texts_page, "icon": HOSTILE[21]},
        ],
    }


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> md.Pipeline:
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "data").mkdir()
    names = pa.table(
        {"key": [*map(str, range(len(HOSTILE)))], "name": HOSTILE, "number": range(len(HOSTILE))}
    )
    pq.write_table(names, folder / "data/names.parquet")
    pq.write_table(pa.table({text: [1, 2, 3] for text in HOSTILE}), folder / "data/columns.parquet")
    described = {
        "name": "hostile",
        "tables": {
            "bronze": {name: {"source": f"data/{name}.parquet"} for name in ("names", "columns")},
            "gold": {
                "names": {
                    "from": "bronze.names",
                    "expect": [{"one_of": {"name": HOSTILE[1:]}, "on_fail": "quarantine"}],
                },
                "columns": {"from": "bronze.columns"},
            },
        },
        "sinks": {
            "serving": {"url": "sqlite:lake/serving.db", "tables": {"names": {"key": "key"}}}
        },
        "dashboard": declaration(),
    }
    (folder / "medallion.yaml").write_text(json.dumps(described))
    pipeline = md.Pipeline.load(folder / "medallion.yaml")
    pipeline.run()
    return pipeline


@pytest.fixture(scope="module")
def address(project: md.Pipeline) -> Iterator[str]:
    with serving(project.base / "medallion.yaml") as url:
        yield url


@pytest.fixture
def watched(tab: Any) -> Iterator[Any]:
    """A tab whose test fails when a dialog opens or a hostile text becomes an element."""
    opened: list[str] = []
    tab.on("dialog", lambda dialog: (opened.append(dialog.message), dialog.dismiss()))
    tab.set_viewport_size({"width": 1400, "height": 6000})
    yield tab
    nothing_ran(tab)
    assert opened == []


def test_the_corpus_is_large_enough() -> None:
    assert len({*HOSTILE}) >= 50


def test_nothing_in_a_url_runs(watched: Any, address: str) -> None:
    parts = [
        ("page", "values"),
        *((text, text) for text in HOSTILE),
        *(("name", text + "?") for text in HOSTILE),
    ]
    watched.goto(f"{address}?{urlencode(parts)}")
    for text in HOSTILE:
        expect(watched.get_by_text(f"This page has no filter “{text}”.")).to_be_visible()
    nothing_ran(watched)
    for number, text in enumerate(HOSTILE[::6]):
        query = (
            {"page": text}
            if number % 2
            else {"page": "values", "sort": text, "number": text, "row": text, "q": text}
        )
        follow(watched, f"?{urlencode(query)}")
        notice = (
            f"There is no page “{text}”"
            if number % 2
            else f"This table cannot be sorted by {text!r}"
        )
        expect(watched.get_by_text(notice)).to_be_visible()


@pytest.mark.parametrize("name", ["theme", "page", "bokeh-session-id", "bokeh-app-path"])
def test_nothing_in_a_url_is_in_the_html_of_the_page(address: str, name: str) -> None:
    plain = _body(address)
    html = _body(f"{address}?{urlencode([(name, text) for text in HOSTILE])}")
    assert [text for text in HOSTILE if text in html and text not in plain] == []


def _body(url: str) -> str:
    try:
        with urlopen(url) as page:  # noqa: S310 (our own server)
            return str(page.read().decode())
    except HTTPError as error:
        return error.read().decode()


def test_nothing_in_a_database_runs(watched: Any, address: str) -> None:
    chosen = urlencode({"page": "values", "row": "20"})
    watched.goto(f"{address}?{chosen}")
    expect(watched.locator("dl")).to_contain_text(HOSTILE[20])
    cells = watched.locator("tbody tr td:nth-child(2)")
    expect(cells).to_have_count(len(HOSTILE) - 1)
    assert {*cells.all_text_contents()} == {*HOSTILE[1:]}
    expect(watched.get_by_text("could not be drawn")).to_have_count(0)
    option = open_choice(watched, "Name").get_by_text(HOSTILE[16], exact=True)
    expect(option).to_be_visible()
    nothing_ran(watched)
    watched.keyboard.press("Escape")
    watched.locator(".bk-Figure").first.scroll_into_view_if_needed()
    tooltip = watched.locator(".bk-Tooltip").first
    for part in range(300):  # until it is over a bar, and the browser has seen it there
        share = 0.05 + 0.8 * (part % 97) / 97
        box = watched.locator(".bk-Figure").first.bounding_box()
        watched.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * share)
        watched.wait_for_timeout(100)
        if tooltip.count():
            break
    expect(tooltip).to_be_attached()


def test_no_column_name_runs(watched: Any, address: str, tmp_path: Path) -> None:
    watched.goto(f"{address}?page=columns")
    for text in HOSTILE[4:]:
        label = text.replace("_", " ").capitalize()
        expect(watched.locator("thead").get_by_text(label, exact=True)).to_be_attached()
    expect(watched.get_by_text("no column").first).to_be_visible()
    with watched.expect_download() as started:
        watched.get_by_role("button", name="as CSV for spreadsheets").click()
    assert started.value.suggested_filename == "columns.csv"
    started.value.save_as(tmp_path / "columns.csv")
    with (tmp_path / "columns.csv").open(encoding="utf-8-sig", newline="") as file:
        heads = next(csv.reader(file))
    assert heads == [f"'{text}" if text.startswith(("@", "-")) else text for text in HOSTILE]


def test_nothing_in_a_declaration_runs(watched: Any, address: str) -> None:
    watched.goto(address)
    expect(watched.get_by_role("banner").get_by_text(HOSTILE[8])).to_be_visible()
    page = watched.get_by_role("navigation").get_by_text("Texts")
    expect(page).to_have_text(f"Texts {HOSTILE[16]}")
    page.click()
    for text in HOSTILE[: 2 * (len(HOSTILE) // 3 + 1)]:
        expect(watched.get_by_text(text).last).to_be_visible()
    assert watched.title() == HOSTILE[8]


def test_no_rule_name_runs(watched: Any, address: str) -> None:
    watched.goto(f"{address}?page=system")
    expect(watched.get_by_text("gold.names: one_of name")).to_be_visible()


def test_a_failed_run_is_in_the_header_and_its_reason_does_not_run(
    watched: Any, address: str, project: md.Pipeline
) -> None:
    now = datetime.now(UTC)
    project.lake.put_run(
        Run(id=f"{now:%Y%m%d-%H%M%S}-ffffff", pipeline="hostile", status="failed", started=now,
            finished=now, error=HOSTILE[16])
    )  # fmt: skip
    watched.goto(f"{address}?page=system")
    expect(
        watched.get_by_role("banner").get_by_text(
            re.compile(rf"^Last run failed, since .*: {re.escape(HOSTILE[16])}")
        )
    ).to_be_visible()


PATHS = (
    "medallion_panel",
    "static/js/bokeh.min.js",
    "nothing/here",
    "favicon.ico",
    "medallion_panel/ws",
    "medallion_panel/autoload.js?bokeh-autoload-element=x",
    "medallion_panel/metadata",
    "",
)


def test_every_response_has_the_headers(address: str, project: md.Pipeline) -> None:
    root = address.removesuffix("medallion_panel")
    for path in PATHS:
        _has_headers(f"{root}{path}")
    login = Path(medallion_panel.__file__).with_name("login.html")
    options = (
        "--basic-auth",
        "sesame",
        "--cookie-secret",
        "crumbs",
        "--basic-login-template",
        str(login),
    )
    with serving(project.base / "medallion.yaml", *options) as url:
        for path in (
            "login",
            "login?error=%3Cscript%3E",
            "logout",
            "medallion_panel",
            "static/js/bokeh.min.js",
        ):
            _has_headers(f"{url.removesuffix('medallion_panel')}{path}")


def _has_headers(url: str) -> None:
    try:
        with urlopen(Request(url)) as answer:  # noqa: S310 (our own server)
            headers = answer.headers
    except HTTPError as error:
        headers = error.headers
    assert headers["X-Frame-Options"] == "DENY", url
    assert headers["X-Content-Type-Options"] == "nosniff", url
    assert headers["Referrer-Policy"] == "same-origin", url
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy, url
    scripts = next(part for part in policy.split(";") if "script-src" in part)
    assert "'unsafe-inline'" not in scripts, url
    assert "http" not in policy, url
