"""`medallion.lineage.table_trace`: which rows of its inputs rows of a table were made of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import medallion as md
from medallion.declaration.models import Declaration

PEOPLE = "id,country,age,amount\n1,France,30,1\n2,Spain,30,2\n3,France,41,4\n4,Spain,41,8\n"


def pipeline(folder: Path, steps: list[Any], **inputs: str) -> md.Pipeline:
    """A pipeline whose gold table has these steps."""
    (folder / "people.csv").write_text(PEOPLE)
    tables: dict[str, Any] = {
        "bronze": {"people": {"source": "people.csv"}},
        "silver": {
            "people": {
                "from": "bronze.people",
                "steps": [{"cast": {"id": "integer", "age": "integer", "amount": "integer"}}],
            }
        },
        "gold": {"result": {"from": {"people": "silver.people", **inputs}, "steps": steps}},
    }
    declared = {"name": "traced", "lake": "lake", "tables": tables}
    pipeline = md.Pipeline(Declaration.model_validate(declared), base=folder)
    pipeline.run()
    return pipeline


def traced(pipeline: md.Pipeline, where: str) -> list[int]:
    """The records behind rows of the gold table."""
    rows = pipeline.why("gold.result", where).records().project("record").fetchall()
    return [record for (record,) in rows]


AGGREGATE = {"aggregate": {"by": ["country"], "metrics": {"total": "sum(amount)"}}}


@pytest.mark.parametrize(
    ("later", "where"),
    [
        ([], "total > 9"),
        ([{"rename": {"country": "land"}}], "land = 'Spain'"),
        ([{"derive": {"country": "upper(country)"}}], "country = 'SPAIN'"),
        ([{"drop": "country"}], "total = 10"),
        ([{"filter": "total > 6"}], "true"),
        ([{"aggregate": {"by": ["total"], "metrics": {"groups": "count()"}}}], "total = 10"),
    ],
)
def test_a_group_is_found_whatever_later_steps_do(
    tmp_path: Path, later: list[Any], where: str
) -> None:
    assert traced(pipeline(tmp_path, [AGGREGATE, *later]), where) == [2, 4]


def test_steps_before_the_aggregate_are_applied_again(tmp_path: Path) -> None:
    steps = [{"filter": "age > 30"}, {"derive": {"country": "lower(country)"}}, AGGREGATE]

    assert traced(pipeline(tmp_path, steps), "country = 'spain'") == [4]


SALES = "person,sold,tags\n1,10,a;b\n1,20,b\n2,40,c\n9,80,\n"
LANDS = "land,code\nFrance,FR\nSpain,ES\nItaly,IT\n"


def several(folder: Path, steps: list[Any]) -> md.Pipeline:
    """A pipeline whose gold table has these steps on sales, and may read people and lands."""
    for name, text in (("people", PEOPLE), ("sales", SALES), ("lands", LANDS)):
        (folder / f"{name}.csv").write_text(text)
    tables: dict[str, Any] = {
        "bronze": {name: {"source": f"{name}.csv"} for name in ("people", "sales", "lands")},
        "gold": {
            "result": {
                "from": {name: f"bronze.{name}" for name in ("sales", "people", "lands")},
                "steps": steps,
            }
        },
    }
    declared = {"name": "traced", "lake": "lake", "tables": tables}
    pipeline = md.Pipeline(Declaration.model_validate(declared), base=folder)
    pipeline.run()
    return pipeline


PERSON = {"with": "people", "on": {"person": "id"}}
BY_COUNTRY = {"aggregate": {"by": "country", "metrics": {"sales": "count()"}}}


@pytest.mark.parametrize(
    ("steps", "where", "expected"),
    [
        ([{"join": PERSON}], "sold = '20'", {"sales": [2], "people": [1]}),
        ([{"join": PERSON}], "sold = '80'", {"sales": [4]}),
        ([{"join": {**PERSON, "how": "semi"}}], "sold = '20'", {"sales": [2]}),
        ([{"join": {**PERSON, "many": True}}], "sold = '20'", {"sales": [2], "people": [1]}),
        ([{"join": {**PERSON, "many": True}}], "sold = '80'", {"sales": [4]}),
        (
            [{"join": PERSON}, BY_COUNTRY],
            "country = 'France'",
            {"sales": [1, 2], "people": [1]},
        ),
        (
            [{"join": PERSON}, {"join": {"with": "lands", "on": {"country": "land"}}}, BY_COUNTRY],
            "country = 'Spain'",
            {"sales": [3], "people": [2], "lands": [2]},
        ),
        (
            [
                {"join": PERSON},
                BY_COUNTRY,
                {"join": {"with": "lands", "on": {"country": "land"}}},
            ],
            "code = 'ES'",
            {"sales": [3], "people": [2], "lands": [2]},
        ),
        ([{"explode": {"column": "tags", "separator": ";"}}], "tags = 'b'", {"sales": [1, 2]}),
        ([{"explode": {"column": "tags", "separator": ";"}}], "tags is null", {"sales": [4]}),
        ([{"unpivot": {"columns": ["sold", "tags"]}}], "value = 'c'", {"sales": [3]}),
        ([{"sort": "-sold"}], "sold = '10'", {"sales": [1]}),
        (
            [{"union": ["people", "lands"]}],
            "country = 'Spain' or sold = '20' or land = 'Italy'",
            {"sales": [2], "people": [2, 4], "lands": [3]},
        ),
        (
            [
                {"union": "people"},
                {"derive": {"key": "coalesce(person, id)"}},
                {"aggregate": {"by": "key", "metrics": {"rows": "count()"}}},
            ],
            "key = '1'",
            {"sales": [1, 2], "people": [1]},
        ),
        (
            [
                {"cast": {"sold": "integer"}},
                {"pivot": {"by": "person", "name": "tags", "values": ["b", "c"], "value": "sold"}},
            ],
            "b = 20",
            {"sales": [2]},
        ),
        (
            [{"sql": "select country, count(*) as n from sales s join people p on s.person = p.id "
                "group by country"}, {"derive": {"twice": "n * 2"}}],
            "twice = 4",
            {"sales": [1, 2], "people": [1]},
        ),
        ([{"sql": "select code from lands"}], "code = 'IT'", {"lands": [3]}),
        (
            [{"filter": "tags is not null"}, {"sql": "select person, count(*) n from rows group by all"}],
            "n = 2",
            {"sales": [1, 2]},
        ),
    ],
)  # fmt: skip
def test_rows_of_every_table_are_found(
    tmp_path: Path, steps: list[Any], where: str, expected: dict[str, list[int]]
) -> None:
    origins = several(tmp_path, steps).why("gold.result", where)
    records: dict[str, list[int]] = {}
    for table, _, record, _ in origins.records().fetchall():
        records.setdefault(table.removeprefix("bronze."), []).append(record)

    assert origins.rows
    assert origins.exact
    assert records == expected


def test_a_query_that_cannot_be_followed_says_why(tmp_path: Path) -> None:
    query = "select *, row_number() over (order by sold) as number from sales"
    origins = several(tmp_path, [{"sql": query}]).why("gold.result", "number = 1")

    assert [note.message for note in origins.inexact] == [
        "step 1 (sql) cannot be followed: it has a window function"
    ]
    assert not origins.files


def test_a_step_over_all_rows_is_named(tmp_path: Path) -> None:
    window = {"window": {"order_by": "id", "columns": {"so_far": "running_sum(amount)"}}}
    origins = pipeline(tmp_path, [window]).why("gold.result", "id = 2")

    assert not origins.exact
    (note,) = origins.inexact
    assert str(note) == (
        "gold.result: step 1 (window) may use values of any of the rows it gets; "
        "it reads silver.people"
    )
    assert [file.records for file in origins.files] == [1]
