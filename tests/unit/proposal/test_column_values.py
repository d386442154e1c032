from __future__ import annotations

from medallion.proposal.column_values import Share
from tests.unit.proposal.conftest import Column


def test_values_are_counted_without_the_space_around_them(column: Column) -> None:
    values = column(["a", " a", "a\u00a0", "", "  ", None, "b"])
    assert values.rows == 7
    assert values.meant == 4
    assert values.spaced == 2
    assert values.most_frequent(5) == [("a", 3), ("b", 1)]


def test_words_for_a_missing_value_count_for_nothing_else(column: Column) -> None:
    values = column(["1", "N/A", "null", "-", "x", "x", "y"])
    assert values.null_words == ("-", "N/A", "null")
    assert values.meant == 4
    assert values.share("\"value\" = '1'") == Share(1, 4, (("x", 2), ("y", 1)))


def test_rows_that_share_their_value_with_another_are_not_unique(column: Column) -> None:
    assert column([1, 2, 2, 3]).once() == Share(2, 4, (("2", 2),))


def test_values_of_other_types_are_found_in_another_column(column: Column) -> None:
    assert column(["1", "2", "9"]).within(column([1, 2, 3])) == Share(2, 3, (("9", 1),))


def test_a_column_without_values(column: Column) -> None:
    values = column([None, None])
    assert (values.rows, values.meant, values.null_words) == (2, 0, ())
    assert values.share("true").fraction == 1.0
