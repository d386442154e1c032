"""One block as a card: what it reads, what it says instead, and what it shows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import medallion as md
from medallion.contracts import Filter
from medallion_panel.blocks.block_context import BlockContext
from medallion_panel.data.quarantine_reader import QuarantineAccess, QuarantineReader
from medallion_panel.pages.card import Card, CardContent
from tests.corrected import published
from tests.unit.panel.conftest import OpenContext
from tests.unit.panel.tables import FORMATS, SmallTable, block_of

# A download button of panel-material-ui passes both to Panel.
pytestmark = pytest.mark.filterwarnings("ignore:Both 'variant' and 'button_style'")

YAML = "name: small\ntables:\n  bronze:\n    t: {source: t.csv}\n  gold:\n    t: {from: bronze.t}\n"
SALES = SmallTable(
    {"month": "text", "country": "text", "value": "float64"},
    [("2023-01", "IE", 1.0), ("2023-02", "DE", 2.0), ("2023-03", "IE", 3.0)],
)
MakeCard = Callable[..., Card]


@pytest.fixture
def card_of(tmp_path: Path) -> MakeCard:
    (tmp_path / "medallion.yaml").write_text(YAML)
    (tmp_path / "t.csv").write_text("id\n1\n")
    pipeline = md.Pipeline.load(tmp_path / "medallion.yaml")
    return lambda **kind: Card(block_of(**kind), pipeline, FORMATS, lambda: None)


@pytest.fixture
def context(open_context: OpenContext) -> BlockContext:
    return open_context(SALES)


def test_rejected_records_are_shown_to_those_who_may_see_them(
    card_of: MakeCard, context: BlockContext, tmp_path: Path
) -> None:
    content = card_of(quarantine={}).read(context)
    assert "only to visitors who have logged in" in content.message
    pipeline = published(tmp_path / "orders")
    access = QuarantineAccess(QuarantineReader(pipeline), "anne", enabled=True)
    card = Card(block_of(quarantine={}), pipeline, FORMATS, lambda: None, 0, access)
    content = card.read(context)
    assert content.value.total == 3
    card.show(content)
    assert card.view.content is not None
    assert not card.view.empty


def filtered(context: BlockContext, field: str, value: Any) -> BlockContext:
    return BlockContext(context.store, FORMATS, (Filter(field, "eq", value),))


def message(card: Card) -> str:
    """The text of the message."""
    text: str = card.view.message
    return text


LINE = {"table": "t", "x": "month", "y": "sum(value)"}


@pytest.mark.parametrize(
    ("kind", "settings", "kind_of_value"),
    [
        ("kpi", {"table": "t", "value": "count()"}, "Markup"),
        ("line", LINE, "RenderedChart"),
        ("area", LINE, "RenderedChart"),
        ("bar", LINE, "RenderedChart"),
        ("scatter", {"table": "t", "x": "month", "y": "value"}, "RenderedChart"),
        ("histogram", {"table": "t", "column": "value"}, "RenderedChart"),
        ("heatmap", {**LINE, "y": "country", "value": "count()"}, "RenderedChart"),
        ("map", {"table": "t", "country": "country", "value": "count()"}, "RenderedChart"),
        ("table", {"table": "t"}, "TablePage"),
        ("quality", {}, "Markup"),
        ("freshness", {}, "Markup"),
        ("runs", {}, "Markup"),
        ("changes", {}, "Markup"),
        ("speed", {}, "NoneType"),
        ("markdown", {"text": "# Title"}, "Markup"),
    ],
)
def test_every_kind_of_block_is_read_and_shown(
    card_of: MakeCard, context: BlockContext, kind: str, settings: Any, kind_of_value: str
) -> None:
    card = card_of(**{kind: settings})
    content = card.read(context)
    assert (content.message, type(content.value).__name__) == ("", kind_of_value)
    card.show(content)
    assert message(card) == ""
    assert not card.retry
    assert not card.view.busy


def test_nothing_to_show_says_whether_filters_are_the_reason(
    card_of: MakeCard, context: BlockContext
) -> None:
    line = card_of(line=LINE)
    content = line.read(filtered(context, "country", "FR"))
    assert content.message == "No rows match these filters."
    line.show(content)
    assert "No rows match these filters." in message(line)
    assert line.view.empty
    line.show(line.read(context))
    assert (message(line), line.view.empty) == ("", False)
    rows = card_of(table={"table": "t"})
    rows.show(rows.read(filtered(context, "country", "FR")))
    assert "No rows match these filters." in message(rows)
    assert not rows.view.empty  # its search remains


def test_an_empty_table_has_nothing_to_show(card_of: MakeCard, open_context: OpenContext) -> None:
    empty = open_context(SmallTable(SALES.types, []))
    assert card_of(line=LINE).read(empty).message == "There is nothing to show."


def test_filters_that_do_not_apply_are_named(card_of: MakeCard, context: BlockContext) -> None:
    card = card_of(kpi={"table": "t", "value": "count()"})
    content = card.read(filtered(context, "some_column", 1))
    assert list(content.ignored) == ["Some column"]
    card.show(content)
    assert card.view.remarks == "Not filtered by Some column."


def test_a_fault_of_the_declaration_is_the_message_and_is_not_retried(
    card_of: MakeCard, context: BlockContext
) -> None:
    content = card_of(line={**LINE, "x": "mont"}).read(context)
    assert "'mont'" in content.message
    assert not content.retry


def test_an_unreachable_store_is_retried_and_keeps_its_secrets(
    card_of: MakeCard, context: BlockContext, tmp_path: Path
) -> None:
    context.store.release()
    (tmp_path / "serving.db").rename(tmp_path / "hidden.db")
    card = card_of(line=LINE)
    content = card.read(context)
    assert content.retry
    assert "serving.db" not in content.message
    card.show(content)
    assert card.retry
    (tmp_path / "hidden.db").rename(tmp_path / "serving.db")
    context.store.release()
    card.show(card.read(context))
    assert not card.retry


def test_an_unexpected_error_is_in_the_log_only(
    card_of: MakeCard,
    context: BlockContext,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: Any) -> None:
        raise ZeroDivisionError("at secret place")

    monkeypatch.setattr("medallion_panel.pages.card.kpi_html", fail)
    content = card_of(kpi={"table": "t", "value": "count()"}).read(context)
    assert content.message == "This could not be drawn; see the server's log."
    assert "at secret place" in caplog.text


def test_a_chart_on_the_screen_is_updated_in_place(
    card_of: MakeCard, context: BlockContext
) -> None:
    card = card_of(line=LINE)
    card.show(card.read(context))
    pane = card.view.content
    card.show(card.read(filtered(context, "country", "IE")))
    assert card.view.content is pane
    assert 2.0 not in list(pane.object.renderers[0].data_source.data["y"])
    card.show(card.read(filtered(context, "month", "2023-01")))
    assert card.view.content is not pane  # the axis of a single period is another one


def test_a_card_is_dimmed_while_it_is_read(card_of: MakeCard, context: BlockContext) -> None:
    card = card_of(markdown={"text": "x"})
    card.set_busy(True)
    assert card.view.busy
    card.show(CardContent(context))
    assert not card.view.busy
