"""Metrics over groups of rows: their parameters, values and faults."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from falcon.testing import Result

from medallion_api.resources.groups import Grouped
from tests.unit.api.parts import Parts, client_of

Get = Callable[..., Result]


@pytest.fixture
def get(parts: Parts) -> Get:
    client = client_of(**{"groups/{table}": Grouped(parts.reading, parts.replies, parts.tables)})

    def get(**params: str) -> Result:
        return client.simulate_get("/groups/clients", params=params, params_csv=False)

    return get


def rows(get: Get, **params: str) -> list[dict[str, Any]]:
    result = get(**params)
    assert result.status_code == 200, result.json
    assert result.json["release"] == "one"
    groups: list[dict[str, Any]] = result.json["rows"]
    return groups


def test_a_group_for_every_term(get: Get) -> None:
    groups = rows(get, by="country", metrics="n:count(),total:sum(spent)", sort="-total")
    assert groups == [
        {"country": "IE", "n": 2, "total": 10.75},
        {"country": "DE", "n": 1, "total": 2.25},
        {"country": None, "n": 1, "total": -1.0},
    ]


def test_without_terms_all_rows_that_match_are_one_group(get: Get) -> None:
    assert rows(get, metrics="n:count()", country="IE") == [{"n": 2}]
    assert rows(get, metrics="most:max(rate)") == [{"most": "Infinity"}]


def test_coarser_terms_are_quoted_where_they_have_a_comma(get: Get) -> None:
    assert rows(get, by='"bin(spent,5)"', metrics="n:count()", sort="-spent") == [
        {"spent": 10, "n": 1},
        {"spent": 0, "n": 2},
        {"spent": -5, "n": 1},
    ]
    assert rows(get, by="year(since)", metrics="n:count()") == [{"since": "2024", "n": 4}]


def test_a_limit_keeps_the_first_groups(get: Get) -> None:
    assert len(rows(get, by="country", metrics="n:count()", limit="2")) == 2


@pytest.mark.parametrize(
    ("params", "parameter", "detail"),
    [
        ({"by": ""}, "by", "takes each item once, and at least one"),
        ({"by": "name,name"}, "by", "takes each item once, and at least one"),
        ({"metrics": "count()"}, "metrics", "takes items like revenue:sum(amount)"),
        ({"metrics": "n:"}, "metrics", "takes items like revenue:sum(amount)"),
        (
            {"metrics": "n:count(),n:sum(spent)"},
            "metrics",
            "gives several metrics the same name",
        ),
        ({"by": "nam"}, "by, metrics or sort", "name"),
        ({"metrics": "n:sum(name)"}, "by, metrics or sort", "name"),
        ({"by": "name", "limit": "0"}, "limit", "a whole number from 1 to 100000, not"),
        ({"by": "name", "limit": "all"}, "limit", "a whole number from 1 to 100000, not 'all'"),
        ({"by": "name", "cursor": "x"}, "cursor", "no such parameter"),
        ({"by": "name", "format": "csv"}, "format", "no such parameter"),
    ],
)
def test_a_faulty_parameter_is_named(
    get: Get, params: dict[str, str], parameter: str, detail: str
) -> None:
    result = get(**params)
    assert result.status_code == 400
    (fault,) = result.json["errors"]
    assert fault["parameter"] == parameter
    assert detail in fault["detail"]


def test_an_etag_says_what_a_request_means(get: Get) -> None:
    tags = [
        get(**params).headers["ETag"]
        for params in (
            {"by": "country", "metrics": "n:count()"},
            {"metrics": "n:count()", "by": "country"},
            {"by": "country", "metrics": "m:count()"},
            {"by": "country", "metrics": "n:count()", "id__gte": "2"},
        )
    ]
    assert tags[0] == tags[1]
    assert len(set(tags)) == 3
