"""The page Quarantine: who sees it, and a rejected record that becomes part of a figure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import expect

import medallion as md
import medallion_panel
from tests.panel import shop
from tests.panel.forked_server import serving
from tests.panel.page_content import choose

DASHBOARD = """\
dashboard:
  title: Corner shop
  pages:
    - title: Home
      blocks:
        - kpi: {title: Sold, table: sales, value: count()}
"""
LOGIN = (
    "--basic-auth",
    "open sesame",
    "--cookie-secret",
    "crumbs",
    "--basic-login-template",
    str(Path(medallion_panel.__file__).with_name("login.html")),
)


def _log_in(tab: Any, url: str) -> None:
    tab.goto(f"{url.removesuffix('/medallion_panel')}/login")
    tab.get_by_label("Name").fill("anne")
    tab.get_by_label("Password").fill("open sesame")
    tab.get_by_role("button", name="Log in").click()
    tab.wait_for_url(lambda address: "/login" not in address)


def test_a_rejected_record_is_corrected_by_those_who_may(tab: Any, tmp_path: Path) -> None:
    yaml = shop.YAML.partition("dashboard:")[0] + DASHBOARD
    config = shop.write(tmp_path / "project", yaml)
    pipeline = md.Pipeline.load(config)
    pipeline.run()
    menu = tab.get_by_role("navigation")

    # Without a login there is no such page.
    with serving(config) as url:
        tab.goto(url)
        expect(tab.locator(".figure")).to_have_text("72")
        expect(menu.get_by_role("button", name="Home")).to_be_visible()
        expect(menu.get_by_role("button", name="Quarantine")).to_have_count(0)
        tab.goto("about:blank")

    # With a login it shows records, and says why they cannot be corrected.
    with serving(config, *LOGIN) as url:
        _log_in(tab, url)
        tab.goto(f"{url}?page=quarantine&columns=revenue")
        expect(tab.locator("tr", has_text="-5.00")).to_have_count(1)
        headers = ["File", "Record", "Reason", "revenue"]
        expect(tab.get_by_role("columnheader")).to_have_text(headers)
        choose(tab, "Columns", "country")
        expect(tab.get_by_role("columnheader")).to_have_text([*headers[:3], "country", "revenue"])
        tab.wait_for_url("**columns=country&columns=revenue")
        with tab.expect_download() as download:
            tab.get_by_role("button", name="All of these records, as CSV; columns: ").click()
        header, row = download.value.path().read_text().splitlines()
        assert header == "country,revenue,_reason,_reject"
        assert row.startswith("France,-5.00,between revenue: -5.00,")
        expect(tab.get_by_text("does not have dashboard: {corrections: true}")).to_be_visible()
        expect(tab.get_by_role("button", name="Submit")).to_have_count(0)
        tab.goto("about:blank")

    # With corrections, too, a record is found, edited and submitted.
    config.write_text(yaml.replace("dashboard:\n", "dashboard:\n  corrections: true\n"))
    with serving(config, *LOGIN) as url:
        _log_in(tab, url)
        expect(tab.locator(".figure")).to_have_text("72")
        menu.get_by_role("button", name="Quarantine").click()
        row = tab.locator("tr", has_text="-5.00")
        expect(row).to_have_count(1)
        tab.get_by_role("combobox", name="Rule").select_option(label="between (1)")
        expect(row).to_contain_text("between revenue: -5.00")
        row.focus()
        row.press("Enter")
        revenue = tab.get_by_label("revenue", exact=True)
        revenue.fill("5.00")
        revenue.press("Tab")
        row = tab.locator("tr", has_text="edited")
        expect(row).to_contain_text("5.00")
        tab.get_by_role("button", name="Preview").click()
        expect(tab.get_by_text("1 of 1 corrected record would be kept")).to_be_visible()
        expect(tab.locator("tr", has_text="Kept")).to_contain_text("5.00")
        tab.get_by_label("Note").fill("a sign too many")
        tab.get_by_role("button", name="Submit").click()
        expect(tab.get_by_text("1 correction stored. The next run applies it.")).to_be_visible()
        expect(tab.get_by_text("1 correction waits for the next run.")).to_be_visible()
        (correction,) = pipeline.corrections.listing()
        assert (correction["author"], correction["note"]) == ("anne", "a sign too many")
        pipeline.run()
        expect(tab.get_by_text("Nothing is in quarantine in release")).to_be_visible()
        menu.get_by_role("button", name="Home").click()
        expect(tab.locator(".figure")).to_have_text("73")
        tab.goto("about:blank")
