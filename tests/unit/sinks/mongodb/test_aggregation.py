"""Groups in MongoDB: the pipeline of a query gives the groups that every store gives."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from math import inf, nan
from typing import TYPE_CHECKING, Any

import pytest
from bson.decimal128 import Decimal128
from bson.int64 import Int64

from medallion.query.aggregation import Grouping, grouping
from medallion.query.query import Filter, Query, Sort
from medallion.records import Column, Served
from medallion.sinks.mongodb.aggregation import group_rows, group_stages, has_overflowed

if TYPE_CHECKING:
    from medallion.sinks.mongodb.database import Documents

TYPES = {
    "id": "int64",
    "name": "text",
    "price": "decimal(9,2)",
    "share": "float64",
    "day": "date",
    "$a.b": "int64",
    "n": "int64",
}
SERVED = Served(
    table="gold.t",
    name="t__1",
    snapshot="s",
    rows=0,
    columns=tuple(Column(name=name, type=type_) for name, type_ in TYPES.items()),
    key=("id",),
)
NULLS = set(TYPES) - {"id", "n"}


def document(
    ident: int, name: str | None, price: str | None, share: float | None, day: datetime | None
) -> dict[str, Any]:
    amount = None if price is None else Decimal128(price)
    return {
        "_id": ident,
        "id": ident,
        "name": name,
        "price": amount,
        "share": share,
        "day": day,
        "n": ident * 10,
    }


DOCUMENTS = [
    document(1, "a", "1.50", 0.5, datetime(2024, 1, 31, tzinfo=UTC)),
    document(2, "a", "-2.50", 1.25, datetime(2024, 2, 1, tzinfo=UTC)),
    document(3, None, None, None, None),
    document(4, "b", "1.00", -0.5, datetime(2023, 12, 31, tzinfo=UTC)),
]


def asked(by: list[str], metrics: dict[str, str], query: Query | None = None) -> Grouping:
    return grouping(SERVED, by, metrics, query or Query())


@pytest.fixture
def filled(database: Documents) -> Documents:
    database["t__1"].insert_many([dict(each) for each in DOCUMENTS])
    return database


def rows(database: Documents, query: Grouping, *, wide: bool = False) -> list[dict[str, Any]]:
    stages = group_stages(query, SERVED.key, NULLS, wide=wide)
    return group_rows(query, list(database["t__1"].aggregate(stages)))


def test_terms(filled: Documents) -> None:
    expected: dict[str, list[tuple[Any, int]]] = {
        "name": [(None, 1), ("a", 2), ("b", 1)],
        "id": [(1, 1), (2, 1), (3, 1), (4, 1)],
        "year(day)": [(None, 1), ("2023", 1), ("2024", 2)],
        "month(day)": [(None, 1), ("2023-12", 1), ("2024-01", 1), ("2024-02", 1)],
        "day(day)": [(None, 1), ("2023-12-31", 1), ("2024-01-31", 1), ("2024-02-01", 1)],
        "bin(price, 2)": [(None, 1), (Decimal("-4.00"), 1), (Decimal("0.00"), 2)],
        "bin(share, 0.5)": [(None, 1), (-0.5, 1), (0.5, 1), (1.0, 1)],
        "bin(n, 20)": [(0, 1), (20, 2), (40, 1)],
    }
    for by, groups in expected.items():
        answer = rows(filled, asked([by], {"count": "count()"}))
        assert [tuple(row.values()) for row in answer] == groups, by


def test_metrics(filled: Documents) -> None:
    expected: dict[str, Any] = {
        "count()": 4,
        "sum(price)": Decimal("0.00"),
        "sum(n)": 100,
        "mean(n)": 25.0,
        "mean(price)": 0.0,
        "mean(share, id)": (0.5 + 2.5 - 2) / 7,
        "min(name)": "a",
        "max(day)": date(2024, 2, 1),
        "median(price)": 1.0,
        "quantile(share, 0.25)": 0.0,
        "quantile(share, 1)": 1.25,
        "sum(price) / count()": 0.0,
        "count() / sum(price)": None,
    }
    answer = rows(filled, asked([], {f"m {number}": text for number, text in enumerate(expected)}))
    assert list(answer[0].values()) == list(expected.values())


def test_metrics_of_no_value_are_null(filled: Documents) -> None:
    texts = [
        "sum(price)",
        "mean(price)",
        "median(price)",
        "max(name)",
        "sum(share) / count()",
        "mean(share, id)",
    ]
    metrics = {f"m{number}": text for number, text in enumerate(texts)}
    query = Query((Filter("name", "isnull", True),))
    assert rows(filled, asked([], metrics, query)) == [dict.fromkeys(metrics)]
    nothing = Query((Filter("id", "gt", 99),))
    assert rows(filled, asked([], {"n": "count()", **metrics}, nothing)) == [
        {"n": 0, **dict.fromkeys(metrics)}
    ]
    assert rows(filled, asked(["name"], {"n": "count()"}, nothing)) == []


def test_a_column_and_a_metric_may_have_any_name(filled: Documents) -> None:
    answer = rows(filled, asked(["name"], {"$sum": "count()", "t0": "sum(n)", "a.b": "max(id)"}))
    assert answer[0] == {"name": None, "$sum": 1, "t0": 30, "a.b": 3}
    assert rows(filled, asked(["$a.b"], {"n": "count()"})) == [{"$a.b": None, "n": 4}]


def test_results_are_sorted_and_limited(filled: Documents) -> None:
    sort = (Sort("most", descending=True),)
    query = asked(["name"], {"most": "max(price)"}, Query(sort=sort, limit=2))
    assert rows(filled, query) == [
        {"name": "a", "most": Decimal("1.50")},
        {"name": "b", "most": Decimal("1.00")},
    ]


def test_a_wide_sum_is_exact(filled: Documents) -> None:
    largest = Int64(2**63 - 1)
    filled["t__1"].update_many({}, {"$set": {"n": largest}})
    query = asked([], {"total": "sum(n)", "count": "count()"})
    documents = list(filled["t__1"].aggregate(group_stages(query, SERVED.key, NULLS)))
    assert has_overflowed(query, documents)
    assert rows(filled, query, wide=True) == [{"total": 4 * (2**63 - 1), "count": 4}]


def test_only_sums_of_integers_overflow() -> None:
    assert has_overflowed(asked([], {"a": "count()", "b": "sum(n)"}), [{"m1": 1e19}])
    assert not has_overflowed(asked([], {"b": "sum(n)"}), [{"m0": 5}, {"m0": None}])
    assert not has_overflowed(
        asked([], {"a": "sum(share)", "b": "mean(n)"}), [{"m0": 1.0, "m1": 2.0}]
    )


def test_values_of_documents_are_those_of_python() -> None:
    query = asked(
        ["day"], {"a": "sum(price)", "b": "mean(price)", "c": "sum(share)", "d": "max(share)"}
    )
    answer = group_rows(
        query,
        [
            {
                "t0": datetime(2024, 1, 31, tzinfo=UTC),
                "m0": Decimal128("1.50"),
                "m1": Decimal128("0.5"),
                "m2": nan,
                "m3": inf,
            },
            {},
        ],
    )
    assert answer == [
        {"day": date(2024, 1, 31), "a": Decimal("1.50"), "b": 0.5, "c": None, "d": inf},
        {"day": None, "a": None, "b": None, "c": None, "d": None},
    ]
