"""Numbers of distinct values as stages of an aggregation pipeline.

`$setWindowFields` ranks the rows of each group by the column, equal values alike and nulls first:
the highest rank is the number of values. A set of all values, as `$addToSet` collects it, would not
fit in memory, nor in a document of 16 MB.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from medallion.query.aggregation import Grouping
from medallion.sinks.mongodb.query import Condition


def distinct_columns(grouping: Grouping) -> dict[str, int]:
    """The columns whose distinct values are counted, with their number in the table."""
    counted = {each.column for each in grouping.metrics if each.function == "count_distinct"}
    return {name: number for number, name in enumerate(grouping.columns) if name in counted}


def rank_stages(columns: Mapping[int, Any], terms: Condition) -> list[Condition]:
    """The stages that add two fields for each column N: `vN`, its value, and `dN`, its rank.

    Parameters: `columns` maps the number of each column to the expression of its value; `terms` are
    those of the group.
    """
    stages: list[Condition] = []
    for number, value in columns.items():
        window = {
            "sortBy": {f"v{number}": 1},
            "output": {f"d{number}": {"$denseRank": {}}},
            **({"partitionBy": terms} if terms else {}),
        }
        stages += [
            {"$set": {f"v{number}": {"$ifNull": [value, None]}}},
            {"$setWindowFields": window},
        ]
    return stages


def number_of_values(number: int, add: Callable[[Condition], str]) -> Condition:
    """The expression of the number of distinct values of a column; `add` adds an accumulator."""
    is_null = {"$cond": [{"$eq": [f"$v{number}", None]}, 1, 0]}
    return {"$subtract": [add({"$max": f"$d{number}"}), add({"$max": is_null})]}
