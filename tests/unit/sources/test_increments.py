"""Which files a table consists of that is pulled by a cursor."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from medallion.contracts import SourceItem
from medallion.sources.increments import Bound, CursorRange, Increments
from medallion.sources.sql.source import SqlSource

ORDERS = Increments("db orders", "v1")
ALL = CursorRange()
URL = "postgresql://db/shop"


def at(end: Bound | None) -> Any:
    """A cut at a value of the cursor."""
    return lambda begin: (end, begin is not None and end is not None and end > begin)


def names(items: list[SourceItem]) -> list[str]:
    return [item.name for item in items]


def ranges(items: list[SourceItem]) -> list[CursorRange]:
    return [ORDERS.range(item) for item in items]


def test_the_first_pull_is_whole() -> None:
    items = ORDERS.items([], at(10))
    assert names(items) == ["db orders"]
    assert ranges(items) == [ALL]
    assert items[0].token.startswith("whole ")


def test_parts_are_ranges_that_follow_one_another() -> None:
    first = ORDERS.items([], at(10))
    second = ORDERS.items(first, at(10))
    assert ranges(second) == [ALL, CursorRange(10)]
    third = ORDERS.items(second, at(15))
    assert ranges(third) == [ALL, CursorRange(10, 15), CursorRange(15)]
    assert names(third) == ["db orders", "db orders part 000001", "db orders part 000002"]
    fourth = ORDERS.items(third, at(20))
    assert ranges(fourth)[1:] == [
        CursorRange(10, 15),
        CursorRange(15, 20),
        CursorRange(20),
    ]
    assert fourth[:2] == third[:2]  # not pulled again
    assert fourth[2].token != third[2].token
    assert fourth[-1].token == ""  # pulled at each run
    assert ORDERS.items(list(reversed(fourth)), at(20)) == fourth


def test_a_cursor_that_does_not_move_closes_nothing() -> None:
    items = ORDERS.items(ORDERS.items([], at(10)), at(7))
    assert ranges(items) == [ALL, CursorRange(10)]


def test_an_empty_table_is_pulled_whole_until_it_has_rows() -> None:
    empty = ORDERS.items([], at(None))
    assert names(ORDERS.items(empty, at(5))) == ["db orders"]


def test_everything_is_pulled_again_after_a_change_or_a_period() -> None:
    parts = ORDERS.items(ORDERS.items(ORDERS.items([], at(10)), at(15)), at(20))
    assert len(parts) == 4
    other = Increments("db orders", "v2")
    assert names(other.items(parts, at(20))) == ["db orders"]
    weekly = Increments("db orders", "v1", timedelta(days=7))
    assert names(weekly.items(parts, at(20))) == names(parts)
    due = Increments("db orders", "v1", timedelta(0))
    assert names(due.items(parts, at(20))) == ["db orders"]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"cursor": "at"}, "`cursor` needs `key`"),
        ({"key": "id"}, "`key`, `lag` and `whole` are for a `cursor`"),
        ({"whole": "weekly"}, "`key`, `lag` and `whole` are for a `cursor`"),
        ({"cursor": "at", "key": "id", "columns": ["id"]}, "`columns` must have 'at'"),
        ({"cursor": "at", "key": "id", "lag": "soon"}, "should match pattern"),
        ({"cursor": "at", "key": "id", "lag": -1}, "greater than or equal to 0"),
        ({"cursor": "at", "key": "id", "lag": "1 day", "url": "sqlite:a.db"}, "no intervals"),
    ],
)
def test_wrong_keys_are_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        SqlSource.model_validate({"url": URL, "table": "orders", **fields})
