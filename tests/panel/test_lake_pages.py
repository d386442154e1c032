"""The pages about the lake in a real browser: links, search, Back, and what a visitor may see."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

import medallion as md


def test_the_catalogue_leads_to_tables_and_back(
    tab: Any, address: str, project: md.Pipeline
) -> None:
    tab.goto(f"{address}?page=lake.catalogue&theme=dark")
    search = tab.get_by_role("searchbox", name="Search tables, columns and descriptions")
    links = tab.locator(".tables a")
    expect(links).to_have_count(6)
    search.fill("revenue PIECES")
    expect(links).to_have_count(3)
    search.fill("nothing of the kind")
    expect(tab.get_by_text("No table matches.")).to_be_visible()
    search.fill("gold")
    links.filter(has_text="sales").click()
    expect(tab.get_by_role("heading", name="gold.sales")).to_be_visible()
    tab.wait_for_url("**?page=lake.gold.sales&theme=dark")
    rows = len(project.lake.table("gold.sales"))
    expect(tab.locator("dd").nth(1)).to_have_text(f"{rows:,}")
    expect(tab.get_by_role("cell", name="decimal(12,2)")).to_be_visible()
    expect(tab.locator("svg.bars").first).to_be_visible()
    tab.locator(".graph a", has_text="silver").first.click()
    expect(tab.get_by_role("heading", name="silver.sales")).to_be_visible()
    expect(tab.get_by_text("who may see source records").first).to_be_visible()
    tab.go_back()
    expect(tab.get_by_role("heading", name="gold.sales")).to_be_visible()
    tab.get_by_role("link", name="Catalogue").click()
    expect(search).to_be_visible()


def test_runs_are_opened_with_the_keyboard(tab: Any, address: str, project: md.Pipeline) -> None:
    tab.goto(address)
    tab.get_by_text("published").first.click()
    tab.wait_for_url("**?page=lake.runs")
    (run,) = project.lake.runs()
    summary = tab.locator("summary", has_text=f"Published release {run.release}")
    summary.focus()
    tab.keyboard.press("Enter")
    for step in run.steps:
        expect(tab.get_by_role("link", name=step.table)).to_be_visible()
    tab.get_by_role("link", name="silver.sales").click()
    expect(tab.get_by_role("heading", name="silver.sales")).to_be_visible()
