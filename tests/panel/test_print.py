"""A page printed to PDF: all its blocks, in full, with its filters and its release."""

from __future__ import annotations

import io
from typing import Any

from playwright.sync_api import expect
from pypdf import PdfReader

import medallion as md
from tests.panel.page_content import eventually


def printed(tab: Any) -> list[str]:
    """The text of each page of paper, without spaces: the reader splits words by their fonts."""
    reader = PdfReader(io.BytesIO(tab.pdf(format="A4")))
    assert {tuple(map(round, page.mediabox[2:])) for page in reader.pages} == {(596, 843)}
    return ["".join(page.extract_text().split()) for page in reader.pages]


def test_a_printed_page_has_all_blocks_and_names_release_and_filters(
    tab: Any, address: str, project: md.Pipeline
) -> None:
    tab.set_viewport_size({"width": 1280, "height": 700})
    tab.goto(f"{address}?page=home&country=France&country=Japan&product__eq=Tea")
    expect(tab.locator(".bk-Figure")).to_have_count(5)
    expect(tab.get_by_text("silver.sales", exact=True)).to_be_attached()
    pages = printed(tab)
    text = "".join(pages)
    titles = ("Revenue", "Bymonth", "Shares", "Products", "Weekdays", "World", "Quality")
    assert [title for title in titles if title not in text] == []
    release = project.store().release().id
    assert pages[0].startswith(f"Homecorner·release{release},published")
    assert "Filters:Country:France,Japan·Product:Tea" in pages[0]
    assert "silver.sales" in pages[-1]  # the last row of the last block
    assert len(pages) == 2
    for control in ("Clearfilters", "Cornershop", "Performance"):  # a button, header and menu
        assert control not in text
    # The screen is as before.
    expect(tab.get_by_role("button", name="Clear filters")).to_be_visible()
    expect(tab.get_by_text("Corner shop", exact=True)).to_be_visible()
    assert tab.evaluate("document.querySelectorAll('head style').length") == tab.evaluate(
        "[...document.querySelectorAll('head style')]"
        ".filter((style) => !style.textContent.includes('@page')).length"
    )


def test_a_table_is_printed_with_its_search_and_dark_on_white(tab: Any, address: str) -> None:
    tab.set_viewport_size({"width": 1280, "height": 700})
    tab.goto(f"{address}?page=clients&theme=dark&q=Client 2")
    expect(tab.get_by_text("1–5 of 11")).to_be_visible()
    expect(tab.locator(".bk-Figure")).to_have_count(2)
    (page,) = printed(tab)
    assert "Filters:NamecontainsClient2" in page
    assert "1–5of11" in page
    assert "Client20" in page
    assert "Parquet" not in page
    # As the browser lays it out for print: dark on white.
    tab.evaluate("dispatchEvent(new Event('beforeprint'))")
    heading = tab.get_by_role("heading", name="Clients", level=1)
    assert heading.evaluate("each => each.getBoundingClientRect().top") < 30  # no room for the bar
    for text in ("Clients", "Client 20"):
        shown = tab.get_by_text(text, exact=True).filter(visible=True).first
        assert shown.evaluate("each => getComputedStyle(each).color") == "rgb(28, 31, 36)"
    cell = tab.get_by_text("Client 20", exact=True)
    whole = "each => each.closest('table').matches('.whole-words')"  # not broken within a word
    assert cell.evaluate(whole)
    tab.evaluate("dispatchEvent(new Event('afterprint'))")
    assert not cell.evaluate(whole)
    assert cell.evaluate("each => getComputedStyle(each).color") == "rgb(255, 255, 255)"


def test_a_wide_table_is_printed_whole_and_a_button_is_not(tab: Any, address: str) -> None:
    tab.set_viewport_size({"width": 1280, "height": 700})
    tab.goto(f"{address}?page=performance")
    table = tab.get_by_role("group", name="Run", exact=True)
    expect(table).to_be_visible()
    eventually(
        lambda: table.evaluate("each => each.scrollWidth > each.clientWidth"),
        lambda: "the table fits the page",
    )
    tab.emulate_media(media="print")
    assert table.evaluate("each => each.scrollWidth <= each.clientWidth")
    status = table.get_by_role("cell", name="succeeded", exact=True).first
    assert (
        status.evaluate(
            "each => { const text = document.createRange();"
            " text.selectNodeContents(each); return text.getClientRects().length }"
        )
        == 1
    )
    expect(table).to_have_css("background-image", "none")
    expect(tab.get_by_role("button", name="Measure now")).to_be_hidden()
    tab.emulate_media(media="screen")
    expect(tab.get_by_role("button", name="Measure now")).to_be_visible()


# Many rows, and totals, in the table of the page; they stay in this tab.
LONG = """() => {
  const models = [...Bokeh.documents[0]._all_models.values()]
  const { data } = models.find((each) => each.class_name === "TextGrid" && each.data.rows.length)
  const row = (number) => data.columns.map(({ title }) => `${title} ${number} of a long text`)
  data.setv({ rows: Array.from({ length: 120 }, (_, number) => row(number + 1)),
    footer: data.columns.map((_, number) => number ? "" : "Total of all") })
}"""


def test_a_long_table_has_its_headers_on_every_page_and_no_row_is_cut(
    tab: Any, address: str
) -> None:
    tab.set_viewport_size({"width": 1280, "height": 700})
    tab.goto(f"{address}?page=clients")
    expect(tab.get_by_text("1–5 of 30")).to_be_visible()
    expect(tab.locator(".bk-Figure")).to_have_count(2)
    tab.evaluate(LONG)
    expect(tab.get_by_role("row", name="Name 120 of")).to_be_attached()
    pages = printed(tab)
    numbers = [[number for number in range(1, 121) if f"Name{number}of" in page] for page in pages]
    assert [number for page in numbers for number in page] == list(range(1, 121))
    with_rows = [page for page, rows in zip(pages, numbers, strict=True) if rows]
    assert len(with_rows) > 2
    assert [page.count("NameCountrySpent▼Since") for page in with_rows] == [1] * len(with_rows)
    assert "".join(pages).count("Totalofall") == 1


def test_a_phone_prints_all_blocks(tab: Any, address: str) -> None:
    tab.set_viewport_size({"width": 390, "height": 800})
    tab.goto(f"{address}?page=home")
    expect(tab.locator(".bk-Figure")).to_have_count(5)
    pages = printed(tab)
    assert "Revenue" in pages[0]
    assert "silver.sales" in pages[-1]
