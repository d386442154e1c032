"""Corrections from the rejected record to the served row, and equal to a file fixed by hand."""

from __future__ import annotations

import csv
import io
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import medallion as md
from medallion.export.edit_file import read_rows, write_rows
from medallion.kernel import partition_groups
from medallion.lake.corrections import FOLDER, correction_log
from medallion.lineage.corrected_rows import PreviewedRecord
from medallion.ops.record_repair import RecordRepair
from medallion.ops.verify import Inspection
from medallion.storage.local import LocalStorage
from tests.corrected import correct, edited, orders, published, states
from tests.example_counts import examples
from tests.integration import killing, small

COLUMNS = ("order_id", "client_id", "amount", "day")
YAML = small.YAML.partition("sinks:")[0]


def test_from_a_rejected_record_to_the_served_row_and_back(tmp_path: Path) -> None:
    pipeline = published(tmp_path / "p")
    file = tmp_path / "rejects.xlsx"
    write_rows(pipeline.corrections.rejects("silver.orders", column="amount").rows(), file)
    rows = [{**row, "amount": "3.50"} for row in read_rows(file, "_reject")]
    file = tmp_path / "corrected.xlsx"
    write_rows(rows, file)
    (added,) = pipeline.corrections.correct("silver.orders", file).added
    plan = {step.table: step.why for step in pipeline.plan().steps}
    assert plan["bronze.orders"] == "1 correction of data/orders/2024-02.csv"
    before = pipeline.lake.current()
    run = pipeline.run()
    assert small.in_lake(pipeline) == small.in_store(pipeline) == (4, 41.25)
    for step in run.steps:
        for tally in step.tallies:
            removed = tally.deduplicated + tally.dropped + tally.quarantined
            assert tally.rows_in == tally.kept + removed
    quality = {row["table"]: row["corrected"] for row in pipeline.lake.quality()}
    assert (quality["bronze.orders"], quality["silver.orders"]) == (1, 1)
    origins = pipeline.why("gold.by_client", {"client_id": "a"})
    (shown,) = (row for row in origins.as_dicts(origins.records()) if "correction" in row)
    assert shown["row"]["amount"] == "3.50"
    assert shown["correction"]["original"]["amount"] == "abc"
    assert shown["correction"]["id"] == added.id
    causes = {
        (cause.name, cause.change) for table in pipeline.diff().tables for cause in table.causes
    }
    assert ("data/orders/2024-02.csv", "corrected") in causes
    assert Inspection(pipeline, thorough=True).damages == []
    pipeline.collect()
    assert before
    pipeline.roll_back(before.id)
    assert small.in_store(pipeline) == small.BOTH
    assert states(pipeline) == ["the next run applies it"]
    february = tmp_path / "p/data/orders/2024-02.csv"
    february.write_text(small.FEBRUARY.replace("abc", "4.50"))
    run = pipeline.run()
    (warning,) = next(step.warnings for step in run.steps if step.table == "bronze.orders")
    assert f"{added.id} (record 1): data/orders/2024-02.csv has changed" in warning
    assert ("3", "4.50") in orders(pipeline)


def killed_at_each_write(
    project: Path, copy: Path, work: Callable[[md.Pipeline], object]
) -> Iterator[tuple[str, md.Pipeline]]:
    """Each point at which the work is killed, before and after a write, and the project then."""
    number, after = 1, False
    while True:
        shutil.copytree(project, copy)
        point = killing.run_killed_at(copy, number, after=after, kinds=(LocalStorage,), work=work)
        if point is None:
            return
        yield point, small.load(copy)
        shutil.rmtree(copy)
        number, after = (number, True) if not after else (number + 1, False)


def test_a_kill_at_each_write_stores_all_or_nothing(tmp_path: Path) -> None:
    def work(pipeline: md.Pipeline) -> object:
        return correct(pipeline, {1: {"amount": "3.50"}, 2: {"client_id": "b"}})

    published(tmp_path / "p")
    points = 0
    for point, pipeline in killed_at_each_write(tmp_path / "p", tmp_path / "copy", work):
        points += 1
        assert len(correction_log(pipeline.lake).active) in (0, 2), point
        pipeline.lake.storage.delete("lease.json")
        work(pipeline)
        assert len(correction_log(pipeline.lake).active) == 2, point
    assert points > 4


def test_a_kill_at_each_write_of_a_purge_leaves_no_content_for_ever(tmp_path: Path) -> None:
    def work(pipeline: md.Pipeline) -> object:
        return pipeline.corrections.revoke(first, purge=True)

    pipeline = published(tmp_path / "p")
    first, _ = correct(pipeline, {1: {"amount": "3.50"}, 2: {"client_id": "b"}})
    points = 0
    for point, killed in killed_at_each_write(tmp_path / "p", tmp_path / "copy", work):
        points += 1
        log = correction_log(killed.lake)
        assert len(log.active) == (1 if first in log.revoked else 2), point
        assert (first in log.purged) == (first in log.revoked), point
        killed.lake.storage.delete("lease.json")
        if first in log.purged:
            killed.collect()
        else:
            work(killed)
        (purged, other) = correction_log(killed.lake).all
        assert (purged.purged, other.values) == (True, {"client_id": "b"}), point
    assert points > 6


