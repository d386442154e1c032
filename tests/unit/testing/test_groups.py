"""The suite of groups passes a store that is right, and finds one that is not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from medallion.contracts import Store
from medallion.testing.groups import INVALID, TERMS, GroupContract

Rows = list[dict[str, Any]]
SUITE = GroupContract()


def checks(store: Store) -> list[Callable[[], None]]:
    """The tests of the suite on one store."""
    return [
        lambda: SUITE.test_all_rows_as_one_group(store),
        *(lambda term=term: SUITE.test_groups_by_one_term(store, term) for term in TERMS),
        lambda: SUITE.test_groups_by_several_terms_and_filters(store),
        lambda: SUITE.test_sort_and_limit_are_over_the_result(store),
        lambda: SUITE.test_distinct_values_need_no_metric(store),
        *(
            lambda case=case: SUITE.test_an_invalid_group_query_is_reported(store, *case)
            for case in INVALID
        ),
    ]


def test_a_store_that_is_right_passes(store: Store, found: Callable[..., bool]) -> None:
    assert not found(*checks(store))


def without_null(rows: Rows) -> Rows:
    return [row for row in rows if None not in list(row.values())[:1]]


def with_name(rows: Rows, name: str, change: Callable[[Any], Any]) -> Rows:
    return [{**row, name: change(row[name])} if row.get(name) is not None else row for row in rows]


@pytest.mark.parametrize(
    "change",
    [
        lambda rows: rows[1:],
        lambda rows: rows[::-1],
        without_null,
        lambda rows: with_name(rows, "rows", lambda count: count + 1),
        lambda rows: with_name(rows, "spent", float),
        lambda rows: with_name(rows, "usual", lambda mean: mean * 1.001),
        lambda rows: with_name(rows, "middle", lambda median: median + 0.01),
        lambda rows: with_name(rows, "weighed", lambda mean: mean + 0.01),
        lambda rows: with_name(rows, "share", lambda ratio: ratio * 2),
        lambda rows: with_name(rows, "latest", lambda _: None),
        lambda rows: with_name(rows, "active", int),
        lambda rows: [{name: row[name] or 0 for name in row} for row in rows],
    ],
)
def test_an_answer_that_is_wrong_is_found(
    store: Store,
    fault: Callable[..., None],
    found: Callable[..., bool],
    change: Callable[[Rows], Rows],
) -> None:
    fault("read_groups", change)
    assert found(*checks(store))


def test_a_query_that_is_not_refused_is_found(
    store: Store, found: Callable[..., bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(store), "group", lambda *_: [])
    for case in INVALID:
        assert found(lambda case=case: SUITE.test_an_invalid_group_query_is_reported(store, *case))
