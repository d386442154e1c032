"""The computation of one table: its snapshot, its rejects and its warnings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import medallion as md
from medallion.declaration.models import Source, Table
from medallion.errors import GateError, MedallionError
from medallion.lake.journal import WriteJournal
from medallion.records import Snapshot, Tally
from medallion.run.compute import Computing
from medallion.run.ingest import ingest_table
from medallion.run.planner import Step
from tests.unit.run.conftest import FILES, ORDERS, Project, write

RUN = "20250102-030405-abcdef"
FINGERPRINT = "0123456789abcdef" * 4


@dataclass
class Work:
    """A run at work on a pipeline."""

    pipeline: md.Pipeline
    computing: Computing

    def parse(self, name: str, before: Snapshot | None = None) -> tuple[Snapshot, list[str]]:
        table = next(table for table in self.computing.sources() if table.name == name)
        _, files = ingest_table(table, before, self.computing.scratch)
        return self.computing.parse(step(name), files, before)

    def rows(self, snapshot: Snapshot) -> list[tuple[object, ...]]:
        source = self.pipeline.lake.input(snapshot)
        table = self.computing.session().batches(source, 100).read_all()
        return sorted(tuple(row.values()) for row in table.to_pylist())


def step(name: str) -> Step:
    return Step(name, "compute", "it is new", FINGERPRINT)


@pytest.fixture
def open_work(project: Project, tmp_path: Path) -> Iterator[object]:
    sessions = []

    def open_on(**fields: object) -> Work:
        pipeline = project(**fields)
        scratch = tmp_path / "scratch"
        scratch.mkdir()
        context = pipeline.declaration.engine.session(scratch)
        session = context.__enter__()
        sessions.append(context)
        journal = WriteJournal(pipeline.lake.storage, RUN)
        return Work(pipeline, Computing(pipeline.context, journal, RUN, scratch, lambda: session))

    yield open_on
    for context in sessions:
        context.__exit__(None, None, None)


@pytest.fixture
def work(open_work) -> Work:
    return open_work()


def test_a_bronze_table_has_the_records_of_its_files(work: Work, tmp_path: Path) -> None:
    write(tmp_path, {"orders/b.csv": "id,client,amount\n3,x,30\n4\n"})
    snapshot, drift = work.parse("bronze.orders")
    assert (snapshot.table, snapshot.rows, drift) == ("bronze.orders", 4, [])
    assert snapshot.id == f"{FINGERPRINT[:16]}-{RUN}"
    assert (snapshot.fingerprint, snapshot.run) == (FINGERPRINT, RUN)
    assert [(column.name, column.type) for column in snapshot.columns] == [
        ("id", "text"),
        ("client", "text"),
        ("amount", "text"),
    ]
    assert snapshot.tallies == (
        Tally(label="", rows_in=5, kept=4, quarantined=1, rows_out=4, reasons={"format": 1}),
    )
    assert snapshot.bytes == sum(
        len((tmp_path / name).read_bytes()) for name in ("orders/a.csv", "orders/b.csv")
    )
    (origin,) = snapshot.origins
    assert (origin.number, origin.table, origin.snapshot) == (0, "bronze.orders", snapshot.id)
    (rejects,) = snapshot.rejects
    assert rejects.rows == 1
    assert rejects.path == f"quarantine/bronze.orders/{snapshot.id}.parquet"
    assert work.pipeline.lake.storage.info(rejects.path) is not None
    assert work.rows(snapshot)[0] == ("1", "x", "10")


def test_warnings_name_files_of_which_most_records_are_rejected_and_unused_folders(
    open_work, tmp_path: Path
) -> None:
    tables = {"bronze": {"a": Source(source="parts/**/*.ndjson")}}
    work = open_work(tables=tables, sinks={})
    write(tmp_path, {"parts/year=2024/a.ndjson": '{"id": 1, "id": 2}\n{"id": 3}\n'})
    snapshot, _ = work.parse("bronze.a")
    assert (snapshot.rows, snapshot.tallies[0].quarantined) == (1, 1)
    assert list(snapshot.warnings) == [
        "no column has the folders year=… of its files; `add: {year: folder(year)}` adds it"
    ]


def test_a_table_is_computed_from_the_snapshots_that_it_reads(work: Work) -> None:
    bronze, _ = work.parse("bronze.orders")
    snapshots = {"bronze.orders": bronze}
    silver = work.computing.compute(step("silver.orders"), snapshots, {})
    assert silver.inputs == {"bronze.orders": bronze.id}
    assert work.rows(silver) == [("1", "x", 10), ("2", "y", 20)]
    (tally,) = silver.tallies
    assert (tally.rows_in, tally.kept, tally.deduplicated, tally.quarantined) == (4, 2, 1, 1)
    assert [file.rows for file in silver.rejects] == [1]
    assert silver.origins == bronze.origins
    assert list(silver.warnings) == [
        warning for warning in silver.warnings if warning.startswith("orders/b.csv: ")
    ]
    assert len(silver.warnings) == 1
    totals = work.computing.compute(step("gold.totals"), {**snapshots, "silver.orders": silver}, {})
    assert work.rows(totals) == [("x", 10), ("y", 20)]
    assert totals.rejects == ()


def test_equal_partitions_of_the_former_snapshot_are_used_again(work: Work, tmp_path: Path) -> None:
    bronze, _ = work.parse("bronze.orders")
    former = work.computing.compute(step("silver.orders"), {"bronze.orders": bronze}, {})
    again = work.computing.compute(
        step("silver.orders"), {"bronze.orders": bronze}, {"silver.orders": former}
    )
    assert again.partitions == former.partitions
    write(tmp_path, {"orders/a.csv": FILES["orders/a.csv"] + "4,z,40\n"})
    changed, _ = work.parse("bronze.orders")
    other = work.computing.compute(
        step("silver.orders"), {"bronze.orders": changed}, {"silver.orders": former}
    )
    assert work.rows(other) == [("1", "x", 10), ("2", "y", 20), ("4", "z", 40)]


def test_a_rule_that_is_not_met_has_the_figures_of_the_table(open_work) -> None:
    rule = {"between": {"amount": [0, 10]}, "on_fail": "fail"}
    strict = Table(from_="bronze.orders", steps=ORDERS.steps, expect=[rule])
    work = open_work(
        tables={"bronze": {"orders": Source(source="orders/*.csv")}, "silver": {"orders": strict}},
        sinks={},
    )
    bronze, _ = work.parse("bronze.orders")
    with pytest.raises(GateError, match=r"^silver\.orders: ") as error:
        work.computing.compute(step("silver.orders"), {"bronze.orders": bronze}, {})
    assert error.value.hint == f"medallion quarantine --run {RUN} shows the rows"
    (tally,) = error.value.figures["tallies"]
    assert (tally.rows_in, tally.quarantined) == (4, 2)
    assert [file.rows for file in error.value.figures["rejects"]] == [2]


def test_a_table_that_does_not_pass_its_gates_is_computed_and_says_so(open_work) -> None:
    rules = [{"row_count": {"at_least": 10}}, {"quarantined": {"at_most": 0, "per": "file"}}]
    strict = Table(from_="bronze.orders", steps=ORDERS.steps, expect=rules)
    work = open_work(
        tables={"bronze": {"orders": Source(source="orders/*.csv")}, "silver": {"orders": strict}},
        sinks={},
    )
    bronze, _ = work.parse("bronze.orders")
    silver = work.computing.compute(step("silver.orders"), {"bronze.orders": bronze}, {})
    assert silver.rows == len(work.rows(silver)) > 0
    count, file = silver.failed
    assert count.startswith("row_count: there are ")
    assert file.startswith("quarantined: orders/")
    assert file.endswith(" was quarantined, and 0 may be")


def test_a_table_whose_rows_are_all_rejected_has_a_warning(open_work, tmp_path: Path) -> None:
    work = open_work()
    write(tmp_path, {"orders/a.csv": "id,client,amount\n1,x,?\n"})
    bronze, _ = work.parse("bronze.orders")
    silver = work.computing.compute(step("silver.orders"), {"bronze.orders": bronze}, {})
    assert silver.rows == 0
    assert silver.warnings[-1].startswith("every row was quarantined; the expectation")


def test_only_tables_with_inputs_are_computed(work: Work) -> None:
    with pytest.raises(MedallionError, match=r"bronze\.orders: cannot be computed"):
        work.computing.compute(step("bronze.orders"), {}, {})
    bronze, _ = work.parse("bronze.orders")
    unknown = Step("silver.orders", "compute", "its inputs are not known")
    with pytest.raises(MedallionError, match=r"silver\.orders: its inputs were not computed"):
        work.computing.compute(unknown, {"bronze.orders": bronze}, {})
