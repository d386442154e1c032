"""Corrections are stored, applied by the next run, listed and revoked."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

import medallion as md
from medallion.errors import CallError, DamagedError, DataError, LeaseError
from medallion.lake.lease import unlock
from medallion.ops.repair import repair
from medallion.ops.verify import Inspection
from medallion.run.corrections import correct as store_corrections
from medallion.run.corrections import revoke
from medallion.run.writer import exclusive_writer
from tests.corrected import correct, edited, orders, published, states


def test_the_next_run_takes_the_corrected_record(tmp_path: Path) -> None:
    pipeline = published(tmp_path)
    ids = correct(pipeline, {1: {"amount": "3.50"}, 2: {"client_id": "b"}}, note="by phone")
    assert [ident.rpartition("-")[2] for ident in ids] == ["1", "2"]
    assert states(pipeline) == ["the next run applies it"] * 2
    run = pipeline.run()
    assert states(pipeline) == ["applied"] * 2
    assert ("3", "3.50") in orders(pipeline)
    assert ("4", "5.00") in orders(pipeline)
    tallies = {step.table: step.tallies[0] for step in run.steps if step.tallies}
    silver = tallies["silver.orders"]
    assert (silver.rows_in, silver.quarantined, silver.corrected) == (7, 1, 2)
    assert tallies["bronze.orders"].corrected == 2
    listed = list(pipeline.corrections.listing("bronze.orders"))
    assert [(row["record"], row["values"], row["note"]) for row in listed] == [
        (1, '{"amount": "3.50"}', "by phone"),
        (2, '{"client_id": "b"}', "by phone"),
    ]
    assert json.loads(listed[0]["original"])["amount"] == "abc"
    assert pipeline.corrections.listing().to_pandas()["applied"].all()
    assert list(pipeline.corrections.listing("silver.clients")) == []


def test_a_correction_that_is_wrong_is_rejected_with_its_own_reason(tmp_path: Path) -> None:
    pipeline = published(tmp_path)
    correct(pipeline, {1: {"amount": "5000"}})
    pipeline.run()
    rows = pipeline.lake.quarantine("silver.orders").to_arrow().to_pylist()
    (reject,) = (row for row in rows if row["record"] == 1)
    assert (reject["rule"], reject["column"], reject["value"]) == ("between", "amount", "5000.00")


def test_a_run_without_new_corrections_is_unchanged(tmp_path: Path) -> None:
    pipeline = published(tmp_path)
    correct(pipeline, {1: {"amount": "3.50"}})
    assert pipeline.run().status == "succeeded"
    assert pipeline.run().status == "unchanged"


def test_a_revoked_correction_is_read_as_it_was(tmp_path: Path) -> None:
    pipeline = published(tmp_path)
    before = orders(pipeline)
    ids = correct(pipeline, {1: {"amount": "3.50"}, 2: {"client_id": "b"}})
    pipeline.run()
    entry = ids[0].rpartition("-")[0]
    assert [each.id for each in pipeline.corrections.revoke(entry)] == ids
    assert pipeline.corrections.revoke(ids[0]) == []
    assert states(pipeline) == ["revoked; the next run reads the original"] * 2
    pipeline.run()
    assert states(pipeline) == ["revoked"] * 2
    assert orders(pipeline) == before
    with pytest.raises(CallError, match="there is no correction '2026'"):
        pipeline.corrections.revoke("2026")


def test_a_record_is_corrected_again_after_its_correction_was_revoked(tmp_path: Path) -> None:
    pipeline = published(tmp_path)
    (first,) = correct(pipeline, {1: {"amount": "5000"}})
    pipeline.run()
    with pytest.raises(DataError, match=f"{first} already, .* revoke it first") as error:
        correct(pipeline, {1: {"amount": "50"}})
    assert "amount = '50', not '5000'" in error.value.message
    pipeline.corrections.revoke(first)
    correct(pipeline, {1: {"amount": "50"}})
    pipeline.run()
    assert ("3", "50.00") in orders(pipeline)
    listed = list(pipeline.corrections.listing())
    assert [json.loads(row["original"])["amount"] for row in listed] == ["abc", "abc"]


def test_the_same_file_is_stored_once(tmp_path: Path) -> None:
    pipeline = published(tmp_path)
    rows = edited(pipeline, {1: {"amount": "3.50"}})
    assert len(pipeline.corrections.correct("silver.orders", rows).added) == 1
    for _ in range(2):
        again = pipeline.corrections.correct("silver.orders", rows)
        assert (len(again.added), again.known, again.unchanged) == (0, 1, 2)
        pipeline.run()
    assert len(pipeline.corrections.listing()) == 1


def test_a_changed_and_a_retracted_file_drop_their_corrections(tmp_path: Path) -> None:
    pipeline = published(tmp_path)
    (ident,) = correct(pipeline, {1: {"amount": "3.50"}})
    pipeline.run()
    file = tmp_path / "data/orders/2024-02.csv"
    content = file.read_text()
    file.write_text(content + "8,a,1.00,2024-02-05\n")
    steps = {step.table: step for step in pipeline.run().steps}
    (warning,) = steps["bronze.orders"].warnings
    assert warning.startswith(
        f"1 correction not applied: {ident} (record 1): data/orders/2024-02.csv has changed; "
    )
    assert states(pipeline) == ["data/orders/2024-02.csv has changed"]
    assert ("3", "3.50") not in orders(pipeline)
    file.unlink()
    pipeline.run()
    assert states(pipeline) == ["data/orders/2024-02.csv was retracted"]
    file.write_text(content)
    pipeline.run()
    assert states(pipeline) == ["applied"]
    assert ("3", "3.50") in orders(pipeline)


def test_corrections_of_a_table_that_is_not_declared_are_listed(tmp_path: Path) -> None:
    pipeline = published(tmp_path)
    correct(pipeline, {1: {"amount": "3.50"}})
    yaml = tmp_path / "medallion.yaml"
    yaml.write_text(yaml.read_text().replace("    orders: {source", "    sales: {source"))
    yaml.write_text(yaml.read_text().replace("from: bronze.orders", "from: bronze.sales"))
    renamed = type(pipeline).load(yaml)
    renamed.run()
    assert states(renamed) == ["the declaration has no table bronze.orders"]
    with pytest.raises(CallError, match="there is no table 'silver"):
        renamed.corrections.correct("silver.order", [])


FILES = """\
name: files
tables:
  bronze:
    items: {source: "data/**/*.csv"ADD}
  silver:
    items:
      from: bronze.items
      expect:
        - {one_of: {s: [ok]}, on_fail: quarantine}
