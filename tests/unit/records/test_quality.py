"""Where the rows of a table went, by phase and by rule."""

from __future__ import annotations

import pytest

from medallion.records import StepRun, Tally
from medallion.records.quality import FIGURES, quality_of, shown_figures, table_quality

FIRST = Tally(
    label="",
    rows_in=10,
    kept=6,
    deduplicated=1,
    dropped=1,
    quarantined=2,
    rows_out=3,
    reasons={"cast a": 2, "duplicate": 1},
)
SECOND = Tally(
    label="after aggregate", rows_in=3, kept=2, dropped=1, rows_out=2, reasons={"cast a": 1}
)


def test_figures_are_those_of_the_first_phase_and_rules_those_of_all() -> None:
    quality = table_quality("gold.a", 2, [FIRST, SECOND])
    assert (quality.table, quality.rows, quality.rows_in, quality.kept) == ("gold.a", 2, 10, 6)
    assert (quality.deduplicated, quality.dropped, quality.quarantined) == (1, 1, 2)
    assert quality.rules == {"cast a": 3, "duplicate": 1}
    assert quality.later == (SECOND,)


@pytest.mark.parametrize(
    ("tallies", "lossless"),
    [
        ([Tally(label="", rows_in=3, kept=3, rows_out=3)], True),
        ([Tally(label="", rows_in=3, kept=3, rows_out=1), SECOND], False),
        ([FIRST], False),
        ([], True),
    ],
)
def test_a_table_is_lossless_if_every_phase_kept_all_rows(
    tallies: list[Tally], lossless: bool
) -> None:
    assert table_quality("gold.a", 3, tallies).lossless is lossless


def test_warned_rows_are_among_the_kept_ones() -> None:
    warned = SECOND.model_copy(
        update={"kept": 3, "dropped": 0, "warned": 2, "warned_reasons": {"between a": 2}}
    )
    first = Tally(label="", rows_in=3, kept=3, rows_out=3)
    quality = table_quality("gold.a", 3, [first, warned])
    assert (quality.lossless, quality.warned, quality.warnings) == (True, 0, 2)
    assert quality.warned_rules == {"between a": 2}
    assert quality.notable == (warned,)
    sums = ("rows_in", "kept", "deduplicated", "dropped", "quarantined")
    assert shown_figures([quality]) == (*sums, "warned")
    assert shown_figures([table_quality("gold.b", 3, [first])]) == sums
    corrected = table_quality("gold.c", 3, [first.model_copy(update={"corrected": 1})])
    assert shown_figures([corrected, quality]) == FIGURES


def test_a_table_without_tallies_kept_all_its_rows() -> None:
    quality = quality_of(StepRun(table="gold.a", action="computed", why="", rows=7))
    assert (quality.rows_in, quality.kept, quality.lossless, quality.later) == (7, 7, True, ())
