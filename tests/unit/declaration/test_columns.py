"""What is known of columns before a run is what a run makes, and what does not fit them has its place."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import pytest

from medallion import plugins
from medallion.contracts import Columns, Transform
from medallion.declaration.columns import known_columns
from medallion.errors import DeclarationError
from medallion.pipeline import Pipeline
from medallion.testing import apply_transform

ROWS = [
    {"k": "a", "n": 1, "m": 2.5, "t": "x;y"},
    {"k": "b", "n": 2, "m": None, "t": None},
]
OTHER = [{"k": "a", "city": "Oslo", "n2": 1}, {"k": "b", "city": "Rome", "n2": 2}]
STEPS: list[Any] = [
    "trim",
    {"cast": {"n": "text"}},
    {"clip": {"n": [0, 1]}},
    {"deduplicate": "k"},
    {"fill": {"m": 0.0}},
    {"filter": "n > 0"},
    {"map_values": {"k": {"a": "c"}}},
    {"normalize": {"k": "upper"}},
    {"explode": {"column": "t", "separator": ";"}},
    {"derive": {"double": "n * 2", "n": "n + 1"}},
    {"rename": {"k": "n", "n": "k"}},
    {"drop": ["m", "t"]},
    {"select": ["t", "k"]},
    {"sort": "-n"},
    {"aggregate": {"by": "k", "metrics": {"rows": "count()", "s": "sum(n)"}}},
    {"pivot": {"by": "t", "name": "k", "values": ["a", "true"], "value": "n"}},
    {"unpivot": {"columns": ["n", "m"], "name": "what"}},
    {"history": {"key": "k", "at": "n", "columns": "t"}},
    {"window": {"by": "k", "columns": {"nth": "row_number()"}, "order_by": "n"}},
    {"join": {"with": "other", "on": "k"}},
    {"join": {"with": "other", "on": "k", "columns": ["city"]}},
    {"join": {"with": "other", "on": "k", "how": "semi"}},
    {"union": "other"},
]


@pytest.mark.parametrize("written", STEPS, ids=str)
def test_a_step_says_which_columns_come_out(written: Any) -> None:
    step = cast("Transform", plugins.build(plugins.TRANSFORMS, written))
    others: Mapping[str, Columns] = {"other": tuple(OTHER[0])}
    made = apply_transform(step, ROWS, other=OTHER)
    assert step.result_columns(tuple(ROWS[0]), others) == tuple(made.rows[0])


def test_a_step_that_can_do_anything_says_nothing() -> None:
    for written in ({"sql": "select 1 as one"}, {"python": {"function": "json:loads"}}):
        step = cast("Transform", plugins.build(plugins.TRANSFORMS, written))
        assert step.result_columns(("k",), {}) is None


YAML = """\
name: known
tables:
  bronze:
    open: {source: a.csv}
    frozen: {source: a.csv, columns: [shop, amount], schema: freeze}
  silver:
    copy: {from: bronze.frozen, steps: [trim]}
    asked: {from: bronze.open, steps: [{sql: select 1 as one}]}
  gold:
    totals:
      from: bronze.open
      steps: [{aggregate: {by: shop, metrics: {revenue: sum(amount)}}}]
    joined:
      from: [bronze.frozen, gold.totals]
      steps: [{join: {with: totals, on: shop}}]
    anything: {from: silver.asked}
"""


def load(folder: Path, text: str) -> Pipeline:
    (folder / "medallion.yaml").write_text(text)
    return Pipeline.load(folder / "medallion.yaml")


def test_columns_are_followed_from_table_to_table(tmp_path: Path) -> None:
    assert known_columns(load(tmp_path, YAML).declaration) == {
        "bronze.open": None,
        "bronze.frozen": ("shop", "amount"),
        "silver.copy": ("shop", "amount"),
        "silver.asked": None,
        "gold.totals": ("shop", "revenue"),
        "gold.joined": ("shop", "amount", "revenue"),
        "gold.anything": None,
    }


@pytest.mark.parametrize(
    ("tables", "path", "message"),
    [
        ("totals: {key: shp}", "totals.key", "no column 'shp' in 'totals'; did you mean 'shop'?"),
        (
            "totals: {key: [shop, town]}",
            "totals.key[1]",
            "no column 'town' in 'totals'; there is revenue, shop",
        ),
        (
            "totals: {indexes: [-revenu]}",
            "totals.indexes[0]",
            "no column 'revenu' in 'totals'; did you mean 'revenue'?",
        ),
        (
            "joined: {indexes: [[shop, -x]]}",
            "joined.indexes[0][1]",
            "no column 'x' in 'joined'; there is ",
        ),
    ],
)
def test_a_key_or_index_that_cannot_be_is_found_by_check(
    tmp_path: Path, tables: str, path: str, message: str
) -> None:
    sinks = f"sinks: {{serving: {{url: 'sqlite:lake/s.db', tables: {{{tables}}}}}}}\n"
    with pytest.raises(DeclarationError) as caught:
        load(tmp_path, YAML + sinks)
    (problem,) = caught.value.problems
    assert problem.path == f"sinks.serving.tables.{path}"
    assert problem.message.startswith(message)
    assert problem.place.startswith(f"{tmp_path}/medallion.yaml:17:")


def test_what_only_the_data_can_tell_is_left_to_the_run(tmp_path: Path) -> None:
    load(
        tmp_path,
        YAML + "sinks: {serving: {url: 'sqlite:lake/s.db', tables: {anything: {key: whatever}}}}\n",
    )


NAMES = """\
name: names
sinks: {{serving: {{url: "{url}"}}}}
tables:
  bronze: {{a: {{source: a.csv}}}}
  gold:
    first: {{from: bronze.a}}
    {name}: {{from: bronze.a}}
"""


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("First", "SQLite does not distinguish 'first' and 'First'; rename one of them"),
        ("sqlite_master", "SQLite reserves the name 'sqlite_master'; rename the table"),
        ("SQLITE_anything", "SQLite reserves the name 'SQLITE_anything'; rename the table"),
        ("sqlite", "SQLite reserves the name 'sqlite'; rename the table"),
        ("JSON_each", "SQLite reserves the name 'JSON_each'; rename the table"),
    ],
)
def test_a_name_that_sqlite_cannot_serve_is_found_by_check(
    tmp_path: Path, name: str, reason: str
) -> None:
    with pytest.raises(DeclarationError) as caught:
        load(tmp_path, NAMES.format(url="sqlite:lake/s.db", name=name))
    (problem,) = caught.value.problems
    assert problem.path == f"tables.gold.{name}"
    assert problem.message == f"the sink 'serving' cannot serve it: {reason}"
    assert problem.place.startswith(f"{tmp_path}/medallion.yaml:7:")
    load(tmp_path, NAMES.format(url="mongodb://localhost/shop", name=name))


def test_aliases_that_only_case_tells_apart_are_refused(tmp_path: Path) -> None:
    text = YAML.replace("[bronze.frozen, gold.totals]", "[silver.copy, bronze.Copy]")
    with pytest.raises(DeclarationError, match="two tables have the alias 'copy'"):
        load(tmp_path, text)
