"""Runs and releases on real files: what is computed, what is published, what adds up."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml

import medallion as md
from medallion.errors import CallError, GateError, LeaseError, SourceError, StepError, StorageError
from medallion.lake.lease import lease
from medallion.sinks.sqlite.sink import Sqlite
from tests.integration import small


@pytest.fixture
def pipeline(tmp_path: Path) -> md.Pipeline:
    small.write(tmp_path)
    return small.load(tmp_path)


def actions(run: md.Run) -> dict[str, str]:
    return {step.table: step.action for step in run.steps}


def test_a_first_run_publishes_what_adds_up(pipeline: md.Pipeline) -> None:
    run = pipeline.run()
    assert run.status == "succeeded"
    assert small.in_lake(pipeline) == small.in_store(pipeline) == small.BOTH
    orders = next(step for step in run.steps if step.table == "silver.orders").tallies[0]
    assert (
        orders.rows_in,
        orders.kept,
        orders.deduplicated,
        orders.dropped,
        orders.quarantined,
    ) == (7, 3, 1, 0, 3)
    for step in run.steps:
        for tally in step.tallies:
            assert (
                tally.rows_in == tally.kept + tally.deduplicated + tally.dropped + tally.quarantined
            )


def test_a_step_that_fails_is_told_with_its_place(pipeline: md.Pipeline) -> None:
    declaration = pipeline.base / "medallion.yaml"
    declaration.write_text(
        small.YAML.replace(
            "{metrics: {orders: count(), revenue: sum(amount)", "{metrics: {revenue: sum(price)"
        )
    )
    with pytest.raises(
        StepError, match=r"medallion.yaml:27:22: gold.total.steps\[0\].aggregate: no column 'price'"
    ) as caught:
        small.load(pipeline.base).run()
    assert caught.value.run.error == str(caught.value)
    failed = next(step for step in caught.value.run.steps if step.action == "failed")
    assert failed.error == str(caught.value)


def test_a_key_that_is_no_column_is_told_with_its_place(pipeline: md.Pipeline) -> None:
    declaration = pipeline.base / "medallion.yaml"
    steps = "- aggregate: {by: client_id, metrics: {orders: count(), revenue: sum(amount)}}"
    query = (
        "- sql: select client_id, count(*) as orders, sum(amount) as revenue from orders group by 1"
    )
    declaration.write_text(
        small.YAML.replace(steps, query).replace("key: client_id", "key: client")
    )
    with pytest.raises(
        CallError, match=r"medallion.yaml:32:18: .*'by_client' has no column 'client' to index"
    ):
        small.load(pipeline.base).run()


def test_a_value_that_a_steps_sql_cannot_read_is_told_with_what_to_do(
    pipeline: md.Pipeline,
) -> None:
    declaration = pipeline.base / "medallion.yaml"
    declaration.write_text(
        small.YAML.replace("steps: [trim]", 'steps: [{sql: "select name::int as n from clients"}]')
    )
    with pytest.raises(
        StepError,
        match=r"(?s)medallion.yaml:9:21: silver.clients.steps\[0\].sql: .*'( Ann |Bob)'.*try_cast",
    ):
        small.load(pipeline.base).run()


@pytest.mark.parametrize("damage", ["{", "[]", '{"release": 1}'])
def test_a_damaged_record_of_the_lake_is_named(pipeline: md.Pipeline, damage: str) -> None:
    pipeline.run()
    for path in (
        pipeline.base / "lake/current.json",
        next((pipeline.base / "lake/releases").iterdir()),
    ):
        kept = path.read_text()
        path.write_text(damage)
        with pytest.raises(StorageError, match=f"{path}: is damaged"):
            pipeline.lake.current()
        path.write_text(kept)


def test_every_reject_tells_its_file_record_rule_value_and_row(pipeline: md.Pipeline) -> None:
    run = pipeline.run()
    (rejects,) = pipeline.lake.current().tables["silver.orders"].rejects
    rows = pq.read_table(pipeline.base / "lake" / rejects.path).to_pylist()
    found = {(row["file"], row["record"], row["rule"], row["column"], row["value"]) for row in rows}
    name = "data/orders/2024-02.csv"
    assert found == {
        (name, 1, "cast", "amount", "abc"),
        (name, 2, "references", "client_id", "zz"),
        (name, 3, "cast", "day", "2024-02-30"),
    }
    assert {row["run"] for row in rows} == {run.id}
    assert '{"order_id":"3","client_id":"a","amount":"abc","day":"2024-02-01"}' in {
        row["row"] for row in rows
    }


def test_nothing_new_does_nothing(pipeline: md.Pipeline) -> None:
    first = pipeline.run()
    again = pipeline.run()
    assert again.status == "unchanged"
    assert again.release == first.release
    assert set(actions(again).values()) == {"unchanged"}
    assert len(pipeline.lake.releases()) == 1


def test_a_changed_file_computes_only_what_depends_on_it(pipeline: md.Pipeline) -> None:
    pipeline.run()
    file = pipeline.base / "data/clients.csv"
    file.write_text(file.read_text() + "c,Cid\n")
    run = pipeline.run()
    # orders are checked against clients, so they follow; the bronze orders do not
    assert actions(run)["bronze.orders"] == "unchanged"
    assert actions(run)["bronze.clients"] == actions(run)["silver.clients"] == "computed"
    assert small.in_store(pipeline) == small.BOTH


def test_an_edit_that_keeps_size_and_time_is_seen(pipeline: md.Pipeline) -> None:
    import os

    pipeline.run()
    file = pipeline.base / "data/orders/2024-01.csv"
    stat = file.stat()
    file.write_text(small.JANUARY.replace("10.00", "11.00"))
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert pipeline.run().status == "succeeded"
    assert str(small.in_store(pipeline)[1]) == "38.75"


def test_a_retracted_file_leaves_every_layer_and_comes_back(pipeline: md.Pipeline) -> None:
    pipeline.run()
    file = pipeline.base / "data/orders/2024-02.csv"
    file.unlink()
    run = pipeline.run()
    assert (
        next(step for step in run.steps if step.table == "bronze.orders").sources["retracted"] == 1
    )
    assert small.in_lake(pipeline) == small.in_store(pipeline) == small.JANUARY_ALONE
    file.write_text(small.FEBRUARY)
    back = pipeline.run()
    assert "computed" not in actions(back).values()  # the former snapshots are taken up again
    assert small.in_lake(pipeline) == small.in_store(pipeline) == small.BOTH


def test_a_plain_copy_that_was_lost_comes_back(pipeline: md.Pipeline) -> None:
    pipeline.run()
    plain = pipeline.base / "lake/gold/total.parquet"
    before = plain.read_bytes()
    plain.unlink()
    assert pipeline.run().status == "unchanged"
    assert plain.read_bytes() == before


def test_roll_back_puts_the_former_figures_back_in_lake_and_store(pipeline: md.Pipeline) -> None:
    first = pipeline.run()
    (pipeline.base / "data/orders/2024-03.csv").write_text(small.MARCH)
    pipeline.run()
    assert small.in_lake(pipeline) == small.in_store(pipeline) == small.ALL
    assert pipeline.roll_back().id == first.release
    assert small.in_lake(pipeline) == small.in_store(pipeline) == small.BOTH
    plain = pq.read_table(pipeline.base / "lake/gold/total.parquet").to_pylist()
    assert plain[0]["orders"] == 3
    with pytest.raises(CallError, match="oldest release kept"):
        pipeline.roll_back()
    with pytest.raises(CallError, match="no release 'nonsense'"):
        pipeline.roll_back("nonsense")


def test_a_partial_run_that_would_leave_tables_behind_is_not_published(
    pipeline: md.Pipeline,
) -> None:
    first = pipeline.run()
    (pipeline.base / "data/orders/2024-03.csv").write_text(small.MARCH)
    part = pipeline.run(md.Selection(to="silver.orders"))
    assert part.release is None
    assert "gold.total" in part.note
    assert pipeline.lake.current().id == first.release
    whole = pipeline.run()
    assert actions(whole)["silver.orders"] == "reused"
    assert small.in_store(pipeline) == small.ALL


def test_a_gate_that_is_not_met_publishes_nothing_and_keeps_the_rejects(tmp_path: Path) -> None:
    gate = "        - {quarantined: {at_most: 50%}, on_fail: fail}\n  gold:"
    small.write(tmp_path, small.YAML.replace("  gold:", gate, 1))
    pipeline = small.load(tmp_path)
    first = pipeline.run()
    (tmp_path / "data/orders/2024-03.csv").write_text(
        "order_id,client_id,amount,day\n" + "9,a,x,2024-01-01\n" * 20
    )
    with pytest.raises(GateError, match="quarantined") as error:
        pipeline.run()
    assert pipeline.lake.current().id == first.release
    assert small.in_store(pipeline) == small.BOTH
    (failed,) = [step for step in error.value.run.steps if step.action == "failed"]
    (rejects,) = failed.rejects
    assert (
        pq.read_table(tmp_path / "lake" / rejects.path).num_rows
        == failed.tallies[0].quarantined
        == 23
    )


def test_two_runs_at_once_one_runs_the_other_says_who_holds_the_lease(
    pipeline: md.Pipeline,
) -> None:
    with lease(pipeline.lake.storage, "the-first"), pytest.raises(LeaseError, match="the-first"):
        pipeline.run()
    assert pipeline.run().status == "succeeded"


def test_a_changed_index_alone_makes_a_new_release_without_computing(
    pipeline: md.Pipeline, tmp_path: Path
) -> None:
    pipeline.run()
    (tmp_path / "medallion.yaml").write_text(small.YAML.replace("[-revenue]", "[-revenue, orders]"))
    run = small.load(tmp_path).run()
    assert run.release is not None
    assert run.status == "succeeded"
    assert set(actions(run).values()) == {"unchanged"}


def test_a_lost_store_is_filled_again(pipeline: md.Pipeline) -> None:
    pipeline.run()
    for file in (pipeline.base / "lake").glob("serving.db*"):
        file.unlink()
    pipeline.run()
    assert small.in_store(pipeline) == small.BOTH


def test_a_source_that_matches_nothing_is_told(pipeline: md.Pipeline) -> None:
    for file in (pipeline.base / "data/orders").iterdir():
        file.unlink()
    with pytest.raises(SourceError, match=r"bronze\.orders: no file matches data/orders/\*\.csv"):
        pipeline.run()


def test_a_vanished_column_is_told_with_what_there_is(pipeline: md.Pipeline) -> None:
    first = pipeline.run()
    for file in (pipeline.base / "data/orders").iterdir():
        file.write_text(file.read_text().replace("amount", "amount_eur"))
    with pytest.raises(StepError, match=r"silver\.orders\.steps\[1\].*no column 'amount'") as error:
        pipeline.run()
    drift = next(step for step in error.value.run.steps if step.table == "bronze.orders").drift
    assert any("'amount'" in said for said in drift)
    assert pipeline.lake.current().id == first.release


def test_releases_beyond_retain_go_and_nothing_else(tmp_path: Path) -> None:
    layers = (
        "layers:\n  bronze: raw\n  silver: parquet\n  gold: {type: parquet, retain: 2}\ntables:"
    )
    small.write(tmp_path, small.YAML.replace("tables:", layers, 1))
    pipeline = small.load(tmp_path)
    for day in range(1, 5):
        (tmp_path / "data/orders/2024-03.csv").write_text(
            small.MARCH.replace("03-01", f"03-0{day}")
        )
        pipeline.run()
    assert len(pipeline.lake.releases()) == 2
    assert len(list((tmp_path / "lake/gold/total").iterdir())) == 2
    pipeline.roll_back()
    assert small.in_store(pipeline) == small.ALL


def test_rows_keep_the_order_of_their_files(tmp_path: Path) -> None:
    small.write(tmp_path)
    lines = "".join(
        f"{number},{'a' if number % 3 else 'zz'},{number % 7 - 1}.50,2024-03-01\n"
        for number in range(9000, 1000, -1)
    )
    (tmp_path / "data/orders/2024-03.csv").write_text("order_id,client_id,amount,day\n" + lines)
    pipeline = small.load(tmp_path)
    pipeline.run()
    found = pipeline.lake.table("silver.orders").to_arrow()["order_id"].to_pylist()
    expected = [str(n) for n in range(9000, 1000, -1) if n % 3 and n % 7]
    assert found == ["1", "2", "6", *expected]


@pytest.mark.parametrize("kind", ["mongodb", "sqlite"])
def test_the_store_may_move_to_another_database(
    tmp_path: Path, request: pytest.FixtureRequest, kind: str
) -> None:
    """The lake stays as it is; the database shows all of it as soon as a run was told of its address."""
    small.write(tmp_path)
    release = small.load(tmp_path).run().release
    url = request.getfixturevalue("mongodb_url") if kind == "mongodb" else "sqlite:elsewhere.db"
    (tmp_path / "medallion.yaml").write_text(small.YAML.replace("sqlite:lake/serving.db", url))
    moved = small.load(tmp_path)
    assert {step.action for step in moved.run().steps} == {"unchanged"}
    with closing(moved.store()) as store:
        assert store.release().id == release
    assert small.in_store(moved) == small.in_lake(moved) == small.BOTH


def test_a_sink_that_names_tables_otherwise_publishes_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after an upgrade: what the release knows under its former name is loaded under the new one."""
    small.write(tmp_path)
    first = small.load(tmp_path).run().release
    (tmp_path / "lake/serving.db").unlink()
    monkeypatch.setattr(Sqlite, "version", Sqlite.version + 1)
    upgraded = small.load(tmp_path)

    run = upgraded.run()

    assert (run.status, {step.action for step in run.steps}) == ("succeeded", {"unchanged"})
    assert small.in_store(upgraded) == small.in_lake(upgraded) == small.BOTH
    assert upgraded.run().status == "unchanged"
    with pytest.raises(CallError, match=f"release {first} cannot be shown"):
        upgraded.roll_back()
    assert small.in_store(upgraded) == small.in_lake(upgraded) == small.BOTH


