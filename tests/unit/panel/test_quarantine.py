"""The quarantine block: rejected records are chosen, edited and submitted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

import medallion as md
from medallion_panel.blocks.quarantine import QuarantineView
from medallion_panel.data.quarantine_reader import QuarantineAccess, QuarantineReader
from tests.coroutines import other_tasks_end, run_coroutine
from tests.corrected import orders, published
from tests.unit.panel.tables import FORMATS, html_in

# A download button of panel-material-ui passes both to Panel.
pytestmark = pytest.mark.filterwarnings("ignore:Both 'variant' and 'button_style'")


class Visit:
    """A view of a visitor, anne by default."""

    def __init__(
        self, pipeline: md.Pipeline, author: str = "anne", *, enabled: bool = True
    ) -> None:
        self.pipeline = pipeline
        access = QuarantineAccess(QuarantineReader(pipeline), author, enabled)
        self.view = QuarantineView(access, FORMATS, lambda: None)
        self.view.show(self.view.read())

    @property
    def grid(self) -> list[dict[str, str]]:
        grid = self.view.table.grid
        return [
            dict(zip((each["title"] for each in grid.columns), row, strict=True))
            for row in grid.rows
        ]

    def pick(self, row: int) -> dict[str, Any]:
        """Select a row; gives the inputs of the form by label."""
        self.view.table.grid.param.update(picked=row, picks=self.view.table.grid.picks + 1)
        return {each[0].label: each[0] for each in self.view._form.view[3]}

    def text(self, widget: Any) -> str:
        return html_in(widget.view).rpartition("</style>")[2] if widget.view.visible else ""

    @property
    def message(self) -> str:
        notice = self.view._message
        return html_in(notice._text.view).rpartition("</style>")[2] if notice.view.visible else ""


@pytest.fixture
def pipeline(tmp_path: Path) -> md.Pipeline:
    return published(tmp_path)


def run(steps: Callable[[], Awaitable[None]]) -> None:
    async def coroutine() -> None:
        await steps()

    run_coroutine(coroutine())


def test_records_are_listed_with_reasons_and_chosen_by_rule(pipeline: md.Pipeline) -> None:
    async def steps() -> None:
        visit = Visit(pipeline)
        (first, *_) = visit.grid
        assert (first["Record"], first["Reason"]) == ("1", "cast amount: abc")
        assert first["amount"] == "abc"
        rule = visit.view._selects["rule"]
        assert rule.options == [
            ["", "All rules"],
            ["cast", "cast (2)"],
            ["references", "references (1)"],
        ]
        rule.value = "references"
        await other_tasks_end()
        assert [row["Record"] for row in visit.grid] == ["2"]
        assert "1 reject of release" in visit.text(visit.view._caption)

    run(steps)


def test_an_edited_record_is_submitted_with_a_note(pipeline: md.Pipeline) -> None:
    async def steps() -> None:
        visit = Visit(pipeline)
        inputs = visit.pick(0)
        assert list(inputs) == ["order_id", "client_id", "amount", "day"]
        inputs["amount"].value = "3.50"
        assert [row["State"] for row in visit.grid] == ["edited", "", ""]
        assert visit.grid[0]["amount"] == "3.50"
        visit.view._note.value = "receipt"
        await visit.view._submit()
        assert "1 correction stored. The next run applies it." in visit.message
        assert "State" not in visit.grid[0]
        assert "1 correction waits" in visit.text(visit.view._waiting)
        (row,) = pipeline.corrections.listing()
        assert (row["author"], row["note"]) == ("anne", "receipt")
        assert row["changes"] == "amount: abc → 3.50"
        pipeline.run()
        visit.view.show(visit.view.read())
        assert len(visit.grid) == 2
        assert visit.text(visit.view._waiting) == ""
        assert ("3", "3.50") in orders(pipeline)

    run(steps)


def test_the_result_of_edits_is_previewed_until_the_next_edit(pipeline: md.Pipeline) -> None:
    async def steps() -> None:
        visit = Visit(pipeline)
        await visit.view._show_preview()
        assert "No record has been edited." in visit.message
        inputs = visit.pick(0)
        inputs["amount"].value = "3.50"
        visit.pick(1)["amount"].value = "9999"
        await visit.view._show_preview()
        pane = visit.view._preview
        assert "1 of 2 corrected records would be kept" in visit.text(pane._state)
        first, second = (
            dict(zip((each["title"] for each in pane._grid.columns), row, strict=True))
            for row in pane._grid.rows
        )
        assert (first["Record"], first["Outcome"], first["amount"]) == ("1", "Kept", "3.50")
        assert (second["Outcome"], second["Reason"]) == ("Rejected", "between amount: 9999.00")
        assert not len(pipeline.corrections.listing())
        inputs["amount"].value = "4"
        assert not pane._grid.visible
        assert visit.text(pane._state) == ""

    run(steps)


def test_what_cannot_be_previewed_is_shown_at_its_record(pipeline: md.Pipeline) -> None:
    async def steps() -> None:
        visit, other = Visit(pipeline), Visit(pipeline, "ben")
        other.pick(0)["amount"].value = "4"
        await other.view._submit()
        visit.pick(0)["amount"].value = "3.50"
        await visit.view._show_preview()
        assert "has the correction" in visit.grid[0]["State"]
        assert "1 record cannot be corrected so" in visit.text(visit.view._preview._state)

    run(steps)


def test_an_edit_that_is_undone_or_discarded_is_none(pipeline: md.Pipeline) -> None:
    async def steps() -> None:
        visit = Visit(pipeline)
        inputs = visit.pick(0)
        inputs["amount"].value = "3.50"
        inputs["amount"].value = "abc"
        await visit.view._submit()
        assert "No record has been edited." in visit.message
        inputs["day"].value = ""
        assert visit.grid[0]["State"] == "edited"
        visit.view._discard(None)
        assert visit.grid[0]["day"] == "2024-02-01"
        assert not len(visit.view._form.view)

    run(steps)


def test_what_cannot_be_stored_is_shown_at_its_record(pipeline: md.Pipeline) -> None:
    async def steps() -> None:
        visit, other = Visit(pipeline), Visit(pipeline, "ben")
        other.pick(0)["amount"].value = "4"
        await other.view._submit()
        visit.pick(0)["amount"].value = "3.50"
        visit.pick(1)["client_id"].value = "a"
        await visit.view._submit()
        assert "has the correction" in visit.grid[0]["State"]
        assert visit.grid[1]["State"] == "edited"
        assert "1 record cannot be corrected" in visit.message
        assert len(pipeline.corrections.listing()) == 1

    run(steps)


def test_edits_remain_while_the_record_is_rejected(pipeline: md.Pipeline) -> None:
    async def steps() -> None:
        visit = Visit(pipeline)
        visit.pick(0)["amount"].value = "3.50"
        visit.pick(1)["client_id"].value = "b"
        other = Visit(pipeline)
        other.pick(0)["amount"].value = "4"
        await other.view._submit()
        pipeline.run()
        visit.view.show(visit.view.read())
        assert [row["State"] for row in visit.grid] == ["edited", ""]
        assert visit.grid[0]["client_id"] == "b"

    run(steps)


@pytest.mark.parametrize(
    ("author", "enabled", "reason"),
    [("anne", False, "corrections: true"), ("", True, "has no login")],
)
def test_others_see_records_and_why_they_cannot_correct_them(
    pipeline: md.Pipeline, author: str, enabled: bool, reason: str
) -> None:
    visit = Visit(pipeline, author, enabled=enabled)
    assert reason in html_in(visit.view.view[0])
    assert len(visit.grid) == 3
    assert not visit.view.table.grid.pickable
    assert visit.view._note not in list(visit.view.view)
