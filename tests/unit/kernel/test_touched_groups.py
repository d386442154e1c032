"""The law of touched groups: a table of which only the groups of changed rows are computed is equal to
one that is computed as a whole: rows, types, tallies, rejects and warnings."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import medallion as md
from medallion.errors import MedallionError
from medallion.kernel import compute_table, partition_groups, touched_groups
from medallion.kernel.regrouped_table import RegroupedTable
from tests.example_counts import examples
from tests.unit.kernel.test_partitions import Contents, changed, counts, write

number = st.sampled_from(["", "1", "2", "3", "4", "x"])
amount = st.sampled_from(["", "0.10", "-5.25", "1234567.89", "7"])
name = st.sampled_from(["", "a", "b", "é", "B"])
day = st.sampled_from(["", "2024-01-31", "2024-02-29"])
lines = st.lists(st.tuples(number, amount, day, name), max_size=8)
file_names = st.sampled_from(["a", "b", "c", "d"])
files = st.dictionaries(file_names, lines, min_size=1)
change = st.one_of(
    st.tuples(st.just("write"), file_names, lines),
    st.tuples(st.just("remove"), file_names, st.just([])),
    st.tuples(st.just("rename"), file_names, st.just([])),
)
METRICS = "count(*) as n, sum(amount) as total, avg(amount) as mean, max(day) as latest"
query = st.sampled_from(
    [
        f"select name, {METRICS} from t group by name order by name",
        f"select name, {METRICS} from rows group by all having count(*) > 1",
        f"select t.name, day, {METRICS} from t group by 1, 2 order by sum(amount) desc, 1, 2",
        (
            f"select u.name, count(distinct t.id) as ids, {METRICS.replace('day', 't.day')} "
            "from t join u on t.name = u.name group by u.name"
        ),
        (
            "select name, u.id, count(t.id) as n, sum(t.amount) as total "
            "from u left join t using (name) group by all order by name, u.id"
        ),
        (
            "select name, count(u.id) as n, sum(t.amount) as total "
            "from u right join t using (name) group by name order by n, name desc"
        ),
        (
            "select t.name, count(*) as n from t left join u on u.name = t.name and u.id > 1 "
            "group by t.name"
        ),
        "select u.name, count(t.id) as n from t left join u on u.name = t.name group by u.name",
        "select t.name, count(*) as n from t semi join u using (name) group by t.name",
        "select t.name, count(*) as n from t anti join u using (name) group by t.name",
        "select t.name, count(*) as n from t cross join u group by t.name",
        "select t.name, count(*) as n from t, u where t.name = u.name group by t.name",
        "select name, count(*) as n, (select count(*) from u) as us from t group by name",
        "select name, count(*) as n from t group by name order by n desc, name limit 2",
        "select distinct count(*) as n from t group by name",
        "select upper(name) as name, count(*) as n from t group by upper(name)",
        "select a.name, count(*) as n from t a join t b using (name) group by a.name",
        "select a.name, count(*) as n from t a join rows b using (name) group by a.name",
        (
            "select a.name, count(*) as n from t a join u b on a.id = b.id join u c on c.name = a.name "
            "group by a.name"
        ),
        "select count(*) as n, sum(amount) as total from t",
    ]
)
aggregate = st.fixed_dictionaries(
    {
        "by": st.sampled_from([["name"], ["day", "name"], ["id"], ["amount"]]),
        "metrics": st.dictionaries(
            st.sampled_from(["m1", "m2"]),
            st.sampled_from(
                [
                    "count()",
                    "count_distinct(id)",
                    "sum(amount)",
                    "mean(id)",
                    "median(amount)",
                    "quantile(id, 0.9)",
                    "min(day)",
                    "max(name)",
                    "first(amount)",
                    "stddev(id)",
                ]
            ),
            min_size=1,
        ),
    },
    optional={"having": st.just("day is not null or 1 = 1"), "sort": st.just("-name")},
)
early = st.sampled_from(
    [
        {"derive": {"name": "coalesce(name, 'none')"}},
        {"fill": {"day": "2000-01-01"}},
        {"filter": "id > 1"},
        {"rename": {"id": "key"}},
        {"derive": {"part": "1 / id"}},
        {"deduplicate": {"key": "id"}},
        {"derive": {"name": "name collate nocase"}},
    ]
)
later = st.sampled_from(
    [{"derive": {"more": "'!'"}}, {"filter": "name is not null"}, {"cast": {"n": "text"}}]
)
rule = st.sampled_from(
    [
        {"not_null": "name", "on_fail": "quarantine"},
        {"not_null": "name", "on_fail": "warn"},
        {"unique": "name", "on_fail": "warn"},
        {"row_count": {"at_least": 2}, "on_fail": "fail"},
    ]
)
AMOUNTS = ["decimal(12,2)", "float", "integer"]


def project(folder: Path, amounts: str, gold: list[Any], rules: list[Any]) -> md.Pipeline:
    folder.mkdir(exist_ok=True)
    steps = ["trim", {"cast": {"id": "integer", "amount": amounts, "day": {"date": ["%Y-%m-%d"]}}}]
    steps += [{"deduplicate": {"key": ["id", "name"], "keep": "last"}}]
    return md.Pipeline(
        md.Declaration(
            name="parts",
            tables={
                "bronze": {
                    "t": md.Source(source="in/*.csv"),
                    "u": md.Source(source="other/*.csv"),
                },
                "silver": {
                    "t": md.Table(from_={"t": "bronze.t"}, steps=steps),
                    "u": md.Table(from_={"u": "bronze.u"}, steps=steps),
                },
                "gold": {
                    "t": md.Table(
                        from_={"t": "silver.t", "u": "silver.u"},
                        steps=gold,
                        expect=rules,
                        deterministic=False,
                    )
                },
            },
            sinks={},
        ),
        base=folder,
    )


def state(pipeline: md.Pipeline, *, full: bool = False) -> dict[str, Any]:
    """The table after a run: rows, rejects, tallies and warnings; or why the run failed."""
    try:
        pipeline.run(full=full)
    except MedallionError as error:
        steps = error.run.steps if error.run else ()
        failed = [step.tallies for step in steps if step.table == "gold.t"]
        return {"error": error.message, "tallies": [counts(tallies) for tallies in failed]}
    table = pipeline.lake.table("gold.t")
    rows = [repr(row) for row in table.to_arrow().to_pylist()]
    rejects = pipeline.lake.quarantine("gold.t").to_arrow().to_pylist()
    return {
        "rows": sorted(rows),
        "columns": table.columns,
        "rejects": sorted(repr({**reject, "run": ""}) for reject in rejects),
        "tallies": counts(table.snapshot.tallies),
        "warnings": table.snapshot.warnings,
    }


@contextmanager
def eager() -> Iterator[list[str]]:
    """Compute touched groups wherever it is exact; the tables for which that was done."""
    tables: list[str] = []
    original = RegroupedTable.run

    def run(self: RegroupedTable) -> Any:
        built = original(self)
        tables.append(self.task.table)
        return built

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(partition_groups, "SMALL", 1)
        patch.setattr(touched_groups, "LARGE", 0)
        patch.setattr(touched_groups, "SHARE", 0)
        patch.setattr(touched_groups, "MOST", 1000)
        patch.setattr(compute_table, "combining_step", lambda *_: None)
        patch.setattr(RegroupedTable, "run", run)
        yield tables


@contextmanager
def as_a_whole() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compute_table, "changed_inputs", lambda *_: None)
        yield


Step = tuple[str, tuple[str, str, list[Any]]]


@settings(max_examples=int(os.environ.get("MEDALLION_TEST_PARTITIONS", examples(5, 15))))
@given(
    contents=files,
    others=files,
    changes=st.lists(st.tuples(st.sampled_from(["in", "other"]), change), max_size=3),
    amounts=st.sampled_from(AMOUNTS),
    before=st.lists(early, max_size=1),
    groups=st.one_of(
        query.map(lambda text: {"sql": text}), aggregate.map(lambda way: {"aggregate": way})
    ),
    after=st.one_of(st.just([]), st.lists(later, max_size=1)),
    rules=st.lists(rule, max_size=1),
)
def test_touched_groups_make_the_same_table(
    contents: Contents,
    others: Contents,
    changes: list[Step],
    amounts: str,
    before: list[Any],
    groups: dict[str, Any],
    after: list[Any],
    rules: list[Any],
) -> None:
    with tempfile.TemporaryDirectory() as folder, eager():
        sources = {"in": contents, "other": others}
        pipelines = [
            project(Path(folder) / label, amounts, [*before, groups, *after], rules)
            for label in ("incremental", "whole")
        ]
        for where, action in [("in", None), *changes]:
            sources[where] = changed(sources[where], action)
            for pipeline in pipelines:
                for place, content in sources.items():
                    write(Path(pipeline.base) / place, content)
            incremental = state(pipelines[0])
            with as_a_whole():
                assert incremental == state(pipelines[1], full=True)


LINES: Contents = {
    "a": [("1", "5", "", "x"), ("2", "1", "", "x")],
    "b": [("3", "6", "", "y"), ("1", "7", "", "z")],
    "c": [("4", "", "", "v"), ("9", "1", "", "")],
}
OTHERS: Contents = {"n": [("1", "1", "", "x"), ("2", "1", "", "y"), ("3", "1", "", "w")]}
BY_NAME = {
    "sql": f"select name, {METRICS} from t group by name order by total desc nulls last, name"
}
JOINED = {
    "sql": "select name, u.id, count(t.id) as n, sum(t.amount) as total "
    "from u left join t using (name) group by all order by name"
}


def run_with(pipeline: md.Pipeline, contents: Contents, others: Contents) -> None:
    write(Path(pipeline.base) / "in", contents)
    write(Path(pipeline.base) / "other", others)
    pipeline.run()


def rows(pipeline: md.Pipeline) -> list[tuple[str, ...]]:
    table = pipeline.lake.table("gold.t").to_arrow().to_pylist()
    return [tuple(map(str, row.values())) for row in table]


MORE = {**LINES, "b": [*LINES["b"], ("5", "8.25", "", "x"), ("6", "1", "", "q")]}


@pytest.mark.parametrize(
    ("gold", "contents", "others", "first"),
    [
        ([BY_NAME], MORE, OTHERS, ("x", "3", "14.25", "4.75", "None")),
        ([BY_NAME], {"a": LINES["a"], "b": LINES["b"]}, OTHERS, ("z", "1", "7.00", "7.0", "None")),
        ([JOINED], MORE, OTHERS, ("w", "3", "0", "None")),
        (
            [JOINED],
            LINES,
            {"n": OTHERS["n"][:2], "m": [("7", "", "", "v")]},
            ("v", "7", "1", "None"),
        ),
        ([{"derive": {"name": "upper(name)"}}, BY_NAME], MORE, OTHERS, ("X", "3")),
    ],
    ids=["more rows", "a file less", "joined", "the other table", "after a step"],
)
def test_groups_of_changed_rows_are_computed(
    tmp_path: Path, gold: list[Any], contents: Contents, others: Contents, first: tuple[str, ...]
) -> None:
    with eager() as tables:
        pipeline = project(tmp_path, "decimal(12,2)", gold, [])
        run_with(pipeline, LINES, OTHERS)
        assert not tables
        run_with(pipeline, contents, others)
        assert tables == ["gold.t"]
        assert rows(pipeline)[0][: len(first)] == first
        incremental, order = state(pipeline), rows(pipeline)
        with as_a_whole():
            assert state(pipeline, full=True) == incremental
            assert rows(pipeline) == order


@pytest.mark.parametrize(
    "gold",
    [
        [
            {
                "sql": "select u.name, count(t.id) as n from t left join u using (name) group by u.name"
            }
        ],
        [{"sql": "select name, count(*) as n from t group by name order by n limit 2"}],
        [{"sql": "select name, count(*) + (select count(*) from u) as n from t group by name"}],
        [{"sql": "select name, sum(cast(amount as double)) as n from t group by name"}],
        [{"sql": "select name, count(*) + 0 * random() as n from t group by name"}],
        [{"sql": "select a.name, count(*) as n from t a join rows b on a.id > b.id group by all"}],
        [{"sql": "select count(*) as n from t"}],
        [{"aggregate": {"by": "name", "metrics": {"n": "first(id)"}}}],
        [{"aggregate": {"by": "name", "metrics": {"n": "stddev(id)"}}}],
        [{"aggregate": {"by": "name", "metrics": {"n": "count()"}, "limit": 3}}],
        [{"filter": "id > 1"}, BY_NAME],
        [BY_NAME, {"cast": {"n": "text"}}],
        [{"derive": {"name": "name collate nocase"}}, BY_NAME],
    ],
)
def test_groups_that_depend_on_more_are_all_computed(tmp_path: Path, gold: list[Any]) -> None:
    with eager() as tables:
        pipeline = project(tmp_path, "decimal(12,2)", gold, [])
        run_with(pipeline, LINES, OTHERS)
        run_with(pipeline, MORE, OTHERS)
        assert not tables


def test_groups_that_a_rule_removed_are_computed_again(tmp_path: Path) -> None:
    rules = [{"expression": "n < 2", "on_fail": "quarantine"}]
    with eager() as tables:
        pipeline = project(tmp_path, "decimal(12,2)", [BY_NAME], rules)
        run_with(pipeline, LINES, OTHERS)
        assert pipeline.lake.table("gold.t").snapshot.tallies[-1].quarantined == 1
        run_with(pipeline, MORE, OTHERS)
        assert not tables


def test_other_steps_compute_every_group(tmp_path: Path) -> None:
    with eager() as tables:
        run_with(project(tmp_path, "decimal(12,2)", [BY_NAME], []), LINES, OTHERS)
        total = {"sql": BY_NAME["sql"].replace("sum(amount)", "sum(-amount)")}
        pipeline = project(tmp_path, "decimal(12,2)", [total], [])
        run_with(pipeline, MORE, OTHERS)
        assert not tables
        run_with(pipeline, LINES, OTHERS)
        assert tables == ["gold.t"]


@pytest.mark.parametrize("lost", ["gold/t", "silver/t"])
def test_lost_files_compute_every_group(tmp_path: Path, lost: str) -> None:
    with eager() as tables:
        pipeline = project(tmp_path, "decimal(12,2)", [BY_NAME], [])
        run_with(pipeline, LINES, OTHERS)
        shutil.rmtree(tmp_path / "lake" / lost)
        run_with(pipeline, MORE, OTHERS)
        assert not tables
        incremental = state(pipeline)
        assert state(pipeline, full=True) == incremental


def test_few_rows_are_computed_as_a_whole(tmp_path: Path) -> None:
    with eager() as tables, pytest.MonkeyPatch.context() as patch:
        patch.setattr(touched_groups, "LARGE", 1000)
        pipeline = project(tmp_path, "decimal(12,2)", [BY_NAME], [])
        run_with(pipeline, LINES, OTHERS)
        run_with(pipeline, MORE, OTHERS)
        assert not tables


def test_rows_that_only_moved_touch_no_group(tmp_path: Path) -> None:
    """The first of equal rows is removed: another file has it now."""
    with eager() as tables:
        pipeline = project(tmp_path, "decimal(12,2)", [BY_NAME], [])
        run_with(pipeline, LINES, OTHERS)
        before = rows(pipeline)
        run_with(pipeline, {**LINES, "d": LINES["a"]}, OTHERS)
        assert tables == ["gold.t"]
        assert rows(pipeline) == before
