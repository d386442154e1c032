"""The panel with the rows behind a figure, as it is filled, replaced and closed."""

from __future__ import annotations

import asyncio
import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import medallion as md
from medallion.errors import CallError
from medallion_panel.data.origin_reader import OriginQuestion, OriginReader
from medallion_panel.pages.mark_question import MarkQuestion
from medallion_panel.pages.origin_panel import OriginPanel
from medallion_panel.ui.mark_clicks import Click
from tests.coroutines import other_tasks_end, run_coroutine
from tests.integration import small
from tests.unit.panel.tables import FORMATS, html_in

# A download button of panel-material-ui passes both to Panel.
pytestmark = pytest.mark.filterwarnings("ignore:Both 'variant' and 'button_style'")


class Visit:
    """A panel, and the questions that clicks on the marks 0 and 1 ask."""

    def __init__(self, folder: Path) -> None:
        self.pipeline: md.Pipeline = small.publish(folder)
        release = self.pipeline.store().release().id
        self.clients = [
            MarkQuestion(
                OriginQuestion(
                    "gold.by_client", release, f"client_id = '{client}'", "sum(revenue)"
                ),
                title=f"{client} · Revenue",
                block="Clients",
                shown="",
                write=FORMATS.writer("decimal"),
                mark=mark,
                parts=("a", "b"),
            )
            for mark, client in enumerate("ab")
        ]
        self.error: Exception | None = None
        self.opened: list[bool] = []
        reader = OriginReader(self.pipeline)
        self.panel = OriginPanel(reader, FORMATS, self.ask, self.opened.append)

    def ask(self, click: Click) -> MarkQuestion | None:
        if self.error:
            raise self.error
        return self.clients[click.mark] if click.card == 0 else None

    async def click(self, card: int, mark: int, *, narrow: bool = False) -> None:
        click = Click(card, mark, narrow=narrow)
        await self.panel.open(*await self.panel.question(click), click)
        await other_tasks_end()

    @property
    def content(self) -> Any:
        return self.panel._drawer.objects[0]

    @property
    def html(self) -> str:
        return "".join(
            html_in(part) for part in self.content if type(part).__name__ == "Column" and part
        )

    @property
    def csv(self) -> Any:
        """The first download button."""
        rows = [part for part in self.content if type(part).__name__ == "Row"]
        return next(part for row in rows for part in row if type(part).__name__ == "FileDownload")


@pytest.fixture
def visit(tmp_path: Path) -> Visit:
    return Visit(tmp_path)


def test_a_click_opens_the_panel_with_figure_records_and_reasons(visit: Visit) -> None:
    async def steps() -> None:
        assert len(visit.panel.view) == 0  # nothing is built before the first click
        await visit.click(1, 0)
        assert len(visit.panel.view) == 0  # what was clicked is no longer shown
        await visit.click(0, 1)
        assert visit.panel._drawer.open
        assert visit.opened == [True]
        assert "20.50" in visit.html
        assert "sum of silver.orders.amount in 1 row" in visit.html
        assert "2 more records would have counted" in visit.html
        visit.panel.close()
        assert visit.opened == [True, False]

    run_coroutine(steps())


def test_another_part_is_chosen_without_the_mouse(visit: Visit) -> None:
    async def steps() -> None:
        await visit.click(0, 1)
        select = next(part for part in visit.content if type(part).__name__ == "SelectBox")
        assert (select.value, select.options) == (
            "1",
            [["-1", "Everything"], ["0", "a"], ["1", "b"]],
        )
        select.value = "0"
        await other_tasks_end()
        assert "17.25" in visit.html
        assert "20.50</p>" not in visit.html

    run_coroutine(steps())


def test_records_are_downloaded_in_full(visit: Visit) -> None:
    async def steps() -> None:
        await visit.click(0, 1)
        assert visit.csv.visible
        file: io.BytesIO = await visit.csv.callback()
        assert file.read().decode().splitlines()[0] == "table,file,record,row"

    run_coroutine(steps())


def test_a_file_that_cannot_be_written_says_so(visit: Visit) -> None:
    async def steps() -> None:
        await visit.click(0, 1)
        trace: Any = visit.panel._trace
        trace._connection.close()
        with pytest.raises(asyncio.CancelledError):  # which Panel takes for no file
            await visit.csv.callback()
        assert "The rows could not be traced; see the server&#39;s log." in visit.html
        visit.panel.close()
        with pytest.raises(asyncio.CancelledError):
            await visit.csv.callback()
        assert "could not be traced" not in visit.html  # the visitor has closed it

    run_coroutine(steps())


def test_what_cannot_be_traced_says_why(visit: Visit) -> None:
    async def steps() -> None:
        asked = visit.clients[0]
        question = replace(asked.origin, table="gold.nothing")
        visit.clients[0] = replace(asked, origin=question)
        await visit.click(0, 0)
        assert "There is no table" in visit.html or "no table" in visit.html

    run_coroutine(steps())


def test_a_sheet_covers_a_narrow_screen(visit: Visit) -> None:
    async def steps() -> None:
        await visit.click(0, 1, narrow=True)
        assert visit.panel._drawer.anchor == "bottom"

    run_coroutine(steps())


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (CallError("no column 'land'"), "no column &#39;land&#39;."),
        (KeyError("land"), "The rows could not be traced; see the server&#39;s log."),
    ],
)
def test_a_click_that_cannot_be_understood_says_why(
    visit: Visit, error: Exception, message: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def steps() -> None:
        visit.error = error
        await visit.click(0, 0)
        assert visit.panel._drawer.open
        assert message in visit.html
        visit.panel.close()
        visit.error = None
        await visit.click(0, 1)
        visit.error = error
        select = next(part for part in visit.content if type(part).__name__ == "SelectBox")
        select.value = "0"
        await other_tasks_end()
        assert message in visit.html
        assert "20.50" not in visit.html

    run_coroutine(steps())
    assert ("mark 0 of card 0" in caplog.text) == isinstance(error, KeyError)


def test_parts_with_equal_labels_can_all_be_chosen(visit: Visit) -> None:
    async def steps() -> None:
        parts = ("a", "a", "Everything", "a (2)")
        visit.clients = [replace(each, parts=parts) for each in visit.clients]
        await visit.click(0, 1)
        select = next(part for part in visit.content if type(part).__name__ == "SelectBox")
        assert select.options == [
            ["-1", "Everything"],
            ["0", "a"],
            ["1", "a (2)"],
            ["2", "Everything (2)"],
            ["3", "a (2) (2)"],
        ]
        assert select.value == "1"

    run_coroutine(steps())
