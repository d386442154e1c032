"""`medallion.lineage.replay`, and what `why` says of rows that are found by their values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import medallion as md
from medallion.declaration.models import Declaration

FILES = {
    "a": "id,v,w\n1,10,x\n1,10,x\n2,20,y\n2,20,y\n3,30,z\n",
    "b": "id,v,w\n1,10,x\n4,40,u\n",
    "c": "name,id\none,1\none,1\nthree,3\n",
    "times": "id,t1,t2\n1,2024-01-01,2024-01-02\n2,2024-01-01,2024-01-04\n",
}
MAKING: dict[str, Any] = {
    "sort": {"sort": "id"},
    "union": {"union": "b"},
    "explode": {"explode": {"column": "w", "separator": ";"}},
    "unpivot": {"unpivot": {"columns": ["v"]}},
    "join": {"join": {"with": "c", "on": "id", "many": True, "how": "left"}},
    "sql": {"sql": "select * from rows union all select * from b"},
}
DEDUPLICATE = {"deduplicate": {"key": "id", "keep": "first"}}
COUNT = {"aggregate": {"by": "id", "metrics": {"n": "count()"}}}


def pipeline(folder: Path, gold: dict[str, Any], **silver: Any) -> md.Pipeline:
    for name, text in FILES.items():
        (folder / f"{name}.csv").write_text(text)
    tables = {
        "bronze": {name: {"source": f"{name}.csv"} for name in FILES},
        "silver": silver,
        "gold": {"result": gold},
    }
    declared = {"name": "replayed", "lake": "lake", "tables": tables}
    pipeline = md.Pipeline(Declaration.model_validate(declared), base=folder)
    pipeline.run()
    return pipeline


def aggregated(folder: Path, step: str, several: bool) -> md.Pipeline:
    """Equal rows made by a step, deduplicated and counted, in one table or in three."""
    reads = {"a": "bronze.a", "b": "bronze.b", "c": "bronze.c"}
    if not several:
        return pipeline(folder, {"from": reads, "steps": [MAKING[step], DEDUPLICATE, COUNT]})
    made = {"from": reads, "steps": [MAKING[step]]}
    unique = {"from": "silver.made", "steps": [DEDUPLICATE]}
    return pipeline(folder, {"from": "silver.unique", "steps": [COUNT]}, made=made, unique=unique)


@pytest.mark.parametrize("several", [False, True])
@pytest.mark.parametrize("step", MAKING)
def test_an_exact_answer_has_as_many_records_as_were_counted(
    tmp_path: Path, step: str, several: bool
) -> None:
    counted = aggregated(tmp_path, step, several)
    cells = counted.lake.table("gold.result").select(columns=["id", "n"]).fetchall()

    assert len(cells) >= 3
    for id_, n in cells:
        origins = counted.why("gold.result", {"id": id_})
        records = origins.records().filter("\"table\" <> 'bronze.c'")
        assert len(records) >= n
        if id_ in ("3", "4"):  # which occurs once
            assert origins.exact
        if origins.exact:
            assert len(records) == n
        else:
            (note,) = origins.inexact
            assert f"step 1 ({step}) makes equal rows" in note.message


WAITED = "try_cast(t2 as timestamp) - try_cast(t1 as timestamp) as waited"


@pytest.mark.parametrize(
    "steps",
    [
        [{"sql": f"select id, {WAITED} from times"}],
        [{"sql": f"select {WAITED}, count(*) as n from times group by all"}],
        [
            {"derive": {"waited": WAITED.removesuffix(" as waited")}},
            {"aggregate": {"by": "waited", "metrics": {"n": "count()"}}},
        ],
        [
            {"derive": {"waited": WAITED.removesuffix(" as waited")}},
            {"sort": "-id"},
            {"select": ["waited"]},
        ],
    ],
)
def test_intervals_that_are_stored_as_text_are_recognised(tmp_path: Path, steps: Any) -> None:
    origins = pipeline(tmp_path, {"from": {"times": "bronze.times"}, "steps": steps}).why(
        "gold.result", "waited = 'P3D'"
    )

    assert origins.exact
    assert origins.records().project("record").fetchall() == [(2,)]


@pytest.mark.parametrize(
    ("steps", "notes"),
    [
        (
            [{"sql": "select id, random() as chance from a"}],
            [
                "step 1 (sql) cannot be followed: 5 rows could not be recognised when computed again",
                "is `deterministic: false`, and its steps may give other rows when applied again",
            ],
        ),
        (
            [{"derive": {"chance": "random()"}}, {"sort": "chance"}, {"select": ["chance"]}],
            [
                "cannot be followed: 5 rows could not be recognised when computed again",
                "is `deterministic: false`, and its steps may give other rows when applied again",
            ],
        ),
        ([{"derive": {"chance": "random()"}}], []),
        ([COUNT, {"derive": {"chance": "random()"}}], []),
    ],
)
def test_values_that_differ_when_computed_again_are_not_exact(
    tmp_path: Path, steps: Any, notes: list[str]
) -> None:
    gold = {"from": {"a": "bronze.a"}, "steps": steps, "deterministic": False}
    origins = pipeline(tmp_path, gold).why("gold.result")

    assert sorted(note.message for note in origins.inexact) == sorted(notes)
    assert {note.inputs for note in origins.inexact} <= {("bronze.a",)}
    assert len(origins) == (0 if notes else 5)


def test_removed_records_that_a_query_cannot_compute_are_left_out(tmp_path: Path) -> None:
    silver = {"from": "bronze.a", "steps": [{"filter": "w <> 'z'"}]}
    query = (
        "select cast(translate(w, 'xy', '12') as integer) as w, count(*) as n from good group by 1"
    )
    gold = {"from": {"good": "silver.good"}, "steps": [{"sql": query}]}
    origins = pipeline(tmp_path, gold, good=silver).why("gold.result", {"w": 1})

    assert origins.exact
    assert [record for _, _, record, _ in origins.records().fetchall()] == [1, 2]
    assert origins.removed_counts == []
