"""The axes of a scatter plot by the kinds of its columns."""

from __future__ import annotations

from bokeh.models import FactorRange

from medallion.query.column_types import Kind
from medallion_panel.block_settings import Scatter
from medallion_panel.blocks.scatter_axes import axis, missing_note
from tests.unit.panel.conftest import OpenContext
from tests.unit.panel.tables import SmallTable

TABLE = SmallTable({"day": "text", "spent": "int64"}, [("Monday", 1)])


def test_texts_are_names_on_an_axis() -> None:
    (name, names) = next(iter(axis("y", Kind("text"), ["Monday", "Tuesday"]).items()))
    assert name == "y_range"
    assert isinstance(names, FactorRange)
    assert names.factors == ["Monday", "Tuesday"]
    assert axis("x", Kind("integer"), ()) == {}
    assert axis("x", Kind("date"), ()) == {"x_axis_type": "datetime"}


def test_rows_that_cannot_be_drawn_are_counted(open_context: OpenContext) -> None:
    context, block = open_context(TABLE), Scatter(table="t", x="day", y="spent")
    assert missing_note(0, block, context) == ""
    note = missing_note(3, block, context)
    assert note == "3 rows without a finite Day or Spent are not drawn."
