"""The records of corrections."""

from __future__ import annotations

from medallion.records import CorrectionEntry, SourceFile
from medallion.secrets import SECRETS
from tests.unit.lake.test_corrections import correction, entry, source


def test_a_correction_says_where_it_is_and_with_which_it_was_stored() -> None:
    each = correction("20260101-000000-000000-12", record=1200)
    assert each.place == "record 1,200 of a.csv"
    assert each.entry == "20260101-000000-000000"


def test_a_secret_in_a_note_is_masked() -> None:
    SECRETS.add("hunter2-hunter2")
    written = entry(1).model_copy(update={"note": "x"}).model_dump()
    assert CorrectionEntry(**{**written, "note": "hunter2-hunter2"}).note == "***"


def test_files_without_corrections_are_recorded_as_before() -> None:
    plain = source("aa")
    assert not {"corrections", "unapplied"} & plain.model_dump().keys()
    assert plain.identity == "aa-"
    corrected = source("aa", "x", "y", unapplied=("y",))
    assert SourceFile.model_validate_json(corrected.model_dump_json()) == corrected
    assert corrected.identity.startswith("aa--")
    assert corrected.corrected == 1
