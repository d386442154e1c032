"""A chart saved as an image: SVG and PNG with the heading, the legend, the release and filters."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from playwright.sync_api import expect

import medallion as md

SVG = "{http://www.w3.org/2000/svg}"


def saved(tab: Any, title: str, form: str, folder: Path) -> Path:
    """The image of a chart, saved by its menu, with the keyboard."""
    tab.get_by_label(f"Menu of {title}", exact=True).focus()
    tab.keyboard.press("Enter")
    with tab.expect_download() as download:
        tab.get_by_role("button", name=f"{form} image").filter(visible=True).press("Enter")
    expect(tab.get_by_role("button", name=f"{form} image").filter(visible=True)).to_have_count(0)
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def test_a_chart_is_saved_as_it_is_on_the_screen(
    tab: Any, address: str, project: md.Pipeline, tmp_path: Path
) -> None:
    tab.goto(f"{address}?page=home&country=France")
    expect(tab.locator(".bk-Figure")).to_have_count(5)
    path = saved(tab, "Shares", "SVG", tmp_path)
    assert path.name == "shares.svg"
    image = ElementTree.fromstring(path.read_bytes())  # noqa: S314 (our own file)
    words = ["".join(each.itertext()) for each in image.iter(f"{SVG}text")]
    for word in ("Shares", "Tea", "Cups", "Honey", "&", "Jam", "Filters: Country: France"):
        assert word in words
    assert sum(word.endswith("%") for word in words) >= 2  # the ticks of its axis
    assert any(project.store().release().id in word for word in words)
    assert len(list(image.iter(f"{SVG}path"))) >= 3  # an area for each product
    width, height = (float(image.get(name, "")) for name in ("width", "height"))
    path = saved(tab, "Shares", "PNG", tmp_path)
    data = path.read_bytes()
    assert data.startswith(b"\x89PNG")
    assert struct.unpack(">II", data[16:24]) == (int(width * 2), int(height * 2))


def test_escape_closes_the_menu(tab: Any, address: str) -> None:
    tab.goto(f"{address}?page=home")
    menu = tab.get_by_label("Menu of World", exact=True)
    menu.click()
    button = tab.get_by_role("button", name="PNG image").filter(visible=True)
    expect(button).to_have_count(1)
    tab.keyboard.press("Escape")
    expect(button).to_have_count(0)
    expect(menu).to_be_focused()
