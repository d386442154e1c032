from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from tests.example_counts import examples

import medallion as md
from medallion.declaration.models import Declaration
from medallion.errors import StepError
from medallion.plugins import TRANSFORMS, build
from medallion.testing import apply_transform
from medallion.transforms.history import History

DAYS = [date(2024, 1, day) for day in range(1, 8)]
MONDAY, TUESDAY, WEDNESDAY, THURSDAY, *_ = DAYS


def row(id_: int | None, day: date | None, city: str | None, **others: Any) -> dict[str, Any]:
    return {"id": id_, "day": day, "city": city, **others}


def version(id_: int, start: date, end: date | None, city: str | None) -> dict[str, Any]:
    return {
        "id": id_,
        "valid_from": start,
        "valid_to": end,
        "is_current": end is None,
        "city": city,
    }


def test_a_version_lasts_until_the_next_change_whatever_the_order_of_the_rows():
    rows = [
        row(1, THURSDAY, "Rome"),
        row(1, MONDAY, "Paris"),
        row(2, TUESDAY, None),
        row(1, TUESDAY, "Paris"),
        row(2, WEDNESDAY, "Oslo"),
        row(1, WEDNESDAY, "Rome"),
    ]
    outcome = apply_transform(build(TRANSFORMS, {"history": {"key": "id", "at": "day"}}), rows)
    assert outcome.rows == [
        version(1, MONDAY, WEDNESDAY, "Paris"),
        version(1, WEDNESDAY, None, "Rome"),
        version(2, TUESDAY, WEDNESDAY, None),
        version(2, WEDNESDAY, None, "Oslo"),
    ]
    assert not outcome.set_aside


def test_a_key_that_a_whole_extract_lacks_was_deleted_and_may_return():
    rows = [
        *(row(1, day, "Paris") for day in (MONDAY, TUESDAY, WEDNESDAY, THURSDAY)),
        *(row(2, day, "Rome") for day in (MONDAY, THURSDAY)),
        *(row(3, day, "Oslo") for day in (TUESDAY, WEDNESDAY)),
    ]
    assert apply_transform(History(key="id", at="day", whole=True), rows).rows == [
        version(1, MONDAY, None, "Paris"),
        version(2, MONDAY, TUESDAY, "Rome"),
        version(2, THURSDAY, None, "Rome"),
        version(3, TUESDAY, THURSDAY, "Oslo"),
    ]


def test_a_log_of_changes_says_what_was_deleted():
    rows = [
        row(1, MONDAY, "Paris", gone=False),
        row(1, WEDNESDAY, "Paris", gone=True),
        row(1, THURSDAY, "Paris", gone=None),
        row(2, TUESDAY, "Rome", gone=False),
        row(2, WEDNESDAY, None, gone=True),
    ]
    assert apply_transform(History(key="id", at="day", deleted="gone"), rows).rows == [
        version(1, MONDAY, WEDNESDAY, "Paris"),
        version(1, THURSDAY, None, "Paris"),
        version(2, TUESDAY, WEDNESDAY, "Rome"),
    ]


def test_only_changes_of_some_columns_may_count():
    rows = [
        row(1, MONDAY, "Paris", visits=1),
        row(1, TUESDAY, "Paris", visits=2),
        row(1, WEDNESDAY, "Rome", visits=3),
    ]
    outcome = apply_transform(History(key="id", at="day", columns=["city"]), rows)
    assert [(each["valid_from"], each["visits"]) for each in outcome.rows] == [
        (MONDAY, 1),
        (WEDNESDAY, 3),
    ]


def test_rows_without_a_place_are_quarantined_and_the_last_of_one_time_is_used():
    rows = [
        row(1, MONDAY, "Paris"),
        row(None, MONDAY, "Paris"),
        row(1, None, "Paris"),
        row(1, MONDAY, "Rome"),
        row(1, MONDAY, "Rome"),
    ]
    outcome = apply_transform(History(key="id", at="day"), rows)
    assert outcome.rows == [version(1, MONDAY, None, "Rome")]
    assert outcome.set_aside == [
        (0, "deduplicated", "conflicting duplicate", "id, day", "1, 2024-01-01"),
        (1, "quarantined", "history", "id", None),
        (2, "quarantined", "history", "day", None),
        (3, "deduplicated", "exact duplicate", "id, day", "1, 2024-01-01"),
    ]


