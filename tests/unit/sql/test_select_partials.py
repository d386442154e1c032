"""Queries combined from partial results: to the last bit what they give for all rows at once."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medallion.contracts import Inputs
from medallion.testing import apply_transform
from medallion.transforms.sql import Sql

if TYPE_CHECKING:
    from medallion.contracts import Relation

CLIENTS = [
    {"id": number, "country": country}
    for number, country in ((1, "x"), (2, "y"), (2, "x"), (4, None), (None, "z"))
]
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "id": st.none() | st.integers(1, 4),
            "name": st.none() | st.sampled_from(["a", "b", "é"]),
            "n": st.none() | st.integers(-(2**62), 2**62),
            "price": st.none() | st.decimals(-(10**6), 10**6, places=2),
            "x": st.none() | st.sampled_from([0.5, 1.5]),
        }
    ),
    min_size=1,
    max_size=16,
)
TYPES = pa.schema(
    [("id", pa.int64()), ("name", pa.string()), ("n", pa.int64()),
     ("price", pa.decimal128(12, 2)), ("x", pa.float64())]
)  # fmt: skip
DIVIDED = [
    (
        "select country, count(*) as n, cast(sum(price) as decimal(18,2)) as total, "
        "cast(avg(price) as double) as mean, count(distinct id) as ids "
        "from rows join clients using (id) group by country order by country"
    ),
    (
        "select sum(price) as total, (select count(*) from clients) as clients, avg(n) as mean, "
        "count(distinct name) as names, count(distinct country) as countries, min(n) as least "
        "from rows join clients using (id)"
    ),
    (
        "select name as label, sum(n * 2) + count(price) as s from rows where n > 0 "
        "group by name having count(*) > 1 order by s desc, label limit 2"
    ),
    "select upper(name) as name_, max(price) as m, min(x) as x from rows group by 1 order by all",
    (
        "select name, rows.id, sum(price) / count(*) as m from rows left join clients c "
        "on rows.id = c.id group by all"
    ),
    "select distinct count(*) as n from rows group by name, id",
    "select count(*) as n from rows where n > 0",
    "select name from rows group by name",
]
WHOLE = [
    "select name, avg(x) as m from rows group by name",
    "select name, median(n) as m from rows group by name",
    "select country, count(n) as m from clients left join rows using (id) group by country",
    "select count(*) as m from (select distinct name from rows)",
]


def partial_results(query: str, rows: list[dict[str, Any]]) -> list[Relation | None]:
    """What `partial` gave for each part of the rows, each compared with the whole."""
    results: list[Relation | None] = []

    class Recorded(Sql):
        def partial(self, rows: Relation, inputs: Inputs) -> Relation | None:
            results.append(super().partial(rows, inputs))
            return results[-1]

    apply_transform(Recorded(query=query), pa.Table.from_pylist(rows, TYPES), clients=CLIENTS)
    return results


@settings(max_examples=3)
@given(rows=ROWS)
@pytest.mark.parametrize("query", DIVIDED)
def test_partial_results_combine_exactly(query: str, rows: list[dict[str, Any]]) -> None:
    results = partial_results(query, rows)
    assert results
    assert None not in results


@pytest.mark.parametrize("query", WHOLE)
def test_other_queries_have_no_partial_results(query: str) -> None:
    rows = [{"id": 1, "name": "a", "n": 1, "price": Decimal(1), "x": 0.5}] * 3
    assert set(partial_results(query, rows)) == {None}


def test_means_of_decimals_do_not_depend_on_the_plan() -> None:
    amounts = [Decimal(text) for text in ("1.10", "3.33", "-0.07", "1.10", "1.10")]
    rows = [{"id": 1, "name": "a", "price": amount} for amount in amounts]
    queries = ["select avg(price) as m from rows", "select avg(price) as m from rows group by name"]
    table = pa.Table.from_pylist(rows, TYPES)
    means = [apply_transform(Sql(query=query), table).rows for query in queries]
    assert means == [[{"m": 6.56 / 5}]] * 2