"""


def items(folder: Path, files: dict[str, str], add: str = "") -> md.Pipeline:
    """A pipeline whose items have to be `ok`."""
    for name, text in files.items():
        (folder / "data" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "data" / name).write_text(text)
    (folder / "medallion.yaml").write_text(FILES.replace("ADD", add))
    pipeline = md.Pipeline.load(folder / "medallion.yaml")
    pipeline.run()
    return pipeline


def values(pipeline: md.Pipeline, *columns: str) -> list[tuple[Any, ...]]:
    rows = pipeline.lake.table("silver.items").to_arrow().to_pylist()
    return sorted(tuple(row[name] for name in columns) for row in rows)


def test_several_files_of_a_group_are_corrected(tmp_path: Path) -> None:
    files = {f"{name}.csv": f"id,s\n{name}1,ok\n{name}2,bad\n" for name in "abc"}
    pipeline = items(tmp_path, files)
    rows = [{**row, "s": "ok"} for row in pipeline.corrections.rejects("silver.items").rows()]
    assert len(pipeline.corrections.correct("silver.items", rows).added) == 3
    pipeline.run()
    assert values(pipeline, "id") == [(f"{name}{number}",) for name in "abc" for number in (1, 2)]


def test_files_with_the_same_bytes_share_a_correction(tmp_path: Path) -> None:
    text = "id,s\n1,ok\n2,bad,more\n3,bad\n"
    files = {f"month={number}/a.csv": text for number in (1, 2)}
    add = ", add: {month: folder(month), line: record, changed: modified}"
    pipeline = items(tmp_path, files, add)
    (row,) = pipeline.corrections.rejects("silver.items").rows()
    assert list(row) == ["id", "s", "_reason", "_reject"]
    pipeline.corrections.correct("silver.items", [{**row, "s": "ok"}])
    (row,) = pipeline.corrections.rejects("bronze.items").rows()
    pipeline.corrections.correct("bronze.items", [{**row, "id": "2", "s": "ok"}])
    pipeline.run()
    expected = [(month, line, str(line)) for month in "12" for line in (1, 2, 3)]
    assert values(pipeline, "month", "line", "id") == expected
    os.utime(tmp_path / "data/month=1/a.csv", (1, 1))
    pipeline.run(full=True)
    assert values(pipeline, "month", "line", "id") == expected
    assert states(pipeline) == ["applied"] * 2


def test_a_lost_revocation_makes_no_record_twice(tmp_path: Path) -> None:
    pipeline = published(tmp_path)
    (first,) = correct(pipeline, {1: {"amount": "5000"}})
    pipeline.corrections.revoke(first)
    revocation = max((tmp_path / "lake/corrections").iterdir())
    (second,) = correct(pipeline, {1: {"amount": "50"}})
    revocation.unlink()
    pipeline.run()
    assert ("3", "50.00") in orders(pipeline)
    assert states(pipeline) == [f"replaced by {second}", "applied"]
    pipeline.corrections.revoke(second)
    pipeline.run()
    assert "3" not in dict(orders(pipeline))


@pytest.mark.parametrize("full", [False, True])
def test_lost_corrections_of_the_release_are_not_dropped_silently(
    full: bool, tmp_path: Path
) -> None:
    pipeline = published(tmp_path)
    (ident,) = correct(pipeline, {1: {"amount": "3.50"}})
    correct(pipeline, {2: {"client_id": "b"}})
    pipeline.run()
    before = orders(pipeline)
    path = tmp_path / f"lake/corrections/{ident.rpartition('-')[0]}.json"
    text = path.read_text()
    path.unlink()
    lost = f"{path.name}: is lost, and with it 1 correction: {ident}"
    for work in (pipeline.plan, lambda: pipeline.run(full=full)):
        with pytest.raises(DamagedError, match=lost) as error:
            work()
        assert "medallion repair" in error.value.hint
    (damage,) = Inspection(pipeline).of("correction")
    assert ident in damage.said
    path.write_text(text)
    assert pipeline.run(full=full).release
    assert orders(pipeline) == before
    path.unlink()
    outcomes = [(each.outcome, each.said) for each in repair(pipeline)]
    assert outcomes == [
        ("lost", f"revoked 1 correction: {ident}; the next run reads the original records")
    ]
    assert Inspection(pipeline).damages == []
    steps = {step.table: step.why for step in pipeline.plan().steps}
    assert steps["bronze.orders"] == (
        "1 correction of data/orders/2024-02.csv not applied any more"
    )
    pipeline.run(full=full)
    assert "3" not in dict(orders(pipeline))
    assert ("4", "5.00") in orders(pipeline)


def contents(folder: Path) -> str:
    return "".join(path.read_text() for path in sorted((folder / "lake/corrections").iterdir()))


def test_a_purged_correction_keeps_who_and_when_and_nothing_else(tmp_path: Path) -> None:
    pipeline = published(tmp_path)
    before = orders(pipeline)
    first, second = correct(
        pipeline, {1: {"amount": "3.50"}, 2: {"client_id": "b"}}, note="Ann Smith", author="anne"
    )
    pipeline.run()
    assert "3.50" in contents(tmp_path)
    assert [each.id for each in pipeline.corrections.revoke(first, purge=True)] == [first]
    text = contents(tmp_path)
    assert ("3.50" in text, "abc" in text, "Ann Smith" in text) == (False, False, True)
    listed, other = pipeline.corrections.listing()
    assert (listed["author"], listed["record"], listed["changes"]) == ("anne", 1, "(purged)")
    assert listed["state"] == "purged; the next run reads the original"
    assert other["state"] == "applied"
    pipeline.corrections.revoke(second)
    assert [each.id for each in pipeline.corrections.revoke(second, purge=True)] == [second]
    assert pipeline.corrections.revoke(first, second, purge=True) == []
    assert "Ann Smith" not in contents(tmp_path)
    pipeline.run()
    assert orders(pipeline) == before
    assert states(pipeline) == ["purged", "purged"]
    (again,) = correct(pipeline, {1: {"amount": "4.50"}})
    pipeline.run()
    assert ("3", "4.50") in orders(pipeline)
    assert states(pipeline)[-1] == "applied"
    assert again != first


def test_a_record_rejected_as_corrected_is_corrected_again_after_a_run(tmp_path: Path) -> None:
    pipeline = published(tmp_path)
    (ident,) = correct(pipeline, {1: {"amount": "5000"}})
    pipeline.run()
    pipeline.corrections.revoke(ident, purge=True)
    with pytest.raises(DataError, match="former correction was purged: medallion run first"):
        correct(pipeline, {1: {"amount": "4.50"}})
    pipeline.run()
    correct(pipeline, {1: {"amount": "4.50"}})
    pipeline.run()
    assert ("3", "4.50") in orders(pipeline)


def test_what_was_computed_from_purged_content_is_not_shown_again(tmp_path: Path) -> None:
    pipeline = published(tmp_path)
    original = pipeline.lake.current()
    assert original
    (ident,) = correct(pipeline, {1: {"amount": "3.50"}})
    pipeline.run(candidate="fixed")
    corrected = pipeline.run().release
    assert corrected
    pipeline.corrections.revoke(ident, purge=True)
    pipeline.run()
    said = f"release {corrected} was computed with content that was purged since: .*{ident}"
    for reference in (corrected, None):
        with pytest.raises(CallError, match=said):
            pipeline.roll_back(reference)
    with pytest.raises(CallError, match="content that was purged"):
        pipeline.publish("fixed", force=True)
    assert pipeline.roll_back(original.id).id == original.id
    pipeline.run()
    assert "3" not in dict(orders(pipeline))


def test_a_killed_purge_is_finished_by_the_next_one_and_by_gc(tmp_path: Path) -> None:
    pipeline = published(tmp_path)
    (ident,) = correct(pipeline, {1: {"amount": "3.50"}})
    path = tmp_path / f"lake/corrections/{ident.rpartition('-')[0]}.json"
    text = path.read_text()
    pipeline.corrections.revoke(ident, purge=True)
    path.write_text(text)  # as if it had been killed before
    assert pipeline.corrections.revoke(ident, purge=True) == []
    assert "3.50" not in contents(tmp_path)
    path.write_text(text)
    pipeline.collect()
    assert "3.50" not in contents(tmp_path)


def test_a_lost_lease_says_what_was_done(tmp_path: Path) -> None:
    pipeline = published(tmp_path)
    context, rows = pipeline.context, edited(pipeline, {1: {"amount": "3.50"}})
    (ident,) = correct(pipeline, {2: {"amount": "6"}})
    with exclusive_writer(context) as writer:
        unlock(context.lake.storage)
        with pytest.raises(LeaseError, match=r"^no correction was stored: run .* lost its lease"):
            store_corrections(context, writer, "silver.orders", rows)
        with pytest.raises(LeaseError, match=r"^no correction was revoked: run .* lost its lease"):
            revoke(context, writer, [ident], purge=True)
    path = tmp_path / f"lake/corrections/{ident.rpartition('-')[0]}.json"
    text = path.read_text()
    pipeline.corrections.revoke(ident, purge=True)
    path.write_text(text)  # as if it had been killed before
    with exclusive_writer(context) as writer:
        unlock(context.lake.storage)
        with pytest.raises(LeaseError, match="are revoked, and not all of their content"):
            revoke(context, writer, [ident], purge=True)
    assert len(pipeline.corrections.listing()) == 1
