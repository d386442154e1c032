"""Gates: a run that does not pass them leaves a candidate, and publishes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

import medallion as md
from medallion.errors import CallError, GateError, StepError
from medallion.lake.candidates import candidate, candidates
from tests.integration import small

PER_FILE = "        - {quarantined: {at_most: 80%, per: file}}\n  gold:"
CHANGE = "      expect: [{change: {revenue: {at_most: 20%}, rows: {drop_at_most: 5%}}}]\nsinks:"
NO_AMOUNT = "order_id,client_id,day\n8,a,2024-04-01\n9,b,2024-04-02\n"


def with_rule(folder: Path, rule: str, before: str) -> md.Pipeline:
    """The project with a rule in front of a line of its declaration, and a first release."""
    small.write(folder, small.YAML.replace(before, rule, 1))
    pipeline = small.load(folder)
    pipeline.run()
    return pipeline


def test_a_file_that_lost_a_column_is_not_published(tmp_path: Path) -> None:
    yaml = small.YAML.replace(
        "        - {between", "        - not_null: amount\n        - {between"
    )
    yaml = yaml.replace("- not_null: amount", "- {not_null: amount, on_fail: quarantine}")
    small.write(tmp_path, yaml.replace("  gold:", PER_FILE, 1))
    pipeline = small.load(tmp_path)
    first = pipeline.run()
    (tmp_path / "data/orders/2024-04.csv").write_text(NO_AMOUNT)
    with pytest.raises(GateError) as error:
        pipeline.run()
    run = error.value.run
    assert (
        "silver.orders: quarantined: data/orders/2024-04.csv: 2 of 2 rows were quarantined, 100.00 %"
        in str(error.value)
    )
    assert "quarantine --run" in str(error.value.hint)
    assert (run.status, run.release, run.candidate) == ("failed", None, "next")
    (failed,) = [step for step in run.steps if step.action == "failed"]
    assert (failed.table, [file.rows for file in failed.rejects]) == ("silver.orders", [5])
    assert pipeline.lake.pointer().release == first.release
    assert small.in_lake(pipeline) == small.in_store(pipeline) == small.BOTH
    with pytest.raises(CallError, match=r"next did not pass silver.orders: quarantined: data/"):
        pipeline.publish("next")
    release = pipeline.publish("next", force=True, note="April comes later")
    assert release.approval.forced
    assert release.approval.failed == candidate_gates(error.value)
    assert release.approval.note == "April comes later"
    # What was accepted is not refused again, and another file is.
    (tmp_path / "data/orders/2024-03.csv").write_text(small.MARCH)
    assert pipeline.run().status == "succeeded"
    (tmp_path / "data/orders/2024-05.csv").write_text(NO_AMOUNT.replace("2024-04", "2024-05"))
    with pytest.raises(GateError, match=r"2024-05\.csv: ") as again:
        pipeline.run()
    assert "2024-04.csv" not in again.value.message


def candidate_gates(error: GateError) -> tuple[str, ...]:
    return tuple(error.message.splitlines()[:-1])


def test_a_change_that_is_too_large_leaves_a_candidate(tmp_path: Path) -> None:
    pipeline = with_rule(tmp_path, CHANGE, "sinks:")
    (tmp_path / "data/orders/2024-03.csv").write_text(small.MARCH)
    with pytest.raises(GateError, match=r"gold.total: change: revenue rose by [\d,.]+ %") as error:
        pipeline.run()
    assert [step.table for step in error.value.run.steps if step.error] == ["gold.total"]
    assert small.in_lake(pipeline) == small.BOTH
    with pytest.raises(GateError):
        pipeline.run()  # nothing has changed since
    assert len(candidates(pipeline.lake)) == 1
    pipeline.publish("next", force=True)
    assert small.in_lake(pipeline) == small.in_store(pipeline) == small.ALL
    assert pipeline.run().status == "unchanged"


def test_a_candidate_keeps_its_own_name_when_a_gate_fails(tmp_path: Path) -> None:
    pipeline = with_rule(tmp_path, CHANGE, "sinks:")
    (tmp_path / "data/orders/2024-03.csv").write_text(small.MARCH)
    with pytest.raises(GateError):
        pipeline.run(candidate="march")
    assert candidate(pipeline.lake, "march").failed[0].startswith("gold.total: change: revenue")


def test_a_rule_may_only_warn_and_needs_numbers(tmp_path: Path) -> None:
    warn = CHANGE.replace("5%}}}", "5%}}, on_fail: warn}")
    pipeline = with_rule(tmp_path, warn, "sinks:")
    (tmp_path / "data/orders/2024-03.csv").write_text(small.MARCH)
    run = pipeline.run()
    assert run.status == "succeeded"
    (total,) = [step for step in run.steps if step.table == "gold.total"]
    assert total.warnings[-1].startswith("change: revenue rose by ")
    (tmp_path / "data/orders/2024-03.csv").unlink()
    unknown = CHANGE.replace("revenue", "revenues")
    (tmp_path / "medallion.yaml").write_text(small.YAML.replace("sinks:", unknown, 1))
    with pytest.raises(StepError, match=r"gold\.total.*revenues"):
        small.load(tmp_path).run()


def test_changing_a_change_rule_recomputes_nothing(tmp_path: Path) -> None:
    small.publish(tmp_path)
    (tmp_path / "medallion.yaml").write_text(small.YAML.replace("sinks:", CHANGE, 1))
    assert small.load(tmp_path).run().status == "unchanged"


def test_a_part_of_a_run_fails_at_its_gates_and_leaves_nothing(tmp_path: Path) -> None:
    rule = "        - {row_count: {at_most: 3}}\n  gold:"
    pipeline = with_rule(tmp_path, rule, "  gold:")
    (tmp_path / "data/orders/2024-03.csv").write_text(small.MARCH)
    with pytest.raises(GateError, match=r"silver\.orders: row_count: there are 4 rows"):
        pipeline.run(md.Selection(to="silver.orders"))
    assert candidates(pipeline.lake) == []


WIDE = """\
  silver:
    wide:
      from: bronze.orders
      steps: [{filter: "client_id <> 'x'"}]
    clients:"""


def test_a_file_is_judged_by_its_rows_that_reach_the_table(tmp_path: Path) -> None:
    rules = "        - {not_null: amount, on_fail: quarantine}\n" + PER_FILE
    yaml = small.YAML.replace("from: bronze.orders", "from: silver.wide", 1)
    yaml = yaml.replace("  silver:\n    clients:", WIDE, 1).replace("  gold:", rules, 1)
    small.write(tmp_path, yaml)
    pipeline = small.load(tmp_path)
    pipeline.run()
    others = "".join(f"{number},x,2024-04-03\n" for number in range(100, 200))
    (tmp_path / "data/orders/2024-04.csv").write_text(NO_AMOUNT + others)
    with pytest.raises(GateError, match=r"2024-04\.csv: 2 of 2 rows were quarantined"):
        pipeline.run()


def test_rows_that_were_combined_cannot_be_judged_by_file(tmp_path: Path) -> None:
    rule = "      expect: [{quarantined: {at_most: 80%, per: file}}]\nsinks:"
    yaml = small.YAML.replace("sinks:", rule, 1)
    total = yaml.index("    total:")
    yaml = yaml[:total] + yaml[total:].replace("from: silver.orders", "from: gold.by_client", 1)
    yaml = yaml.replace(
        "{orders: count(), revenue: sum(amount)}}\n      expect", "{n: count()}}\n      expect"
    )
    small.write(tmp_path, yaml)
    with pytest.raises(StepError, match=r"the rows of gold\.by_client are not records"):
        small.load(tmp_path).run()


def test_a_lost_table_is_computed_again_despite_a_change_rule(tmp_path: Path) -> None:
    pipeline = with_rule(tmp_path, CHANGE, "sinks:")
    for file in (tmp_path / "lake/gold/total").rglob("*.parquet"):
        file.unlink()
    run = pipeline.run()
    assert run.status == "succeeded"
    assert small.in_lake(pipeline) == small.in_store(pipeline) == small.BOTH
