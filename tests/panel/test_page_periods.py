"""A page's period and comparison: by keyboard and in the URL, with figures as the lake has them."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

import medallion as md
from tests.panel.test_dashboard import query_lake


def clients_between(project: md.Pipeline, first: str, last: str) -> int:
    condition = f"since between date '{first}' and date '{last}'"
    ((count,),) = query_lake(project, f"select count(*) from clients where {condition}")
    return int(count)


def test_a_period_is_chosen_by_keyboard_and_compared(
    tab: Any, address: str, project: md.Pipeline
) -> None:
    tab.goto(f"{address}?page=clients")  # the latest date is 2024-12-15
    figure = tab.locator(".figure")
    expect(figure).to_have_attribute("title", "30")
    period = tab.get_by_role("combobox", name="Period · Since")
    period.focus()
    tab.keyboard.type("Last q")
    tab.keyboard.press("Enter")
    expect(period).to_have_value("last-quarter")
    summer = clients_between(project, "2024-07-01", "2024-09-30")
    expect(figure).to_have_attribute("title", str(summer))
    assert "period=last-quarter" in tab.url
    chip = tab.get_by_role("button", name="Remove the filter Last quarter")
    expect(chip).to_be_visible()

    tab.goto(f"{address}?page=clients&period=last-quarter&compare=previous-period")
    spring = clients_between(project, "2024-04-01", "2024-06-30")
    assert (spring, summer) == (9, 7)
    expect(tab.locator(".change")).to_contain_text(f"▼ 22.2% on {spring}")
    tab.get_by_role("button", name="Remove the filter Compared with").click()
    expect(tab.locator(".change")).to_have_count(0)
    chip.click()
    expect(figure).to_have_attribute("title", "30")
    tab.go_back()
    expect(figure).to_have_attribute("title", str(summer))


def test_a_period_that_there_is_not_is_reported(tab: Any, address: str) -> None:
    tab.goto(f"{address}?page=clients&period=last-decade&compare=other")
    notice = tab.get_by_text("This page has no period “last-decade”")
    expect(notice).to_contain_text("cannot be compared with “other”")
    expect(tab.locator(".figure")).to_have_attribute("title", "30")
