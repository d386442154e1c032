"""Downloads of a table: for what they are offered, and what they say that they contain."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace

import pytest

from medallion.contracts import Query
from medallion.export.xlsx import MOST_ROWS
from medallion_panel.blocks.block_context import BlockContext
from medallion_panel.blocks.table_downloads import TableDownloads
from medallion_panel.blocks.table_page import TablePage
from medallion_panel.ui.downloads import in_download_thread
from tests.coroutines import run_coroutine
from tests.unit.panel.conftest import OpenContext
from tests.unit.panel.tables import SAY, SmallTable

# A download button of panel-material-ui passes both to Panel.
pytestmark = pytest.mark.filterwarnings("ignore:Both 'variant' and 'button_style'")

COLUMNS = tuple(f"column_{number}" for number in range(1, 11))
WIDE = SmallTable(dict.fromkeys(COLUMNS, "int64"), [range(10), range(10, 20)])


def page_of(context: BlockContext, columns: tuple[str, ...]) -> TablePage:
    query = Query(fields=columns)
    page = context.store.find("t", query)
    return TablePage("t", context, query, (), page, 2, 0, None, None)


def test_they_name_the_columns_unless_these_are_all(open_context: OpenContext) -> None:
    downloads = TableDownloads("t", SAY)
    page = page_of(open_context(WIDE), COLUMNS)
    downloads.offer(page, some=False)
    button = downloads.buttons[0]
    assert button.description == "All rows that match the filters, as CSV"
    downloads.offer(replace(page, query=Query(fields=COLUMNS[1:])), some=True)
    names = ", ".join(f"Column {number}" for number in range(2, 10))
    assert button.description == (
        f"All rows that match the filters, as CSV; columns: {names} and 1 more"
    )
    assert (
        run_coroutine(button.callback()).getvalue().decode().splitlines()[1] == "1,2,3,4,5,6,7,8,9"
    )


def test_a_file_has_the_rows_of_the_moment_of_the_click(open_context: OpenContext) -> None:
    """A visitor may change the filters while it waits for a thread."""
    downloads = TableDownloads("t", SAY)
    page = page_of(open_context(WIDE), COLUMNS[:1])
    downloads.offer(page, some=False)

    async def file() -> str:
        free = threading.Event()
        others = [asyncio.ensure_future(in_download_thread(free.wait)) for _ in range(8)]
        clicked = asyncio.ensure_future(downloads.buttons[0].callback())
        await asyncio.sleep(0)
        downloads.offer(replace(page, query=Query(fields=COLUMNS[1:2])), some=False)
        free.set()
        await asyncio.gather(*others)
        return str((await clicked).getvalue().decode("utf-8-sig"))

    assert run_coroutine(file()).splitlines() == ["column_1", "0", "10"]


def test_a_sheet_is_not_offered_for_more_rows_than_it_can_have(open_context: OpenContext) -> None:
    downloads = TableDownloads("t", SAY)
    page = page_of(open_context(WIDE), COLUMNS)
    downloads.offer(replace(page, total=MOST_ROWS), some=False)
    disabled = {each.filename: each.disabled for each in downloads.buttons[2:]}
    assert disabled == {"t.xlsx": True, "t.parquet": False}
    downloads.offer(page, some=False)
    assert [each.disabled for each in downloads.buttons] == [False] * 4
    downloads.stop()
    assert [each.disabled for each in downloads.buttons] == [True] * 4
