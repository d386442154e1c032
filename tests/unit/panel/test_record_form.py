"""The form of one rejected record."""

from __future__ import annotations

from pathlib import Path

from medallion_panel.blocks.record_form import RecordForm
from medallion_panel.data.quarantine_reader import QuarantineChoice, QuarantineReader
from tests.corrected import published
from tests.unit.panel.tables import SAY, html_in


def test_every_column_has_a_labelled_input_that_reports_changes(tmp_path: Path) -> None:
    record = QuarantineReader(published(tmp_path)).listing(QuarantineChoice()).records[0]
    changes: list[tuple[str, str, str | None]] = []
    form = RecordForm(lambda *change: changes.append(change), SAY)
    form.show(record, {"day": None}, "Cannot be stored: <b>")
    assert form.identity == record.identity
    title, reasons, text, grid, fault = form.view
    assert "Record 1 of data/orders/2024-02.csv" in html_in(title)
    assert "cast amount: abc" in html_in(reasons)
    assert not text.visible
    assert "&lt;b&gt;" in html_in(fault)
    inputs = {each[0].label: each[0] for each in grid}
    assert {name: each.value for name, each in inputs.items()} == {
        "order_id": "3",
        "client_id": "a",
        "amount": "abc",
        "day": "",
    }
    inputs["amount"].value = "3.50"
    inputs["amount"].value = ""
    assert changes == [(record.identity, "amount", "3.50"), (record.identity, "amount", None)]
    form.clear()
    assert (form.identity, len(form.view)) == ("", 0)
