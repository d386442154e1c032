"""Several tables fail in one run: each is reported, and independent tables are computed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import medallion as md
from medallion.errors import LoadError, SourceError, StepError, TablesError
from medallion.run.planner import Step

YAML = """\
name: failing
sinks:
  serving:
    url: sqlite:lake/serving.db
    tables:
      twice: {key: k}
      empty_key: {key: v}
tables:
  bronze:
    a: {source: a.csv}
  silver:
    good: {from: bronze.a, steps: [trim]}
    bad: {from: bronze.a, steps: [{rename: {nothing: x}}]}
    worse: {from: bronze.a, steps: [{filter: nowhere > 1}]}
  gold:
    fine: {from: silver.good}
    of_bad: {from: silver.bad}
    of_of_bad: {from: gold.of_bad}
    twice: {from: silver.good}
    empty_key: {from: silver.good}
"""
ROWS = "k,v\n1,a\n1,\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.csv").write_text(ROWS)
    return tmp_path


def load(folder: Path, text: str = YAML) -> md.Pipeline:
    (folder / "medallion.yaml").write_text(text)
    return md.Pipeline.load(folder / "medallion.yaml")


def mended(text: str = YAML) -> str:
    return text.replace("rename: {nothing: x}", "rename: {k: x}").replace("nowhere > 1", "k = '1'")


def test_every_step_that_fails_is_reported_with_its_place(folder: Path) -> None:
    pipeline = load(folder)
    with pytest.raises(TablesError) as caught:
        pipeline.run()
    first, *lines = caught.value.message.splitlines()
    assert first == "2 tables failed"
    assert [type(error) for error in caught.value.errors] == [StepError, StepError]
    assert sum("silver.bad.steps[0].rename: no column 'nothing'" in line for line in lines) == 1
    assert sum("silver.worse.steps[0].filter: " in line for line in lines) == 1
    assert all(str(folder / "medallion.yaml") in error.message for error in caught.value.errors)

    run = pipeline.lake.runs()[0]
    assert run.status == "failed"
    assert run.error is not None
    assert "silver.bad" in run.error
    assert "silver.worse" in run.error
    steps = {step.table: step for step in run.steps}
    actions = {name: step.action for name, step in steps.items()}
    assert actions == {
        "bronze.a": "computed",
        "silver.good": "computed",
        "silver.bad": "failed",
        "silver.worse": "failed",
        "gold.fine": "computed",
        "gold.of_bad": "not run",
        "gold.of_of_bad": "not run",
        "gold.twice": "computed",
        "gold.empty_key": "computed",
    }
    assert steps["gold.of_bad"].why == "silver.bad failed"
    assert steps["gold.of_of_bad"].why == "gold.of_bad failed"
    assert pipeline.lake.current() is None


def test_a_single_failure_is_its_own_error(folder: Path) -> None:
    with pytest.raises(StepError, match="no column 'nothing'"):
        load(folder, YAML.replace("nowhere > 1", "k = '1'")).run()


def test_every_table_that_cannot_be_loaded_is_reported(folder: Path) -> None:
    pipeline = load(folder, mended())
    with pytest.raises(TablesError) as caught:
        pipeline.run()
    assert [type(error) for error in caught.value.errors] == [LoadError, LoadError]
    assert "key (k) is not unique" in caught.value.message
    assert "'v' is null in some row" in caught.value.message
    run = pipeline.lake.runs()[0]
    assert {load.served.table for load in run.loads} >= {"gold.of_bad", "gold.of_of_bad"}
    assert pipeline.lake.current() is None


@pytest.mark.parametrize("act", ["run", "plan"])
def test_every_source_that_cannot_be_taken_in_is_reported(folder: Path, act: str) -> None:
    more = "    a: {source: a.csv}\n    b: {source: b.csv}\n    c: {source: c/*.csv}\n"
    pipeline = load(folder, mended().replace("    a: {source: a.csv}\n", more))
    with pytest.raises(TablesError) as caught:
        getattr(pipeline, act)()
    assert [type(error) for error in caught.value.errors] == [SourceError, SourceError]
    assert "bronze.b: no file matches b.csv" in caught.value.message
    assert "bronze.c: no file matches c/*.csv" in caught.value.message


STAGES = """\
name: stages
sinks: {}
tables:
  bronze:
    a: {source: a.csv}
    absent: {source: absent.csv}
    broken: {source: broken.json}
  silver:
    good: {from: bronze.a}
    of_absent: {from: bronze.absent}
    joined: {from: {main: bronze.a, other: bronze.absent}, steps: [{union: {with: other}}]}
    step: {from: bronze.a, steps: [{rename: {nothing: x}}]}
    gate: {from: bronze.a, expect: [{not_null: v, on_fail: fail}]}
  gold:
    fine: {from: silver.good}
"""


@pytest.mark.parametrize("performed", [False, True])
def test_failures_of_all_stages_are_reported_together(folder: Path, performed: bool) -> None:
    (folder / "broken.json").write_text('[{"a": 1}, {"a"')
    pipeline = load(folder, STAGES)
    tried = []

    def perform(step: Step, work: Callable[[], None]) -> None:
        tried.append(step.table)
        work()

    with pytest.raises(TablesError) as caught:
        pipeline.run(perform=perform if performed else None)
    kinds = {str(error).split(":")[0]: type(error) for error in caught.value.errors}
    assert sorted(kind.__name__ for kind in kinds.values()) == [
        "GateError",
        "SourceError",
        "SourceError",
        "StepError",
    ]
    for part in (
        "bronze.absent: no file matches absent.csv",
        "broken.json",
        "no column 'nothing'",
        "silver.gate",
    ):
        assert part in caught.value.message
    steps = {step.table: step for step in pipeline.lake.runs()[0].steps}
    assert {name: step.action for name, step in steps.items()} == {
        "bronze.a": "computed",
        "bronze.absent": "failed",
        "bronze.broken": "failed",
        "silver.good": "computed",
        "silver.of_absent": "not run",
        "silver.joined": "not run",
        "silver.step": "failed",
        "silver.gate": "failed",
        "gold.fine": "computed",
    }
    assert "no file matches absent.csv" in (steps["bronze.absent"].error or "")
    assert steps["silver.joined"].why == "bronze.absent failed"
    assert tried == (
        [name for name, step in steps.items() if step.action != "not run"] if performed else []
    )
    assert pipeline.lake.current() is None


def test_a_source_that_vanished_fails_with_the_others_and_the_release_stays(folder: Path) -> None:
    text = mended().replace(
        "    a: {source: a.csv}\n", "    a: {source: a.csv}\n    b: {source: b.csv}\n"
    )
    text = text.replace("      twice: {key: k}\n      empty_key: {key: v}\n", "      fine: {}\n")
    (folder / "b.csv").write_text(ROWS)
    release = load(folder, text).run().release
    (folder / "b.csv").unlink()
    (folder / "a.csv").write_text("k\n1\n")
    pipeline = load(
        folder,
        text.replace("{from: silver.good}", "{from: silver.good, steps: [{filter: v = 'a'}]}", 1),
    )
    with pytest.raises(TablesError) as caught:
        pipeline.run()
    assert "bronze.b: no file matches b.csv" in caught.value.message
    assert "gold.fine" in caught.value.message
    current = pipeline.lake.current()
    assert current is not None
    assert current.id == release