def test_lost_and_damaged_corrections_are_found(tmp_path: Path) -> None:
    pipeline = published(tmp_path)
    (first,) = correct(pipeline, {1: {"amount": "3.50"}})
    (second,) = correct(pipeline, {2: {"client_id": "b"}})
    pipeline.run()
    paths = [f"{FOLDER}/{ident.rpartition('-')[0]}.json" for ident in (first, second)]
    (tmp_path / "lake" / paths[0]).write_text("{")
    (tmp_path / "lake" / paths[1]).unlink()
    look = Inspection(pipeline, thorough=True)
    assert sorted(damage.path for damage in look.of("correction")) == paths
    with pipeline.writer() as writer:
        repairs = list(RecordRepair(look, writer).repairs())
    assert [repair.outcome for repair in repairs] == ["lost", "lost"]
    pipeline.run()
    assert states(pipeline) == []
    assert small.in_lake(pipeline) == small.BOTH
    assert Inspection(pipeline, thorough=True).damages == []


cell = st.sampled_from(["", " ", "1", "2", "a", "b", "zz", "3.50", "-1", "abc", "2024-02-30"])
day = st.sampled_from(["2024-01-05", "2024-02-30", "", "x"])
order = st.tuples(st.sampled_from(["1", "2", "3", ""]), cell, cell, day)
ragged = st.just(("1", "a", "3.50", "2024-01-05", "more"))
content = st.lists(st.one_of(order, order, order, ragged), min_size=1, max_size=8)
change = st.dictionaries(st.sampled_from(COLUMNS), cell, max_size=3)


def text_of(rows: list[tuple[str, ...]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([COLUMNS, *rows])
    return text.getvalue()


def contents(pipeline: md.Pipeline) -> dict[str, Any]:
    """The rows and rejects of every table, and what a run counted, without what is corrected."""
    tables = {}
    for name in pipeline.declaration.names():
        table = pipeline.lake.table(name)
        tables[name] = (
            sorted(table.to_arrow().to_pylist(), key=repr),
            [
                {**reject, "run": "", "row": json.loads(reject["row"])}
                for reject in pipeline.lake.quarantine(name).to_arrow().to_pylist()
            ],
            [tally.model_copy(update={"corrected": 0}) for tally in table.snapshot.tallies],
        )
    return tables


def check_preview(pipeline: md.Pipeline, records: Sequence[PreviewedRecord]) -> None:
    """A run has made of corrected records what was previewed."""
    for each in records:
        kept = pipeline.lake.table(each.table).to_arrow().to_pylist()
        rejects = pipeline.lake.quarantine(each.table).to_arrow().to_pylist()
        place = (each.correction.file, each.correction.record)
        reasons = sorted(
            f"{row['rule']} {row['column']}: {row['value']}"
            for row in rejects
            if (row["file"], row["record"]) == place
        )
        if each.outcome == "quarantined":
            assert [reason.rstrip(": ") for reason in sorted(each.reasons)] == [
                reason.removesuffix(": None").rstrip(": ") for reason in reasons
            ]
        else:
            assert not reasons
            assert each.outcome in ("kept", "deduplicated")
        assert bool(each.rows) == (each.outcome == "kept")
        assert all(row in kept for row in each.rows)


def fixed(rows: list[tuple[str, ...]], record: int, cells: dict[str, str | None]) -> None:
    """Write the corrected values into a record of the file."""
    known = rows[record - 1] if len(rows[record - 1]) == len(COLUMNS) else ("",) * len(COLUMNS)
    values = dict(zip(COLUMNS, known, strict=True)) | cells
    rows[record - 1] = tuple(values[name] or "" for name in COLUMNS)


@settings(
    max_examples=examples(3, 8),
    deadline=None,
    suppress_health_check=[*HealthCheck],
    print_blob=True,
)
@given(
    files=st.lists(content, min_size=1, max_size=3),
    changes=st.lists(change, min_size=1, max_size=6),
)
def test_equal_to_files_that_are_fixed_by_hand(
    files: list[list[tuple[str, ...]]], changes: list[dict[str, str]]
) -> None:
    # A file most of whose records cannot be split fails the run.
    assume(all(2 * sum(len(row) > len(COLUMNS) for row in rows) <= len(rows) for rows in files))
    with (
        tempfile.TemporaryDirectory() as folder,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(partition_groups, "SMALL", 1)
        patch.setattr(partition_groups, "RECORDS", 2)
        base = Path(folder)
        for name in ("corrected", "fixed"):
            small.write(base / name, YAML)
            for path in (base / name / "data/orders").iterdir():
                path.unlink()
            for number, rows in enumerate(files):
                # The number is a comment, so that no two files have the same bytes.
                (base / name / f"data/orders/{number}.csv").write_text(
                    text_of([*rows, (f"n{number}", "a", "1", "2024-01-01")])
                )
        pipeline = small.load(base / "corrected")
        pipeline.run()
        by_hand = [list(rows) for rows in files]
        source = {f"data/orders/{number}.csv": rows for number, rows in enumerate(by_hand)}
        remaining = list(changes)
        for table in ("silver.orders", "bronze.orders"):
            records = pipeline.corrections.rejects(table).records
            rows = edited(pipeline, {}, table)
            for record, row in zip(records, rows, strict=True):
                if not remaining:
                    break
                cells = {name: value or None for name, value in remaining.pop().items()}
                row.update(cells)
                if any(cells.values()) or table == "silver.orders":
                    fixed(source[record.file.name], record.record, cells)
            previewed = pipeline.corrections.preview(table, rows)
            pipeline.corrections.correct(table, rows)
        for number, rows_of_file in enumerate(by_hand):
            (base / f"fixed/data/orders/{number}.csv").write_text(
                text_of([*rows_of_file, (f"n{number}", "a", "1", "2024-01-01")])
            )
        other = small.load(base / "fixed")
        other.run()
        pipeline.run()
        incremental = contents(pipeline)
        check_preview(pipeline, previewed.records)
        assert incremental == contents(other)
        pipeline.run(full=True)
        assert contents(pipeline) == incremental
