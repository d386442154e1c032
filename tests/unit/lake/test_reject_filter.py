"""Filters of rejected rows, by rule, file and column."""

from __future__ import annotations

import duckdb
import pytest

from medallion.errors import CallError
from medallion.lake.reject_filter import ALL, KnownNames, RejectFilter

ROWS = [
    (1, "cast", "data/2026-01.csv", "price"),
    (2, "cast", "data/2026-02.csv", "price"),
    (3, "unique", "data/2026-02.csv", "id, day"),
    (4, "format", "old/2026-02.csv", None),
    (5, "it's", "x[1].csv", "a, b"),
    (6, "between", None, "id"),
]


def matching(wanted: RejectFilter, known: KnownNames | None = None) -> list[int]:
    listed = ", ".join(
        "({}, {}, {}, {})".format(*("null" if each is None else _sql(each) for each in row))
        for row in ROWS
    )
    rows = duckdb.connect().sql(f'from (values {listed}) t(number, rule, file, "column")')
    chosen = rows.filter(wanted.condition(rows, lambda: known or KnownNames()))
    return [row[0] for row in chosen.order("number").fetchall()]


def _sql(value: object) -> str:
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"


def test_without_names_all_rows_match() -> None:
    assert not ALL
    assert matching(ALL) == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        (RejectFilter.of(rule="cast"), [1, 2]),
        (RejectFilter.of(rule=["cast", "format"]), [1, 2, 4]),
        (RejectFilter.of(rule="it's"), [5]),
        (RejectFilter.of(file="data/2026-02.csv"), [2, 3]),
        (RejectFilter.of(file="2026-02.csv"), [2, 3, 4]),
        (RejectFilter.of(file="2026-*.csv"), [1, 2, 3, 4]),
        (RejectFilter.of(file="data/*"), [1, 2, 3]),
        (RejectFilter.of(file=["old/*", "*-01.csv"]), [1, 4]),
        (RejectFilter.of(file="x[1].csv"), [5]),
        (RejectFilter.of(file="026-01.csv"), []),
        (RejectFilter.of(column="price"), [1, 2]),
        (RejectFilter.of(column="id"), [3, 6]),
        (RejectFilter.of(column="id, day"), [3]),
        (RejectFilter.of(column=["b", "day"]), [3, 5]),
        (RejectFilter.of(rule="cast", file="data/2026-02.csv", column="price"), [2]),
        (RejectFilter.of(rule="cast", column="id"), []),
    ],
)
def test_a_row_matches_one_name_of_each_kind(wanted: RejectFilter, numbers: list[int]) -> None:
    assert matching(wanted) == numbers


def test_unknown_names_are_refused_unless_they_may_reject_rows() -> None:
    with pytest.raises(CallError, match="no rule 'cats'; did you mean 'cast'"):
        matching(RejectFilter.of(rule=["cast", "cats"]))
    with pytest.raises(CallError, match="no column 'prise'; did you mean 'price'"):
        matching(RejectFilter.of(column="prise"))
    known = KnownNames(frozenset({"one_of"}), frozenset({"status"}))
    assert matching(RejectFilter.of(rule="one_of", column="status"), known) == []
