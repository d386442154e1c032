"""The texts of the quarantine block, and the content of its grid."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import medallion as md
from medallion.errors import CallError
from medallion_panel.blocks.quarantine_parts import (
    caption,
    column_names,
    grid_content,
    refuse_access,
    remainder_text,
    waiting_text,
)
from medallion_panel.data.quarantine_reader import (
    QuarantineChoice,
    QuarantineListing,
    QuarantineReader,
)
from tests.unit.panel.tables import FORMATS, SAY

EMPTY = QuarantineListing("r1", QuarantineChoice(), {})


def test_texts_say_what_is_listed_and_what_is_not() -> None:
    assert caption(EMPTY, SAY) == "Nothing is in quarantine in release r1."
    listing = replace(EMPTY, tables={"silver.t": 1}, total=1)
    assert caption(listing, SAY) == "1 reject of release r1"
    assert (remainder_text(listing, SAY), waiting_text(listing, SAY)) == ("", "")
    many = replace(listing, total=5000, others=3, waiting=2)
    assert "the first 200 rejects" in remainder_text(many, SAY)
    assert "3 rejects of no single source record" in remainder_text(many, SAY)
    assert waiting_text(many, SAY) == "2 corrections wait for the next run."


def test_an_unreadable_record_is_shown_as_text(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("id,name\n1,a\n2,b,c\n")
    (tmp_path / "medallion.yaml").write_text(
        "name: odd\ntables:\n  bronze:\n    t: {source: t.csv}\n"
    )
    pipeline = md.Pipeline.load(tmp_path / "medallion.yaml")
    pipeline.run()
    listing = QuarantineReader(pipeline).listing(QuarantineChoice())
    (record,) = listing.records
    columns, ((file, number, reason, *cells),) = grid_content(
        listing, column_names(listing), {}, {}, FORMATS
    )
    titles = [column["title"] for column in columns]
    assert titles == ["File", "Record", "Reason", "Text", "id", "name"]
    assert (file, number, cells) == ("t.csv", "2", ["2,b,c", "", ""])
    assert reason.startswith("format")
    edits, states = {record.identity: {"id": "2"}}, {record.identity: "edited"}
    _, (row,) = grid_content(listing, column_names(listing), edits, states, FORMATS)
    assert (row[0], row[-2:]) == ("edited", ["2", ""])


def test_others_learn_that_a_login_is_needed() -> None:
    with pytest.raises(CallError, match="only to visitors who have logged in"):
        refuse_access(SAY)
