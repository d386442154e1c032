"""Rejected records as visitors list and correct them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import sleep

import pytest

import medallion as md
from medallion.errors import CallError
from medallion_panel.data.cancellable import CancelledError
from medallion_panel.data.quarantine_reader import (
    QuarantineAccess,
    QuarantineChoice,
    QuarantineReader,
)
from tests.corrected import orders, published
from tests.unit.panel.tables import SAY

TABLE = "silver.orders"


@pytest.fixture
def pipeline(tmp_path: Path) -> md.Pipeline:
    return published(tmp_path)


def identity(reader: QuarantineReader, record: int) -> str:
    records = reader.listing(QuarantineChoice()).records
    return next(each.identity for each in records if each.record == record)


def test_rejects_are_counted_by_table_rule_and_file(pipeline: md.Pipeline) -> None:
    reader = QuarantineReader(pipeline)
    listing = reader.listing(QuarantineChoice())
    assert listing.choice == QuarantineChoice(TABLE)
    assert (listing.tables, listing.total) == ({TABLE: 3}, 3)
    assert listing.rules == {"cast": 2, "references": 1}
    assert listing.files == {"data/orders/2024-02.csv": 3}
    assert [record.record for record in listing.records] == [1, 2, 3]


def test_a_rule_and_a_file_choose_rejects(pipeline: md.Pipeline) -> None:
    reader, file = QuarantineReader(pipeline), "data/orders/2024-02.csv"
    listing = reader.listing(QuarantineChoice(TABLE, "references", file))
    assert [record.record for record in listing.records] == [2]
    assert (listing.total, listing.files, listing.rules["cast"]) == (1, {file: 1}, 2)
    assert reader.listing(QuarantineChoice(TABLE, "gone", "gone")).choice == QuarantineChoice(TABLE)
    assert reader.listing(QuarantineChoice("silver.gone")).choice.table == TABLE


def test_a_column_chooses_rejects(pipeline: md.Pipeline) -> None:
    listing = QuarantineReader(pipeline).listing(QuarantineChoice(TABLE, "cast", column="day"))
    assert [record.record for record in listing.records] == [3]
    assert listing.columns == {"amount": 1, "day": 1}
    assert (listing.total, listing.rules) == (1, {"cast": 1})


def test_candidates_and_earlier_releases_have_their_own_rejects(
    pipeline: md.Pipeline, tmp_path: Path
) -> None:
    reader = QuarantineReader(pipeline)
    first = pipeline.lake.current()
    assert first
    file = tmp_path / "data/orders/2024-02.csv"
    file.write_text(file.read_text().replace("abc", "3.50"))
    pipeline.run(candidate="mended")
    listing = reader.listing(QuarantineChoice(release="mended"))
    assert [record.record for record in listing.records] == [2, 3]
    assert (listing.choice.release, listing.release) != ("", first.id)
    assert reader.listing(QuarantineChoice()).total == 3
    pipeline.publish("mended")
    earlier = reader.listing(QuarantineChoice(release=first.id))
    assert (earlier.total, reader.listing(QuarantineChoice()).total) == (3, 2)
    with pytest.raises(CallError, match="gone"):
        reader.listing(QuarantineChoice(release="gone"))


def test_a_correction_has_the_visitors_name_and_waits_for_a_run(pipeline: md.Pipeline) -> None:
    reader = QuarantineReader(pipeline)
    edits = {identity(reader, 1): {"amount": "3.50"}}
    assert reader.submit(TABLE, edits, note="receipt", author="anne").added == 1
    (row,) = pipeline.corrections.listing()
    assert (row["author"], row["note"]) == ("anne", "receipt")
    assert reader.listing(QuarantineChoice()).waiting == 1
    pipeline.run()
    assert ("3", "3.50") in orders(pipeline)
    listing = reader.listing(QuarantineChoice())
    assert (listing.waiting, listing.total) == (0, 2)


def test_faults_are_those_of_a_record_and_nothing_is_stored(pipeline: md.Pipeline) -> None:
    reader = QuarantineReader(pipeline)
    first, second = identity(reader, 1), identity(reader, 2)
    reader.submit(TABLE, {first: {"amount": "3.50"}}, note="", author="anne")
    edits = {first: {"amount": "4"}, second: {"client_id": "a"}}
    submission = reader.submit(TABLE, edits, note="", author="anne")
    assert submission.added == 0
    assert list(submission.faults) == [first]
    assert "has the correction" in submission.faults[first]
    assert len(pipeline.corrections.listing()) == 1


def test_columns_named_as_the_added_ones_are_corrected(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("id,_reject,_reason\nx,a,b\n")
    (tmp_path / "medallion.yaml").write_text(
        "name: odd\ntables:\n  bronze:\n    t: {source: t.csv}\n  silver:\n    t:\n"
        "      from: bronze.t\n      steps: [{cast: {id: integer}}]\n"
    )
    pipeline = md.Pipeline.load(tmp_path / "medallion.yaml")
    pipeline.run()
    reader = QuarantineReader(pipeline)
    edits = {identity(reader, 1): {"id": "1", "_reject": "c", "_reason": "d"}}
    assert reader.submit("silver.t", edits, note="", author="anne").added == 1
    pipeline.run()
    (row,) = pipeline.lake.table("silver.t").to_arrow().to_pylist()
    assert (row["id"], row["_reject"], row["_reason"]) == (1, "c", "d")


def test_while_a_run_writes_nothing_is_stored(pipeline: md.Pipeline) -> None:
    reader = QuarantineReader(pipeline)
    edits = {identity(reader, 1): {"amount": "3.50"}}
    with pipeline.writer(), pytest.raises(CallError, match="a run writes to the lake"):
        reader.submit(TABLE, edits, note="", author="anne")


def test_without_a_release_there_is_nothing_to_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "t.csv").write_text("id\n1\n")
    (tmp_path / "medallion.yaml").write_text(
        "name: new\ntables:\n  bronze:\n    t: {source: t.csv}\n"
    )
    reader = QuarantineReader(md.Pipeline.load(tmp_path / "medallion.yaml"))
    with pytest.raises(CallError, match="nothing has been published"):
        reader.listing(QuarantineChoice())
    monkeypatch.setenv("MEDALLION_API_URL", "http://localhost:1")
    with pytest.raises(CallError, match="reads an API, and has no lake"):
        reader.listing(QuarantineChoice())


def test_only_the_first_rejects_are_listed(
    pipeline: md.Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("medallion_panel.data.quarantine_reader.FIRST", 2)
    listing = QuarantineReader(pipeline).listing(QuarantineChoice())
    assert ([record.record for record in listing.records], listing.total) == ([1, 2], 3)


def test_a_refusal_says_what_is_missing(pipeline: md.Pipeline) -> None:
    reader = QuarantineReader(pipeline)
    assert "corrections: true" in QuarantineAccess(reader, "anne", enabled=False).refusal(SAY)
    assert "has no login" in QuarantineAccess(reader, "", enabled=True).refusal(SAY)
    assert QuarantineAccess(reader, "anne", enabled=True).refusal(SAY) == ""


def test_a_preview_stores_nothing_and_computes_nothing_once_cancelled(
    pipeline: md.Pipeline,
) -> None:
    reader = QuarantineReader(pipeline)
    edits = {identity(reader, 1): {"amount": "3.50"}}
    preview = reader.preview(TABLE, edits).run()
    (record,) = preview.records
    assert (record.outcome, record.identity) == ("kept", identity(reader, 1))
    assert not len(pipeline.corrections.listing())
    work = reader.preview(TABLE, edits)
    work.cancel()
    with pytest.raises(CancelledError):
        work.run()


@pytest.mark.usefixtures("pipeline")
def test_a_preview_is_interrupted_while_it_computes(tmp_path: Path) -> None:
    yaml = tmp_path / "medallion.yaml"
    endless = "select *, (select count(*) from range(100000) a, range(100000) b) as n from orders"
    yaml.write_text(
        yaml.read_text().replace(
            "        - trim\n        - cast: {amount",
            f"        - sql: {endless}\n        - cast: {{amount",
        )
    )
    reader = QuarantineReader(md.Pipeline.load(yaml))
    work = reader.preview(TABLE, {identity(reader, 1): {"amount": "3.50"}})
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(work.run)
        while not work.started:
            sleep(0.01)
        work.cancel()
        with pytest.raises(CancelledError):
            future.result()
