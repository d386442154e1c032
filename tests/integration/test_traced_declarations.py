"""The law of `why`: the records behind rows are exactly those that a model of each step keeps.

Random small declarations of filters, casts, joins, duplicates, aggregates and SQL are computed by
medallion, and in Python row by row, where each row carries the records that it was made of.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

import medallion as md
from medallion.declaration.models import Declaration

EXAMPLES = int(os.environ.get("MEDALLION_TEST_TRACED", "12"))

Values = dict[str, Any]
Record = tuple[str, str, int]  # table, file, number


@dataclass(frozen=True)
class Row:
    """A row, and the source records that it was made of."""

    values: Values
    records: frozenset[Record]


Rows = list[Row]
Step = tuple[Any, Callable[[Rows, Rows], Rows]]  # as declared; what it makes of rows and clients


def _where(text: str, keeps: Callable[[Values], bool]) -> Step:
    return {"filter": text}, lambda rows, _: [row for row in rows if keeps(row.values)]


def _known(values: Values, *names: str) -> bool:
    return all(values[name] is not None for name in names)


def _derived(rows: Rows, _: Rows) -> Rows:
    return [
        Row({**row.values, "twice": _doubled(row.values["amount"])}, row.records) for row in rows
    ]


def _doubled(amount: int | None) -> int | None:
    return None if amount is None else 2 * amount


def _deduplicated(key: str, keep: str) -> Step:
    def apply(rows: Rows, _: Rows) -> Rows:
        order = rows if keep == "first" else rows[::-1]
        kept: dict[Any, Row] = {}
        for row in order:
            kept.setdefault(row.values[key], row)
        return [row for row in rows if kept[row.values[key]] is row or row.values[key] is None]

    return {"deduplicate": {"key": key, "keep": keep}}, apply


def _joined(how: str) -> Step:
    def apply(rows: Rows, clients: Rows) -> Rows:
        others = {other.values["client"]: other for other in clients}
        result = []
        for row in rows:
            other = others.get(row.values["client"])
            if other:
                values = {**row.values, "region": other.values["region"]}
                result.append(Row(values, row.records | other.records))
            elif how == "left":
                result.append(Row({**row.values, "region": None}, row.records))
        return result

    return {"join": {"with": "silver.clients", "on": "client", "how": how}}, apply


FILTERS = [
    _where("amount > 1", lambda row: _known(row, "amount") and row["amount"] > 1),
    _where("client <> 'a'", lambda row: _known(row, "client") and row["client"] != "a"),
    _where("amount is null or town = 'P'", lambda row: row["amount"] is None or row["town"] == "P"),
]
OWN = [
    *FILTERS,
    ({"derive": {"twice": "amount * 2"}}, _derived),
    _deduplicated("town", "first"),
    _deduplicated("client", "last"),
]


def _grouped(rows: Rows, key: str, figures: Callable[[list[Values]], Values]) -> Rows:
    groups: dict[Any, Rows] = {}
    for row in rows:
        groups.setdefault(row.values[key], []).append(row)
    return [
        Row(
            {key: value, **figures([row.values for row in group])},
            frozenset().union(*(row.records for row in group)),
        )
        for value, group in groups.items()
    ]


def _total(rows: list[Values]) -> Values:
    amounts = [row["amount"] for row in rows if row["amount"] is not None]
    return {"n": len(rows), "total": sum(amounts) if amounts else None}


def _aggregated(key: str) -> Step:
    declared = {"aggregate": {"by": key, "metrics": {"n": "count()", "total": "sum(amount)"}}}
    return declared, lambda rows, _: _grouped(rows, key, _total)


def _selected(rows: Rows, clients: Rows) -> Rows:
    """An inner join and a condition, grouped: all in one SELECT."""
    _, join = _joined("inner")
    large = [row for row in rows if _known(row.values, "amount") and row.values["amount"] > 1]
    return _grouped(join(large, clients), "region", _total)


LAST: list[Step] = [
    _aggregated("client"),
    _aggregated("town"),
    (
        {"sql": "select town, count(*) as n, sum(amount) as total from t group by town"},
        lambda rows, _: _grouped(rows, "town", _total),
    ),
    (
        {
            "sql": "select c.region, count(*) as n, sum(t.amount) as total"
            " from t join clients c using (client) where t.amount > 1 group by c.region"
        },
        _selected,
    ),
    (
        {"sql": "select id, amount + 1 as more from t where town = 'P'"},
        lambda rows, _: [
            Row({"id": row.values["id"], "more": _raised(row.values["amount"])}, row.records)
            for row in rows
            if row.values["town"] == "P"
        ],
    ),
]


def _raised(amount: int | None) -> int | None:
    return None if amount is None else amount + 1


cell = st.tuples(
    st.sampled_from(["a", "b", "c", ""]),
    st.sampled_from(["1", "2", "5", "x", ""]),
    st.sampled_from(["P", "R"]),
)
files = st.lists(st.lists(cell, max_size=5), min_size=1, max_size=3)
clients = st.lists(
    st.tuples(st.sampled_from(["a", "b", "c", "d"]), st.sampled_from(["n", "s"])),
    unique_by=lambda client: client[0],
    max_size=4,
)
steps = st.tuples(
    st.lists(st.sampled_from(OWN), max_size=3, unique_by=lambda step: str(step[0])),
    st.sampled_from([None, "left", "inner"]),
    st.sampled_from(LAST),
)


def modelled(
    lines: list[list[tuple[str, str, str]]], known: list[tuple[str, str]], chosen: list[Step]
) -> Rows:
    """The rows of the last table, computed in Python."""
    others = [
        Row(
            {"client": name, "region": region},
            frozenset({("bronze.clients", "clients.csv", place)}),
        )
        for place, (name, region) in enumerate(known, 1)
    ]
    rows = [
        Row(
            {
                "id": f"{number}-{place}",
                "client": client or None,
                "amount": int(amount) if amount else None,
                "town": town,
            },
            frozenset({("bronze.t", f"t{number}.csv", place)}),
        )
        for number, each in enumerate(lines)
        for place, (client, amount, town) in enumerate(each, 1)
        if amount != "x"  # quarantined by `cast`
    ]
    for _, apply in chosen:
        rows = apply(rows, others)
    return rows


def declared(chosen: list[Step]) -> Declaration:
    """Own steps and the join in silver, the last one in gold."""
    *first, last = [text for text, _ in chosen]
    cast = {"cast": {"amount": "integer"}}
    tables = {
        "bronze": {"t": {"source": "t*.csv"}, "clients": {"source": "clients.csv"}},
        "silver": {
            "clients": {"from": "bronze.clients"},
            "t": {"from": "bronze.t", "steps": [cast, *first]},
        },
        "gold": {"last": {"from": {"t": "silver.t", "clients": "silver.clients"}, "steps": [last]}},
    }
    body: dict[str, Any] = {"name": "law", "lake": "lake", "tables": tables, "sinks": {}}
    return Declaration.model_validate(body)


def origins(pipeline: md.Pipeline, where: dict[str, Any] | None = None) -> list[Record]:
    answer = pipeline.why("gold.last", where)
    assert answer.exact, [str(note) for note in answer.inexact]
    records: list[Any] = answer.records().project('"table", file, record').fetchall()
    return sorted(records)


def all_records(rows: Iterable[Row]) -> list[Record]:
    return sorted(frozenset().union(*(row.records for row in rows)))


RICH = [[("a", "2", "P"), ("b", "x", "P"), ("b", "5", "R")], [("b", "2", "P"), ("c", "5", "R")]]


@settings(max_examples=EXAMPLES)
@example(RICH, [("a", "n"), ("b", "s")], ([OWN[0], OWN[4]], "left", LAST[1]))
@example(RICH, [("d", "n"), ("b", "s"), ("a", "s")], ([], None, LAST[3]))
@given(files, clients, steps)
def test_the_records_behind_rows_are_those_that_were_kept(
    lines: list[list[tuple[str, str, str]]],
    known: list[tuple[str, str]],
    choice: tuple[list[Step], str | None, Step],
) -> None:
    own, how, last = choice
    chosen = [*own, *([_joined(how)] if how else []), last]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number, each in enumerate(lines):
            body = [f"{number}-{place},{','.join(cells)}" for place, cells in enumerate(each, 1)]
            (folder / f"t{number}.csv").write_text(
                "\n".join(["id,client,amount,town", *body]) + "\n"
            )
        others = [",".join(each) for each in known]
        (folder / "clients.csv").write_text("\n".join(["client,region", *others]) + "\n")
        pipeline = md.Pipeline(declared(chosen), base=folder)
        pipeline.run()
        expected = modelled(lines, known, chosen)
        computed = pipeline.lake.table("gold.last").to_arrow().to_pylist()
        assert sorted(computed, key=str) == sorted((row.values for row in expected), key=str)
        assert origins(pipeline) == all_records(expected)
        for row in expected[:3]:
            key = next(iter(row.values))
            assert origins(pipeline, {key: row.values[key]}) == sorted(row.records)
