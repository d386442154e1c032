"""An unreachable server or store: the page says so, and recovers when it is back."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

import medallion as md
from tests.panel import shop
from tests.panel.forked_server import server, serving
from tests.panel.page_content import choose
from tests.services import free_ports

LOST = "Connection to the server lost"


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A tab whose console may have errors, because the server goes away."""
    tab = browser.new_page(viewport={"width": 1400, "height": 2600})
    tab.set_default_timeout(90_000)
    yield tab
    tab.close()


def test_a_page_reports_a_lost_server_and_is_restored(page: Any, project: md.Pipeline) -> None:
    config, port = project.base / "medallion.yaml", free_ports(1)[0]
    with server(config, port=port) as served:
        page.goto(f"{served.url}?page=clients")
        choose(page, "Country", "France")
        page.wait_for_url("**country=France**")
        expect(page.locator(".figure")).to_have_text("7")
        page.evaluate("window.before = true")
    expect(page.get_by_role("alert")).to_contain_text(LOST)
    page.wait_for_function(
        "[...document.body.children].every((each) => each.inert || each.role === 'alert')"
    )
    with server(config, port=port):
        page.wait_for_function("window.before === undefined", timeout=90_000)
        expect(page.locator(".figure")).to_have_text("7", timeout=90_000)
        expect(page.get_by_role("button", name="Country: France")).to_be_visible()
        expect(page.get_by_text(LOST)).to_have_count(0)
        page.close()


def test_a_server_that_hangs_is_reported_and_the_page_stays(
    page: Any, project: md.Pipeline
) -> None:
    with server(project.base / "medallion.yaml") as served:
        page.goto(f"{served.url}?page=clients")
        expect(page.locator(".figure")).to_have_text("30")
        page.evaluate("window.before = true")
        served.process.send_signal(signal.SIGSTOP)
        try:
            expect(page.get_by_role("alert")).to_contain_text(LOST, timeout=90_000)
        finally:
            served.process.send_signal(signal.SIGCONT)
        expect(page.get_by_text(LOST)).to_have_count(0, timeout=90_000)
        assert page.evaluate("window.before")
        choose(page, "Country", "France")
        expect(page.locator(".figure")).to_have_text("7")
        page.close()


def test_what_could_not_be_read_is_read_when_the_store_is_back(tab: Any, tmp_path: Path) -> None:
    pipeline = md.Pipeline.load(shop.write(tmp_path / "project"))
    pipeline.run()
    store, hidden = pipeline.base / "lake/serving.db", pipeline.base / "lake/hidden.db"
    with serving(pipeline.base / "medallion.yaml") as url:
        tab.goto(f"{url}?page=clients")
        expect(tab.locator(".figure")).to_have_text("30")
        store.rename(hidden)
        choose(tab, "Country", "France")
        expect(tab.get_by_text("Store unreachable")).to_be_visible()
        expect(tab.locator("tbody tr")).to_have_count(0)
        expect(tab.locator(".figure")).to_be_hidden()
        hidden.rename(store)
        expect(tab.locator(".figure")).to_have_text("7")
        expect(tab.get_by_text("1–5 of 7")).to_be_visible()
        expect(tab.locator("tbody tr")).to_have_count(5)
        expect(tab.get_by_text("Store unreachable")).to_have_count(0)
        store.rename(hidden)
        tab.get_by_role("navigation").get_by_text("Home", exact=True).click()
        expect(tab.get_by_text("There is nothing to show yet")).to_be_visible()
        hidden.rename(store)
        expect(tab.get_by_text("By month", exact=True)).to_be_visible()
