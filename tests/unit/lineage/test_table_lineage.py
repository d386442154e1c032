"""Every kind of step says what its columns are made of, and the names are those that it makes."""

from __future__ import annotations

from typing import Any

import pytest

from medallion.declaration.models import Table
from medallion.lineage.table_lineage import ColumnName, table_lineage

COLUMNS = {"silver.t": ("k", "n", "m", "t"), "silver.other": ("k", "city", "n2")}
K, N, M, T = (ColumnName("silver.t", name) for name in COLUMNS["silver.t"])
ROWS = ColumnName("silver.t", "")


def other(name: str) -> ColumnName:
    return ColumnName("silver.other", name)


@pytest.mark.parametrize(
    ("step", "expected", "rows"),
    [
        ("trim", {"k": [K], "n": [N], "m": [M], "t": [T]}, []),
        ({"cast": {"n": "text"}}, {"k": [K], "n": [N], "m": [M], "t": [T]}, []),
        ({"deduplicate": {"key": "k", "order_by": "-n"}}, {"k": [K], "t": [T]}, [K, N]),
        ({"filter": "n > 0"}, {"k": [K], "n": [N]}, [N]),
        ({"explode": {"column": "t", "separator": ";"}}, {"t": [T], "k": [K]}, []),
        (
            {"derive": {"d": "n * m", "e": "d + 1", "one": "1"}},
            {"d": [N, M], "e": [N, M], "one": [ROWS]},
            [],
        ),
        ({"rename": {"k": "n", "n": "k"}}, {"n": [K], "k": [N], "m": [M]}, []),
        ({"select": ["t", "k"]}, {"t": [T], "k": [K]}, []),
        ({"drop": ["t", "k"]}, {"n": [N], "m": [M]}, []),
        (
            {"aggregate": {"by": "k", "metrics": {"c": "count()", "s": "sum(n)"}}},
            {"k": [K], "c": [ROWS], "s": [N]},
            [K],
        ),
        (
            {"pivot": {"by": "t", "name": "k", "values": ["a"], "value": "n"}},
            {"t": [T], "a": [N, K]},
            [T, K],
        ),
        ({"unpivot": {"columns": ["n", "m"]}}, {"k": [K], "metric": [ROWS], "value": [N, M]}, []),
        (
            {
                "window": {
                    "by": "k",
                    "columns": {"s": "sum(n)", "i": "row_number()"},
                    "order_by": "-m",
                }
            },
            {"k": [K], "s": [N, K, M], "i": [K, M]},
            [],
        ),
        (
            {"join": {"with": "silver.other", "on": "k"}},
            {"k": [K], "n": [N], "city": [other("city")]},
            [K, other("k")],
        ),
        ({"union": "silver.other"}, {"k": [K, other("k")], "n": [N], "city": [other("city")]}, []),
        ({"sql": "select k, sum(n) as s from t group by k"}, {"k": [K], "s": [N]}, [K]),
    ],
    ids=str,
)
def test_a_step_says_what_its_columns_are_made_of(
    step: Any, expected: dict[str, list[ColumnName]], rows: list[ColumnName]
) -> None:
    lineage = table_lineage(Table(from_="silver.t", steps=[step]), COLUMNS, [None])
    made = {name: list(derivation.inputs) for name, derivation in lineage.columns.items()}
    assert {name: made[name] for name in expected} == expected
    assert set(lineage.rows) == set(rows)
    assert not any(derivation.unknown for derivation in lineage.columns.values())


def test_expressions_are_listed_in_the_order_of_the_steps() -> None:
    steps = [{"cast": {"n": "integer"}}, {"derive": {"d": "n * 2"}}, {"filter": "d > 1"}]
    lineage = table_lineage(Table(from_="silver.t", steps=steps), COLUMNS, [None, None, None])
    assert [(each.step, each.text) for each in lineage.columns["d"].expressions] == [
        ("steps[0].cast", "cast integer"),
        ("steps[1].derive", "n * 2"),
    ]
    assert lineage.rows == (N,)


def test_a_column_that_a_step_does_not_name_is_made_of_all_tables() -> None:
    table = Table(from_={"t": "silver.t", "o": "silver.other"}, steps=[{"python": "json:loads"}])
    lineage = table_lineage(table, COLUMNS, [("score",)])
    derivation = lineage.columns["score"]
    assert derivation.inputs == (ROWS, other(""))
    assert derivation.unknown == "steps[0].python cannot be followed"
