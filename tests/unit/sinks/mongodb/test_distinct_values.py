"""Numbers of distinct values in MongoDB equal those in Python, for every group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from medallion.sinks.mongodb.distinct_values import number_of_values, rank_stages

if TYPE_CHECKING:
    from medallion.sinks.mongodb.database import Documents

GROUPS: dict[str, list[Any]] = {
    "one": ["a", None],
    "ties": [1, 1, 2, 1],
    "empty": [None, None],
    "none missing": [0.5, -0.5, 0.0],
    "many": list(range(300)) * 2,
}


def test_the_distinct_values_of_two_columns_in_each_group(database: Documents) -> None:
    documents = [
        {"kind": kind, "a": value, "b": number % 2}
        for kind, values in GROUPS.items()
        for number, value in enumerate(values)
    ]
    database["values"].insert_many(documents)
    accumulators: dict[str, Any] = {}

    def add(accumulator: Any) -> str:
        name = f"s{len(accumulators)}"
        accumulators[name] = accumulator
        return f"${name}"

    shown = {"a": number_of_values(4, add), "b": number_of_values(7, add)}
    answers = database["values"].aggregate(
        [
            *rank_stages({4: "$a", 7: "$b"}, {"t0": "$kind"}),
            {"$group": {"_id": "$kind", **accumulators}},
            {"$project": shown},
        ]
    )
    assert {answer["_id"]: (answer["a"], answer["b"]) for answer in answers} == {
        kind: (len({*values} - {None}), min(len(values), 2)) for kind, values in GROUPS.items()
    }
