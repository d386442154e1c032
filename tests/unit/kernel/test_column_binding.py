"""`check` refuses a table if and only if a run does, for what the declaration decides."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import medallion as md
from medallion.errors import MedallionError
from tests.example_counts import examples

# No value breaks a rule or cannot be cast, so that only columns and types decide.
ROWS = [
    ("id", "name", "amount", "day"),
    ("1", "a", "2", "2024-01-31"),
    ("2", "b", "3", "2024-02-01"),
]
OTHER = [("id", "town"), ("1", "Oslo"), ("2", "Rome")]

NAMES = st.sampled_from(["id", "name", "amount", "day", "town", "nmae", "total"])
STEPS = st.one_of(
    st.just("trim"),
    st.builds(lambda a: {"trim": [a]}, NAMES),
    st.builds(lambda a: {"cast": {a: "text"}}, NAMES),
    st.just({"cast": {"id": "integer", "amount": "decimal(9,2)"}}),
    st.just({"cast": {"day": "date"}}),
    st.builds(lambda a, b: {"rename": {a: b}}, NAMES, NAMES),
    st.builds(lambda a, b: {"select": list(dict.fromkeys((a, b)))}, NAMES, NAMES),
    st.builds(lambda a: {"drop": [a]}, NAMES),
    st.builds(lambda a, b: {"derive": {a: f"{b} || 'x'"}}, NAMES, NAMES),
    st.builds(lambda a, b: {"derive": {a: f"{b} + 1"}}, NAMES, NAMES),
    st.builds(lambda a: {"filter": f"{a} is not null"}, NAMES),
    st.builds(lambda a: {"fill": {a: "x"}}, NAMES),
    st.builds(lambda a: {"normalize": {a: "upper"}}, NAMES),
    st.builds(lambda a, b: {"deduplicate": {"key": a, "order_by": [f"-{b}"]}}, NAMES, NAMES),
    st.builds(lambda a: {"sort": f"-{a}"}, NAMES),
    st.builds(
        lambda a, b: {"aggregate": {"by": a, "metrics": {"total": f"sum({b})", "n": "count()"}}},
        NAMES,
        NAMES,
    ),
    st.builds(lambda a, b: {"window": {"by": a, "columns": {"w": f"max({b})"}}}, NAMES, NAMES),
    st.builds(lambda a: {"join": {"with": "bronze.other", "on": a}}, NAMES),
    st.builds(lambda a: {"join": {"with": "other", "on": {a: "id"}, "columns": "town"}}, NAMES),
    st.just({"union": "other"}),
    st.builds(lambda a: {"unpivot": {"columns": [a], "name": "what"}}, NAMES),
    st.builds(
        lambda a, b: {"sql": f"select {a}, count({b}) as n from t group by {a}"}, NAMES, NAMES
    ),
    st.builds(lambda a: {"sql": f"select t.*, o.town as o from t join other o using ({a})"}, NAMES),
)
RULES = st.one_of(
    st.builds(lambda a: {"not_null": a, "on_fail": "warn"}, NAMES),
    st.builds(lambda a: {"unique": a, "on_fail": "quarantine"}, NAMES),
    st.builds(lambda a: {"expression": f"{a} is null or true", "on_fail": "warn"}, NAMES),
    st.builds(lambda a: {"between": {a: [0, 100]}, "on_fail": "warn"}, NAMES),
    st.builds(lambda a: {"matches": {a: ".*"}, "on_fail": "warn"}, NAMES),
    st.builds(lambda a: {"references": {a: "bronze.other.id"}, "on_fail": "warn"}, NAMES),
)


def project(folder: Path, steps: list[Any], rules: list[Any]) -> md.Pipeline:
    for name, rows in (("t", ROWS), ("other", OTHER)):
        with (folder / f"{name}.csv").open("w", newline="") as file:
            csv.writer(file).writerows(rows)
    tables: Any = {
        "bronze": {"t": md.Source(source="t.csv"), "other": md.Source(source="other.csv")},
        "silver": {
            "t": md.Table(
                from_={"t": "bronze.t", "other": "bronze.other"}, steps=steps, expect=rules
            )
        },
    }
    layers = {"bronze": "raw", "silver": "parquet"}
    return md.Pipeline(
        md.Declaration(name="bound", layers=layers, tables=tables, sinks={}), base=folder
    )


def refusals(pipeline: md.Pipeline) -> tuple[list[str], str]:
    """What `check` refuses, and what a run does."""
    problems = [str(problem) for problem in pipeline.check().problems]
    try:
        pipeline.run(full=True)
    except MedallionError as error:
        return problems, str(error)
    return problems, ""


@settings(max_examples=examples(20, 40), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(STEPS, min_size=1, max_size=3), st.lists(RULES, max_size=2))
def test_check_refuses_if_and_only_if_a_run_does(
    tmp_path_factory: pytest.TempPathFactory, steps: list[Any], rules: list[Any]
) -> None:
    try:
        pipeline = project(tmp_path_factory.mktemp("bound"), steps, rules)
    except (MedallionError, ValueError):
        return  # refused when it is loaded, by both
    problems, failure = refusals(pipeline)
    assert bool(problems) == bool(failure), (problems, failure)
    if not failure:
        release = pipeline.lake.current()
        assert release is not None
        known = pipeline.check().tables["silver.t"].columns
        run = release.tables["silver.t"].columns
        assert known is not None
        assert [(c.name, c.type) for c in known] == [(c.name, c.type) for c in run]


@pytest.mark.parametrize(
    ("steps", "lacking"),
    [
        (["trim", {"cast": {"ida": "text", "nam": "text"}}, {"drop": ["dai"]}], ["ida", "nam", "dai"]),
        ([{"rename": {"nmae": "label"}}, {"filter": "label = 'x' and labl = 'y'"}], ["nmae", "labl"]),
        ([{"select": ["id", "nmae"]}, {"aggregate": {"by": "nmae", "metrics": {"n": "max(x)"}}}], ["nmae", "x"]),
        ([{"sql": "select t.idd, nme from t where ammount > 1"}, {"drop": ["dy"]}], ["ammount", "idd", "nme", "dy"]),
        ([{"sql": "select ID from t where \"Name\" = 'x'"}], []),
        ([{"join": {"with": "other", "on": "id", "columns": ["twn"]}}], ["twn"]),
        ([{"cast": {"ID": "text"}}], ["ID"]),
        ([{"deduplicate": {"key": "idd", "order_by": "-dya"}}], ["idd", "dya"]),
    ],
)  # fmt: skip
def test_all_lacking_columns_of_a_table_are_found_at_once(
    tmp_path: Path, steps: list[Any], lacking: list[str]
) -> None:
    bound = project(tmp_path, steps, []).check().tables["silver.t"]
    assert sorted(str(fault.column) for fault in bound.faults) == sorted(lacking)
    assert [fault.path[1] for fault in bound.faults] == sorted(
        fault.path[1] for fault in bound.faults
    )


def test_what_the_layer_cannot_store_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("id\n1\n")
    tables: Any = {
        "bronze": {"t": md.Source(source="t.csv")},
        "silver": {"t": md.Table(from_="bronze.t", steps=[{"derive": {"a b": "id"}}])},
    }
    layers = {"bronze": "raw", "silver": "delta"}
    declaration = md.Declaration(name="bound", layers=layers, tables=tables, sinks={})
    problems, failure = refusals(md.Pipeline(declaration, base=tmp_path))
    assert len(problems) == 1
    assert "'a b'" in problems[0]
    assert "'a b'" in failure


def test_a_column_that_the_step_makes_is_suggested(tmp_path: Path) -> None:
    aggregate = {"by": "name", "metrics": {"revenue": "max(amount)"}, "having": "revenu > 'a'"}
    steps = [{"derive": {"label": "upper(name)", "long": "lable || 'x'"}}, {"aggregate": aggregate}]
    faults = project(tmp_path, steps, []).check().tables["silver.t"].faults
    assert [fault.message for fault in faults] == [
        "no column 'lable'; did you mean 'label'?",
        "no column 'revenu'; did you mean 'revenue'?",
    ]


def test_what_is_not_a_column_is_refused_with_its_reason(tmp_path: Path) -> None:
    pipeline = project(
        tmp_path, ["trim", {"derive": {"d": "amount + 1"}}], [{"between": {"id": [0, 1]}}]
    )
    faults = pipeline.check().tables["silver.t"].faults
    assert [fault.path for fault in faults] == [("steps", 1, "derive")]
    assert "amount + 1" in faults[0].message
