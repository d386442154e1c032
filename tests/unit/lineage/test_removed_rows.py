"""`medallion.lineage.removed_rows`: records that would have counted, and why they did not."""

from __future__ import annotations

from typing import Any

import pytest

import medallion as md
from medallion.declaration.models import Declaration

SALES = (
    "id,country,person,amount\n"
    "1,France,1,10\n"
    "2,Spain,2,20\n"
    "2,Spain,2,25\n"
    "3,France,1,x\n"
    "4,France,2,-5\n"
    "5,France,9,7\n"
    "6,France,1,0\n"
    "7,Italy,2,3\n"
    "7,Italy,2,3\n"
    "8,Spain,2,4\n"
    "9,Spain,1,30\n"
)
PEOPLE = "id,land\n1,France\n2,Spain\n2,France\n"


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> md.Pipeline:
    folder = tmp_path_factory.mktemp("removed")
    (folder / "sales.csv").write_text(SALES)
    (folder / "people.csv").write_text(PEOPLE)
    sales: dict[str, Any] = {
        "from": "bronze.sales",
        "steps": [
            {"cast": {"id": "integer", "person": "integer", "amount": "integer"}},
            {"filter": "amount is distinct from 0"},
            {"deduplicate": "id"},
            {"derive": {"code": "upper(country)"}},
        ],
        "expect": [
            {"between": {"amount": [0, 100]}, "on_fail": "quarantine"},
            {"references": {"person": "silver.people.id"}, "on_fail": "quarantine"},
        ],
    }
    people = {
        "from": "bronze.people",
        "steps": [{"cast": {"id": "integer"}}, {"deduplicate": {"key": "id", "keep": "first"}}],
    }
    of_people = (
        "select land, count(*) as n from sales join people on sales.person = people.id "
        "group by land"
    )
    tables: dict[str, Any] = {
        "bronze": {"sales": {"source": "sales.csv"}, "people": {"source": "people.csv"}},
        "silver": {
            "sales": sales,
            "people": people,
            "copy": {"from": "silver.sales", "steps": [{"rename": {"country": "land"}}]},
        },
        "gold": {
            "countries": {
                "from": "silver.sales",
                "steps": [{"aggregate": {"by": "code", "metrics": {"revenue": "sum(amount)"}}}],
            },
            "large": {
                "from": {"sales": "silver.sales", "people": "silver.people"},
                "steps": [
                    {"filter": "amount > 4"},
                    {
                        "join": {
                            "with": "people",
                            "on": {"person": "id", "country": "land"},
                            "how": "semi",
                        }
                    },
                    {"aggregate": {"by": "code", "metrics": {"revenue": "sum(amount)"}}},
                ],
            },
            "lands": {
                "from": "silver.copy",
                "steps": [{"aggregate": {"by": "land", "metrics": {"revenue": "sum(amount)"}}}],
            },
            "people": {
                "from": {"sales": "silver.sales", "people": "silver.people"},
                "steps": [{"sql": of_people}],
            },
        },
    }
    declared = {"name": "removed", "lake": "lake", "tables": tables}
    pipeline = md.Pipeline(Declaration.model_validate(declared), base=folder)
    pipeline.run()
    return pipeline


def removed(pipeline: md.Pipeline, table: str, where: str | None) -> list[tuple[Any, ...]]:
    rows = pipeline.why(table, where).removed()
    return sorted(rows.project('"table", record, fate, rule, "column", "value"').fetchall())


FRANCE = [
    ("silver.sales", 4, "quarantined", "cast", "amount", "x"),
    ("silver.sales", 5, "quarantined", "between", "amount", "-5"),
    ("silver.sales", 6, "quarantined", "references", "person", "9"),
    ("silver.sales", 7, "dropped", "filter", None, None),
]


def test_each_record_that_would_have_counted_has_its_reason(pipeline: md.Pipeline) -> None:
    assert removed(pipeline, "gold.countries", "code = 'FRANCE'") == FRANCE
    assert removed(pipeline, "gold.countries", "code = 'SPAIN'") == [
        ("silver.sales", 2, "deduplicated", "deduplicate", "id", "2")
    ]


def test_records_that_a_table_further_back_removed_are_found(pipeline: md.Pipeline) -> None:
    assert removed(pipeline, "gold.lands", "land = 'France'") == FRANCE


def test_rows_that_a_table_removed_itself_are_found_by_their_values(pipeline: md.Pipeline) -> None:
    assert removed(pipeline, "silver.sales", "id = 7") == [
        ("silver.sales", 8, "deduplicated", "deduplicate", "id", "7")
    ]
    assert removed(pipeline, "silver.copy", "land = 'France'") == FRANCE


def test_rows_that_a_table_drops_before_its_aggregate_are_found(pipeline: md.Pipeline) -> None:
    assert removed(pipeline, "gold.large", "code = 'SPAIN'") == [
        ("gold.large", 10, "dropped", "filter", None, None),
        ("gold.large", 11, "dropped", "join people", "person, country", "1, Spain"),
        ("silver.sales", 2, "deduplicated", "deduplicate", "id", "2"),
    ]


def test_records_of_the_other_side_of_a_join_are_found(pipeline: md.Pipeline) -> None:
    assert removed(pipeline, "gold.people", "land = 'France'") == [
        ("silver.people", 3, "deduplicated", "deduplicate", "id", "2"),
        ("silver.sales", 4, "quarantined", "cast", "amount", "x"),
        ("silver.sales", 7, "dropped", "filter", None, None),
    ]


def test_all_removed_records_are_those_of_the_tally(pipeline: md.Pipeline) -> None:
    for name in ("silver.sales", "silver.people"):
        (tally,) = pipeline.lake.table(name).snapshot.tallies
        fates = [fate for _, _, fate, *_ in removed(pipeline, name, None)]

        assert fates.count("deduplicated") == tally.deduplicated
        assert fates.count("dropped") == tally.dropped
        assert fates.count("quarantined") == tally.quarantined


def test_counts_are_by_table_fate_and_rule(pipeline: md.Pipeline) -> None:
    counts = pipeline.why("gold.countries", "code = 'SPAIN'").removed_counts

    assert counts == [
        {
            "table": "silver.sales",
            "fate": "deduplicated",
            "rule": "deduplicate",
            "column": "id",
            "records": 1,
        }
    ]
