"""The law of runs: whatever happened before, a run gives what a first run of the same files gives.

Files are added, changed, retracted and renamed, get other columns and types; the declaration is
edited; releases are rolled back; runs are killed. After each run, the tables of its lake are equal
to those of a new lake: rows, rejects, tallies and warnings.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

import medallion as md
from medallion.errors import CallError, MedallionError
from medallion.kernel import partition_groups, partition_plan, partition_rejects
from tests.dask_cluster import dask_cluster
from tests.example_counts import examples
from tests.integration import small
from tests.integration.killing import run_killed_at

EXAMPLES = int(os.environ.get("MEDALLION_TEST_HISTORIES", examples(6, 10)))
STEPS = 12  # changes and runs in one history
TABLES = ("silver.t", "gold.by_name")

COLUMNS = [("id", "amount", "name"), ("amount", "id", "name", "more"), ("id", "name")]
cell = st.sampled_from(["", "1", "2", "3", " 4", "x", "1.25", "é", "2024-01-31"])
lines = st.lists(st.tuples(cell, cell, cell, cell), max_size=6)
names = st.sampled_from(["a", "b", "c", "d"])
step = st.sampled_from(
    [
        "trim",
        {"cast": {"id": "integer"}},
        {"deduplicate": {"key": "id"}},
        {"deduplicate": {"key": "name", "keep": "first"}},
        {"filter": "name is not null"},
        {"derive": {"twice": "name || name"}},
    ]
)
expectation = st.sampled_from(
    [
        {"not_null": "id", "on_fail": "quarantine"},
        {"unique": "id", "on_fail": "quarantine"},
        {"references": {"id": "bronze.other.id"}, "on_fail": "quarantine"},
        {"one_of": {"name": ["1", "x", "é"]}, "on_fail": "drop"},
        {"not_null": "name", "on_fail": "warn"},
        {"row_count": {"at_least": 1}, "on_fail": "fail"},
    ]
)


def declared(steps: list[Any], rules: list[Any], engine: Any = "duckdb") -> dict[str, Any]:
    figures = {"rows": "count()", "least": "min(id)", "ids": "count_distinct(id)"}
    return {
        "name": "history",
        "engine": engine,
        "tables": {
            "bronze": {"t": {"source": "in/*.csv"}, "other": {"source": "other.csv"}},
            "silver": {"t": {"from": "bronze.t", "steps": steps, "expect": rules}},
            "gold": {
                "by_name": {
                    "from": "silver.t",
                    "steps": [{"aggregate": {"by": "name", "metrics": figures}}],
                }
            },
        },
    }


def outcome(folder: Path) -> dict[str, Any]:
    """What a run makes of a project, or how it fails."""
    pipeline = small.load(folder)
    try:
        pipeline.run()
    except MedallionError as error:
        return {"error": str(error).replace(str(folder), "")}
    return {name: contents(pipeline, name) for name in TABLES}


def contents(pipeline: md.Pipeline, name: str) -> dict[str, Any]:
    table = pipeline.lake.table(name)
    rejects = pipeline.lake.quarantine(name).to_arrow().to_pylist()
    return {
        "rows": sorted((sorted(row.items()) for row in table.to_arrow().to_pylist()), key=repr),
        "rejects": [{**reject, "run": ""} for reject in rejects],
        "tallies": table.snapshot.tallies,
        "warnings": table.snapshot.warnings,
    }


class History(RuleBasedStateMachine):
    """A project in a folder, and what is to be in its tables."""

    engine: Any = "duckdb"

    def __init__(self) -> None:
        super().__init__()
        self.base = Path(tempfile.mkdtemp())
        self.folder = self.base / "project"
        (self.folder / "in").mkdir(parents=True)
        (self.folder / "other.csv").write_text("id\n1\n2\nx\n")
        self.write("a", [("1", "2", "x", "")], COLUMNS[0])
        self.steps: list[Any] = ["trim"]
        self.rules: list[Any] = []
        self.releases = 0

    def teardown(self) -> None:
        shutil.rmtree(self.base)

    def path(self, name: str) -> Path:
        return self.folder / "in" / f"{name}.csv"

    @rule(name=names, content=lines, columns=st.sampled_from(COLUMNS))
    def write(self, name: str, content: list[tuple[str, ...]], columns: tuple[str, ...]) -> None:
        with self.path(name).open("w", newline="") as file:
            rows = [line[: len(columns)] for line in content]
            csv.writer(file, quoting=csv.QUOTE_ALL).writerows([columns, *rows])

    @rule(name=names)
    def retract(self, name: str) -> None:
        if len(list((self.folder / "in").iterdir())) > 1:
            self.path(name).unlink(missing_ok=True)

    @rule(name=names, to=names)
    def rename(self, name: str, to: str) -> None:
        if self.path(name).exists() and not self.path(to).exists():
            self.path(name).rename(self.path(to))

    @rule(steps=st.lists(step, max_size=3), rules=st.lists(expectation, max_size=2))
    def edit(self, steps: list[Any], rules: list[Any]) -> None:
        self.steps, self.rules = steps, rules

    @rule()
    def run(self) -> None:
        document = declared(self.steps, self.rules, self.engine)
        (self.folder / "medallion.yaml").write_text(json.dumps(document))
        first = Path(tempfile.mkdtemp(dir=self.base))
        shutil.copytree(self.folder, first, dirs_exist_ok=True, ignore=lambda *_: ["lake"])
        (first / "medallion.yaml").write_text(json.dumps(declared(self.steps, self.rules)))
        expected = outcome(first)
        assert outcome(self.folder) == expected
        self.releases += "error" not in expected

    @precondition(lambda self: self.releases)
    @rule(
        name=names,
        content=lines,
        point=st.integers(min_value=1, max_value=40),
        after=st.booleans(),
    )
    def kill(self, name: str, content: list[tuple[str, ...]], point: int, after: bool) -> None:
        self.write(name, content, COLUMNS[0])
        with suppress(AssertionError):  # the run failed by itself: the next comparison tells why
            run_killed_at(self.folder, point, after=after)

    @precondition(lambda self: self.releases > 1)
    @rule()
    def roll_back(self) -> None:
        with suppress(CallError):  # the current release is the oldest
            small.load(self.folder).roll_back()


@pytest.fixture(autouse=True)
def partitioned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each source file is a partition, and each partition a task."""
    monkeypatch.setattr(partition_groups, "SMALL", 1)
    monkeypatch.setattr(partition_groups, "RECORDS", 2)
    monkeypatch.setattr(partition_plan, "BATCH", 1)
    monkeypatch.setattr(partition_rejects, "SIZE", 1)


def tell(history: type[History], examples: int) -> None:
    run_state_machine_as_test(
        history,
        settings=settings(
            max_examples=examples,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_a_run_gives_what_a_first_run_gives() -> None:
    tell(History, EXAMPLES)


@pytest.fixture
def on_a_cluster(tmp_path: Path) -> Iterator[type[History]]:
    with dask_cluster(tmp_path) as cluster:

        class OnACluster(History):
            engine = {"type": "dask", "scheduler": cluster.address}  # noqa: RUF012

        yield OnACluster


def test_so_does_a_run_on_a_cluster(on_a_cluster: type[History]) -> None:
    tell(on_a_cluster, max(EXAMPLES // 5, 1))