States = dict[tuple[int, date], str]


def valid_on(versions: list[dict[str, Any]], id_: int, day: date) -> list[str]:
    return [
        each["city"]
        for each in versions
        if each["id"] == id_
        and each["valid_from"] <= day
        and (each["valid_to"] is None or day < each["valid_to"])
    ]


@settings(max_examples=examples(25, 60), deadline=None)
@given(
    st.dictionaries(
        st.tuples(st.integers(1, 3), st.sampled_from(DAYS)),
        st.sampled_from(["Paris", "Rome", "deleted"]),
        min_size=1,
    ),
    st.booleans(),
    st.randoms(use_true_random=False),
)
def test_each_day_has_the_state_that_was_last_said(states: States, whole: bool, chance: Any):
    rows = [row(id_, day, city, gone=city == "deleted") for (id_, day), city in states.items()]
    chance.shuffle(rows)
    versions = apply_transform(History(key="id", at="day", deleted="gone", whole=whole), rows).rows
    extracts = sorted({day for _, day in states})
    for id_ in (1, 2, 3):
        for day in (DAYS[0] + timedelta(number) for number in range(len(DAYS) + 1)):
            said = [each for each in extracts if each <= day and (whole or (id_, each) in states)]
            state = states.get((id_, said[-1]), "deleted") if said else "deleted"
            assert valid_on(versions, id_, day) == ([] if state == "deleted" else [state])
    for one, other in pairwise(versions):
        if (one["id"], one["valid_to"]) == (other["id"], other["valid_from"]):
            assert one["city"] != other["city"], "one version was split"


def test_a_late_file_restates_the_history_and_why_names_the_records_of_a_version(tmp_path: Path):
    extracts = {"01": "1,Paris\n2,Rome\n", "03": "1,Oslo\n"}

    def write(day: str, text: str) -> None:
        lines = "".join(f"{line},2024-01-{day}\n" for line in text.splitlines())
        (tmp_path / f"clients-{day}.csv").write_text("id,city,day\n" + lines)

    for day, text in extracts.items():
        write(day, text)
    tables = {
        "bronze": {"clients": {"source": "clients-*.csv"}},
        "silver": {
            "clients": {
                "from": "bronze.clients",
                "steps": [
                    {"cast": {"day": "date"}},
                    {"history": {"key": "id", "at": "day", "whole": True}},
                ],
            }
        },
    }
    declared = {"name": "clients", "lake": "lake", "tables": tables}
    pipeline = md.Pipeline(Declaration.model_validate(declared), base=tmp_path)

    def versions() -> list[tuple[Any, ...]]:
        pipeline.run()
        return pipeline.lake.table("silver.clients").select().fetchall()

    first, third = MONDAY, WEDNESDAY
    before = versions()
    assert before == [
        ("1", "Paris", first, third, False),
        ("1", "Oslo", third, None, True),
        ("2", "Rome", first, third, False),
    ]
    write("02", "1,Oslo\n2,Rome\n")
    assert versions() == [
        ("1", "Paris", first, TUESDAY, False),
        ("1", "Oslo", TUESDAY, None, True),
        ("2", "Rome", first, third, False),
    ]
    origins = pipeline.why("silver.clients", "id = '1' and is_current")
    assert origins.exact
    assert sorted(origins.records().project("file, record").fetchall()) == [
        ("clients-02.csv", 1),
        ("clients-03.csv", 1),
    ]
    (tmp_path / "clients-02.csv").unlink()
    assert versions() == before


def test_what_cannot_be_a_history_is_refused():
    with pytest.raises(ValidationError, match="two columns 'id'"):
        History(key=["id", "day"], at="id")
    with pytest.raises(StepError, match="two columns 'valid_to'"):
        apply_transform(History(key="id", at="day"), [row(1, MONDAY, "x", valid_to=None)])
    with pytest.raises(StepError, match="'city' is text, not boolean"):
        apply_transform(History(key="id", at="day", deleted="city"), [row(1, MONDAY, "x")])
    with pytest.raises(StepError, match="no column 'day'"):
        apply_transform(History(key="id", at="day"), [{"id": 1}])
