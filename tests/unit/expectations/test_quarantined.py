from __future__ import annotations

import pytest
from pydantic import ValidationError

from medallion.expectations.quarantined import Quarantined
from medallion.plugins import EXPECTATIONS, build
from medallion.records import Tally


def tally(quarantined, rows=1000):
    kept = rows - quarantined
    return Tally(label="t", rows_in=rows, kept=kept, quarantined=quarantined, rows_out=kept)


def test_a_share_of_the_rows_that_came_in():
    made = build(EXPECTATIONS, {"quarantined": {"at_most": "5%"}}, on_fail="fail")
    assert made.verdict(tally(50)) is None
    assert made.verdict(tally(51)) == "51 of 1,000 rows were quarantined, 5.10 %, and 5 % may be"
    assert made.verdict(tally(0, rows=0)) is None
    assert Quarantined(at_most="0.1 %").verdict(tally(1)) is None


def test_a_number_of_rows():
    assert Quarantined(at_most=3).verdict(tally(3)) is None
    assert (
        Quarantined(at_most=3).verdict(tally(4)) == "4 of 1,000 rows were quarantined, and 3 may be"
    )


@pytest.mark.parametrize("bound", ["5", "101%", "-1%", "some", -1, 0.05])
def test_wrong_bounds_are_refused(bound):
    with pytest.raises(ValidationError, match="at_most"):
        Quarantined(at_most=bound)


def test_rows_cannot_be_taken_out_by_it():
    with pytest.raises(ValidationError, match="'warn' or 'fail'"):
        Quarantined(at_most=1, on_fail="drop")


def test_files_are_judged_one_by_one():
    rule = build(EXPECTATIONS, {"quarantined": {"at_most": "5%", "per": "file"}})
    assert rule.judges_files
    assert rule.verdict(tally(1000)) is None
    assert rule.file_verdict(tally(50)) is None
    assert rule.file_verdict(tally(51)).startswith("51 of 1,000 rows were quarantined")
    assert not Quarantined(at_most=3).judges_files


def test_files_are_counted():
    rule = build(EXPECTATIONS, {"quarantined": {"at_most": "5%", "of": "files"}})
    assert rule.counts_files
    assert rule.verdict(tally(1000)) is None
    assert rule.files_verdict(tally(2, 40)) is None
    said = "3 of 40 files were quarantined, 7.50 %, and 5 % may be"
    assert rule.files_verdict(tally(3, 40)) == said
    only = Quarantined(at_most=0, of="files")
    assert only.files_verdict(tally(0)) is None
    assert only.files_verdict(tally(1, 1)) == "1 of 1 file was quarantined, and 0 may be"
    assert not Quarantined(at_most=3).counts_files


def test_files_are_either_counted_or_judged_one_by_one():
    with pytest.raises(ValidationError, match="leave `per: file` out"):
        Quarantined(at_most=1, of="files", per="file")


def test_a_rule_on_the_whole_table_has_the_fingerprint_that_it_had():
    assert Quarantined(at_most="5%").identity()["fields"] == {"on_fail": "fail", "at_most": "5%"}
    assert Quarantined(at_most=1, per="file").identity()["fields"]["per"] == "file"
    assert Quarantined(at_most=1, of="files").identity()["fields"]["of"] == "files"
