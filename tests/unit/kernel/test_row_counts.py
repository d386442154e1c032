from __future__ import annotations

import duckdb

from medallion.kernel.row_counts import RowCounts, count_warned, total
from medallion.kernel.temp_tables import TempTables


def test_kept_rows_are_rows_in_less_removed_rows() -> None:
    counts = RowCounts("", 10)
    counts.add("dropped", "filter", None, 2)
    counts.add("quarantined", "not_null", "email", 1)
    counts.add("quarantined", "not_null", "email", 3)

    tally = counts.tally(4)

    assert (tally.kept, tally.dropped, tally.quarantined, tally.rows_out) == (4, 2, 4, 4)
    assert tally.reasons == {"filter": 2, "not_null email": 4}


def test_a_rule_that_names_its_column_is_not_repeated() -> None:
    counts = RowCounts("", 5)
    counts.add("dropped", "email is valid", "email", 1)

    assert counts.reasons == {"email is valid": 1}


def test_warned_rows_are_kept_and_counted_once() -> None:
    counts = RowCounts("", 5)
    tables = TempTables(duckdb.connect())
    broken = "(values (1, 'not_null', 'a'), (2, 'not_null', 'a'), (2, 'unique', null))"
    count_warned(counts, tables, [f'{broken} t(_row, rule, "column")'])

    tally = counts.tally(counts.kept)

    assert (tally.kept, tally.warned) == (5, 2)
    assert tally.warned_reasons == {"not_null a": 2, "unique": 1}


def test_the_total_spans_all_grains() -> None:
    first, second = RowCounts("", 10), RowCounts("aggregate", 4)
    first.add("dropped", "filter", None, 2)
    second.add("quarantined", "between", "n", 1)

    tally = total([first.tally(4), second.tally(second.kept)])

    assert (tally.rows_in, tally.dropped, tally.quarantined, tally.rows_out) == (10, 2, 1, 3)
