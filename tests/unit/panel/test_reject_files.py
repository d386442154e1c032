"""Files and code of chosen rejected records: all of them, in the columns that are shown."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest

from medallion_panel.blocks.reject_files import RejectFiles
from medallion_panel.data import quarantine_reader
from medallion_panel.data.quarantine_reader import QuarantineChoice, QuarantineReader
from tests.coroutines import run_coroutine
from tests.corrected import published
from tests.unit.panel.tables import SAY

# A download button of panel-material-ui passes both to Panel.
pytestmark = pytest.mark.filterwarnings("ignore:Both 'variant' and 'button_style'")

ADDED = ["_reason", "_reject"]


def file_of(files: RejectFiles, form: int) -> io.BytesIO:
    content: io.BytesIO = run_coroutine(files.buttons[form].callback())
    return content


def test_a_file_has_all_chosen_records_and_can_be_corrected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quarantine_reader, "FIRST", 1)
    pipeline = published(tmp_path)
    reader = QuarantineReader(pipeline)
    files = RejectFiles(reader, SAY)
    listing = reader.listing(QuarantineChoice(rule="cast"))
    assert (len(listing.records), listing.total) == (1, 2)
    files.offer(listing, ["amount"])
    assert files.buttons[0].filename == "silver.orders-rejects.csv"
    rows = list(csv.DictReader(io.StringIO(file_of(files, 0).getvalue().decode())))
    assert [list(row) for row in rows] == [["amount", *ADDED]] * 2
    assert (rows[0]["amount"], rows[0]["_reason"]) == ("abc", "cast amount: abc")
    rows[0]["amount"] = "3.50"
    (added,) = pipeline.corrections.correct("silver.orders", rows).added
    assert added.values == {"amount": "3.50"}
    files.offer(reader.listing(QuarantineChoice()), [])
    sheet = list(openpyxl.load_workbook(file_of(files, 1))["rows"].values)
    assert list(sheet[0]) == ["order_id", "client_id", "amount", "day", *ADDED]
    assert len(sheet) == 4
    assert files.buttons[0].description == "All of these records, as CSV"


def test_without_records_there_is_no_file(tmp_path: Path) -> None:
    reader = QuarantineReader(published(tmp_path))
    files = RejectFiles(reader, SAY)
    listing = reader.listing(QuarantineChoice())
    files.offer(listing, [])
    assert [button.disabled for button in files.buttons] == [False, False]
    files.offer(replace(listing, records=()), [])
    assert [button.disabled for button in files.buttons] == [True, True]