def test_a_release_has_its_tables_in_the_order_of_the_plan(tmp_path: Path) -> None:
    pipeline = small.publish(tmp_path)
    release = pipeline.lake.current()
    assert release
    assert list(release.tables) == [step.table for step in pipeline.plan().steps]


def test_the_plain_copy_of_a_table_that_is_served_no_longer_goes(tmp_path: Path) -> None:
    (tmp_path / "items.csv").write_text("id\n1\n")

    def load(*gold: str) -> md.Pipeline:
        tables = {
            "bronze": {"items": {"source": "items.csv"}},
            "gold": {name: {"from": "bronze.items"} for name in gold},
        }
        layers = {"bronze": "raw", "gold": {"type": "parquet", "path": "marts"}}
        text = yaml.safe_dump(
            {"name": "plain", "layers": layers, "tables": tables}, sort_keys=False
        )
        (tmp_path / "medallion.yaml").write_text(text)
        return md.Pipeline.load(tmp_path / "medallion.yaml")

    load("one", "two").run()
    assert {file.name for file in (tmp_path / "marts").glob("*.parquet")} == {
        "one.parquet",
        "two.parquet",
    }
    load("one").run()
    assert {file.name for file in (tmp_path / "marts").glob("*.parquet")} == {"one.parquet"}
