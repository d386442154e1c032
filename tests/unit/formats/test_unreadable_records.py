"""Unreadable records: collected in order, with bounded memory."""

from __future__ import annotations

import pytest

from medallion.errors import SourceError
from medallion.formats import unreadable_records
from medallion.formats.unreadable_records import UnreadableRecords


def test_records_are_kept_in_order_and_long_texts_are_cut() -> None:
    records = UnreadableRecords("a.csv")
    records.add(3, "no", "x" * 10_001)
    records.add(7, "neither", "y")
    assert records.all() == ((3, "no", "x" * 10_000), (7, "neither", "y"))
    assert len(records) == 2


def test_a_file_of_another_format_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unreadable_records, "_MEMORY", 1000)
    records = UnreadableRecords("a.csv")
    for number in range(1, 5):
        records.add(number, "no object", "x" * 50)
    with pytest.raises(SourceError, match=r"a\.csv: 5 of the first 9 records .* the last: no list"):
        records.add(9, "no list", "")
