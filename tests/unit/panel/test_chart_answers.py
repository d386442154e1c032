"""What the browser asks of a chart: the names of its parts, its figures as a table and as files."""

from __future__ import annotations

from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

import medallion as md
from medallion.contracts import Filter
from medallion_panel.blocks.block_context import BlockContext
from medallion_panel.pages.card import Card
from tests.coroutines import other_tasks_end, run_coroutine
from tests.unit.panel.conftest import OpenContext
from tests.unit.panel.tables import FORMATS, SmallTable, block_of

SALES = SmallTable({"month": "text", "value": "int64"}, [("2023-01", 1), ("2023-02", 2500)])
LINE = {"title": "By month", "table": "t", "x": "month", "y": "sum(value)"}


@pytest.fixture
def card(tmp_path: Path) -> Card:
    (tmp_path / "medallion.yaml").write_text(
        "name: s\ntables:\n  bronze: {t: {source: t.csv}}\n  gold: {t: {from: bronze.t}}\n"
    )
    (tmp_path / "t.csv").write_text("id\n1\n")
    pipeline = md.Pipeline.load(tmp_path / "medallion.yaml")
    return Card(block_of(line=LINE), pipeline, FORMATS, lambda: None)


@pytest.fixture
def context(open_context: OpenContext) -> BlockContext:
    return open_context(SALES)


def ask(card: Card, *questions: str) -> None:
    """Ask, and wait for the answer to each."""

    async def main() -> None:
        for question in questions:
            card.view._handle_msg({"ask": question})
            await other_tasks_end()

    run_coroutine(main())


def test_a_table_is_shown_and_follows_the_filters_until_the_chart_is(
    card: Card, context: BlockContext
) -> None:
    card.show(card.read(context))
    assert card.view.figures == {}
    ask(card, "table")
    assert card.view.figures["caption"] == "Figures of By month"
    assert card.view.figures["rows"] == [["Jan 2023", "1"], ["Feb 2023", "2,500"]]
    assert card.view.figures["columns"][1] == {"title": "Value", "right": True}
    filters = (Filter("month", "eq", "2023-01"),)

    async def filter_page() -> None:
        card.show(card.read(BlockContext(context.store, FORMATS, filters)))
        await other_tasks_end()

    run_coroutine(filter_page())
    assert card.view.figures["rows"] == [["Jan 2023", "1"]]
    ask(card, "chart")
    assert card.view.figures == {}


def test_the_parts_are_named(card: Card, context: BlockContext) -> None:
    card.show(card.read(context))
    ask(card, "parts")
    assert card.view.parts == ["Jan 2023: 1", "Feb 2023: 2,500"]


def test_files_are_sent_to_the_browser(
    card: Card, context: BlockContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Any] = []
    monkeypatch.setattr(card.view, "_send_msg", sent.append)
    card.show(card.read(context))
    ask(card, "csv", "xlsx", "nothing")
    assert [each["name"] for each in sent] == ["By_month.csv", "By_month.xlsx"]
    assert b64decode(sent[0]["content"]) == b"Month,Value\r\n2023-01,1\r\n2023-02,2500\r\n"
    assert b64decode(sent[1]["content"])[:2] == b"PK"


def test_without_a_chart_there_is_no_answer(card: Card) -> None:
    ask(card, "table", "parts", "csv")
    assert (card.view.figures, card.view.parts) == ({}, [])
