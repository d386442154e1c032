"""The table of rejected records: its columns, in the URL too."""

from __future__ import annotations

from pathlib import Path

import pytest

from medallion.errors import CallError
from medallion_panel.blocks.block_context import BlockContext
from medallion_panel.blocks.reject_table import RejectTable
from medallion_panel.data.quarantine_reader import QuarantineChoice, QuarantineReader
from tests.corrected import published
from tests.unit.panel.conftest import OpenContext
from tests.unit.panel.tables import FORMATS, SmallTable

# A download button of panel-material-ui passes both to Panel.
pytestmark = pytest.mark.filterwarnings("ignore:Both 'variant' and 'button_style'")

PLACE = ["File", "Record", "Reason"]


@pytest.fixture
def context(open_context: OpenContext) -> BlockContext:
    return open_context(SmallTable({"a": "int64"}, [(1,)]))


def titles(table: RejectTable) -> list[str]:
    table.show({}, {})
    return [column["title"] for column in table.grid.columns]


def test_a_visitor_chooses_the_columns_that_are_shown(
    tmp_path: Path, context: BlockContext
) -> None:
    reader, changes = QuarantineReader(published(tmp_path)), list[int]()
    table = RejectTable(reader, FORMATS, lambda: changes.append(1), pickable=True)
    # Columns of a URL wait for the records.
    table.set({"columns": ["day", "x", "amount"]}, context)
    assert table.texts() == {"columns": ["day", "x", "amount"]}
    listing = reader.listing(QuarantineChoice())
    assert table.offer(listing) == "This table has no column 'x'"
    assert table.texts() == {"columns": ["amount", "day"]}
    assert titles(table) == [*PLACE, "amount", "day"]
    assert table.grid.rows[0][1:] == ["1", "cast amount: abc", "abc", "2024-02-01"]
    assert [text for _, text in table.columns.view.options] == [
        "order_id", "client_id", "amount", "day",
    ]  # fmt: skip
    assert "columns: amount, day" in table.files.buttons[0].description
    # Those of a visitor are shown with the next reading, as are those of another URL.
    table.columns.view.value = ["order_id"]
    assert changes == [1]
    assert table.offer(listing) == ""
    assert titles(table) == [*PLACE, "order_id"]
    with pytest.raises(CallError, match="no column 'y'"):
        table.set({"columns": ["y"]}, context)
    table.set({}, context)
    table.offer(listing)
    assert table.texts() == {}
    assert len(titles(table)) == len(PLACE) + 4
    assert table.files.buttons[0].description == "All of these records, as CSV"
