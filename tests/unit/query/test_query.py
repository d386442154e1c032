"""Queries as values: what is left out, and that two equal ones are one."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from typing import get_args

import pytest

from medallion.query.query import Filter, Operator, Page, Query, Sort


def test_a_query_without_settings_asks_for_the_first_hundred_rows() -> None:
    assert Query() == Query(filters=(), sort=(), fields=(), limit=100, cursor=None)
    assert Sort("a") == Sort("a", descending=False)
    assert Page([], "r").cursor is None


def test_equal_queries_are_one_key_of_a_cache() -> None:
    query = Query((Filter("a", "in", (1, 2)),), (Sort("b", descending=True),), ("a",), 5)
    same = Query((Filter("a", "in", (1, 2)),), (Sort("b", descending=True),), ("a",), 5)
    others = [
        replace(query, limit=6),
        replace(query, sort=(Sort("b"),)),
        replace(query, cursor="c"),
    ]
    assert len({query, same}) == 1
    assert len({query, *others}) == 4


def test_a_query_cannot_be_changed() -> None:
    for value, name in ((Query(), "limit"), (Sort("a"), "field"), (Filter("a", "eq", 1), "value")):
        with pytest.raises(FrozenInstanceError):
            setattr(value, name, "x")


def test_the_operators_that_the_api_documents() -> None:
    names = "eq ne lt lte gt gte in contains startswith search isnull"
    assert get_args(Operator) == tuple(names.split())
