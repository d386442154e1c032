"""A collector of OpenLineage receives every run: valid, complete, and without secrets."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from medallion.errors import GateError
from medallion.pipeline import Pipeline
from tests.lineage_collector import Collector, collecting, problems

SHOP = """\
name: shop
tables:
  bronze:
    clients: {source: clients.csv}
    purchases: {source: "purchases/*.csv"}
  silver:
    clients: {from: bronze.clients, steps: [{cast: {id: integer}}]}
    purchases:
      description: One row a purchase.
      from: bronze.purchases
      steps: [{cast: {id: integer, client: integer, amount: "decimal(12,2)"}}]
      expect:
        - {not_null: [id, client], on_fail: quarantine}
        - {between: {amount: [0, 100]}, on_fail: quarantine}
        - {row_count: {at_least: 1}}
        - {row_count: {at_least: 1000}, on_fail: warn}
        - {one_of: {client: [1]}, on_fail: warn}
  gold:
    countries:
      from: {purchases: silver.purchases, clients: silver.clients}
      steps:
        - sql: |
            select country, cast(sum(amount) as decimal(18,2)) as revenue
            from purchases join clients on client = clients.id group by country
    clients: {from: silver.purchases, steps: [{aggregate: {by: client, metrics: {n: count(), total: sum(amount)}}}]}
sinks: {serving: {url: "sqlite:serving.db"}}
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "purchases").mkdir()
    (tmp_path / "clients.csv").write_text("id,country\n1,France\n2,Italy\n")
    (tmp_path / "purchases/a.csv").write_text("id,client,amount\n1,1,5\n2,1,500\n3,,7\n")
    (tmp_path / "purchases/b.csv").write_text("id,client,amount\n4,2,8\n5,2,9\n")
    (tmp_path / "medallion.yaml").write_text(SHOP)
    return tmp_path


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Any:
    for name in [name for name in os.environ if name.startswith("OPENLINEAGE")]:
        monkeypatch.delenv(name)
    with collecting() as collector:
        monkeypatch.setenv("OPENLINEAGE_URL", collector.url)
        yield collector


def one(collector: Collector, job: str, state: str = "COMPLETE") -> dict[str, Any]:
    (event,) = [event for event in collector.of(job) if event["eventType"] == state]
    return event


def test_each_event_of_a_run_is_valid(shop: Path, collector: Collector) -> None:
    run = Pipeline.load(shop / "medallion.yaml").run()
    assert collector.problems == []
    tables = [
        *("bronze.clients", "bronze.purchases", "silver.clients", "silver.purchases"),
        *("gold.countries", "gold.clients"),
    ]
    served = [f"load.serving.{name}" for name in tables[4:]]
    for job in (
        "shop",
        *(f"shop.{name}" for name in (*tables, *served, "silver.purchases.expect")),
    ):
        assert collector.states(job) == ["START", "COMPLETE"], job
        first, last = collector.of(job)
        assert first["run"]["runId"] == last["run"]["runId"]
    jobs = {event["job"]["name"] for event in collector.events}
    assert len(jobs) == 1 + 6 + 2 + 1
    assert len({event["run"]["runId"] for event in collector.events}) == len(jobs)
    pipeline = one(collector, "shop")
    release = pipeline["run"]["facets"]["medallion_release"]
    assert (release["run"], release["release"], release["status"]) == (
        run.id,
        run.release,
        "succeeded",
    )
    for job in jobs - {"shop"}:
        parent = one(collector, job)["run"]["facets"]["parent"]
        assert parent["root"]["run"]["runId"] == pipeline["run"]["runId"]
    assert {event["producer"].rpartition(":")[0] for event in collector.events} == {
        "urn:medallion-lake"
    }


def test_a_table_says_what_it_was_made_of(shop: Path, collector: Collector) -> None:
    pipeline = Pipeline.load(shop / "medallion.yaml")
    run = pipeline.run()
    release = pipeline.lake.release(str(run.release))
    (source,) = one(collector, "shop.bronze.purchases")["inputs"]
    assert (source["namespace"], source["name"]) == ("file", f"{shop}/purchases/*.csv")
    statistics = source["inputFacets"]["inputStatistics"]
    assert (statistics["rowCount"], statistics["fileCount"]) == (5, 2)
    event = one(collector, "shop.gold.countries")
    (output,) = event["outputs"]
    facets = output["facets"]
    assert (output["namespace"], output["name"]) == ("file", f"{shop}/lake/gold/countries")
    assert facets["version"]["datasetVersion"] == release.tables["gold.countries"].id
    assert [(each["name"], each["type"]) for each in facets["schema"]["fields"]] == [
        ("country", "text"),
        ("revenue", "decimal(18,2)"),
    ]
    assert output["outputFacets"]["outputStatistics"]["rowCount"] == 2
    assert event["job"]["facets"]["sql"]["query"].startswith("select country")
    (revenue,) = facets["columnLineage"]["fields"]["revenue"]["inputFields"]
    assert (revenue["name"], revenue["field"]) == (f"{shop}/lake/silver/purchases", "amount")
    decisive = {
        (each["name"].rpartition("/")[2], each["field"])
        for each in facets["columnLineage"]["dataset"]
    }
    assert {("purchases", "client"), ("clients", "id"), ("clients", "country")} <= decisive
    (total,) = one(collector, "shop.gold.clients")["outputs"][0]["facets"]["columnLineage"][
        "fields"
    ]["total"]["inputFields"]
    assert total["transformations"][0]["subtype"] == "AGGREGATION"
    inputs = {each["name"]: each["facets"]["version"]["datasetVersion"] for each in event["inputs"]}
    assert inputs == {
        f"{shop}/lake/silver/{name}": release.tables[f"silver.{name}"].id
        for name in ("purchases", "clients")
    }


def test_rules_are_assertions(shop: Path, collector: Collector) -> None:
    Pipeline.load(shop / "medallion.yaml").run()
    (dataset,) = one(collector, "shop.silver.purchases.expect")["inputs"]
    assertions = dataset["inputFacets"]["dataQualityAssertions"]["assertions"]
    assert [
        (each["name"], each.get("column"), each["success"], each["severity"], each.get("actual"))
        for each in assertions
    ] == [
        ("not_null id, client", None, False, "warn", "1"),
        ("between amount", "amount", False, "warn", "1"),
        ("row_count", None, True, "error", None),
        ("row_count", None, False, "warn", None),
        ("one_of client", "client", False, "warn", "2"),
    ]
    (output,) = one(collector, "shop.silver.purchases")["outputs"]
    metrics = output["facets"]["dataQualityMetrics"]
    assert metrics["rowCount"] == 3
    nulls = {name: each["nullCount"] for name, each in metrics["columnMetrics"].items()}
    assert nulls == {"id": 0, "client": 0}


def test_served_tables_name_their_release(shop: Path, collector: Collector) -> None:
    run = Pipeline.load(shop / "medallion.yaml").run()
    event = one(collector, "shop.load.serving.gold.countries")
    (output,) = event["outputs"]
    assert (output["namespace"], output["name"]) == (f"sqlite://{shop}/serving.db", "countries")
    assert output["facets"]["medallion_release"]["release"] == run.release
    assert output["outputFacets"]["outputStatistics"]["rowCount"] == 2
    (revenue,) = output["facets"]["columnLineage"]["fields"]["revenue"]["inputFields"]
    assert (revenue["name"], revenue["field"]) == (f"{shop}/lake/gold/countries", "revenue")


def test_a_run_with_nothing_new_reports_only_itself(shop: Path, collector: Collector) -> None:
    pipeline = Pipeline.load(shop / "medallion.yaml")
    first = pipeline.run()
    collector.events.clear()
    pipeline.run()
    assert [event["job"]["name"] for event in collector.events] == ["shop", "shop"]
    release = one(collector, "shop")["run"]["facets"]["medallion_release"]
    assert (release["status"], release["release"]) == ("unchanged", first.release)
    assert collector.problems == []


def test_a_switch_to_another_release_is_reported(shop: Path, collector: Collector) -> None:
    """A candidate's tables are sent when readers see them, and those of a rollback again."""
    pipeline = Pipeline.load(shop / "medallion.yaml")
    first = pipeline.run()
    collector.events.clear()
    (shop / "clients.csv").write_text("id,country\n1,France\n2,Spain\n")
    pipeline.run(candidate="next")
    assert one(collector, "shop")["run"]["facets"]["medallion_release"]["candidate"] == "next"
    assert collector.states("shop.gold.countries") == ["START", "COMPLETE"]
    assert collector.states("shop.load.serving.gold.countries") == []
    for switched in (
        lambda: pipeline.publish("next").id,
        lambda: pipeline.roll_back(first.release).id,
    ):
        collector.events.clear()
        release = switched()
        assert collector.states("shop") == ["START", "COMPLETE"]
        (output,) = one(collector, "shop.load.serving.gold.countries")["outputs"]
        assert output["facets"]["medallion_release"]["release"] == release
        assert one(collector, "shop")["run"]["facets"]["medallion_release"]["release"] == release
    assert collector.problems == []


def test_a_failed_run_says_why_without_secrets(
    shop: Path, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_PASSWORD", "tobemasked")
    text = SHOP.replace(
        "row_count: {at_least: 1}", "expression: \"amount < 9 or 'tobemasked' = ''\""
    )
    (shop / "medallion.yaml").write_text(text)
    with pytest.raises(GateError):
        Pipeline.load(shop / "medallion.yaml").run()
    assert collector.problems == []
    assert collector.states("shop.silver.purchases") == ["START", "FAIL"]
    assert collector.states("shop.gold.countries") == []
    assert collector.states("shop") == ["START", "FAIL"]
    message = one(collector, "shop", "FAIL")["run"]["facets"]["errorMessage"]["message"]
    assert "1 row violates it" in message
    assert "***" in message
    assert "tobemasked" not in json.dumps(collector.events)
    (dataset,) = one(collector, "shop.silver.purchases.expect")["inputs"]
    success = [
        each["success"] for each in dataset["inputFacets"]["dataQualityAssertions"]["assertions"]
    ]
    assert success[:3] == [False, False, False]


def test_an_interrupted_run_is_aborted(shop: Path, collector: Collector) -> None:
    (shop / "steps.py").write_text(
        "import os, signal, time\nimport pyarrow as pa\n"
        "def wait(rows: pa.Table) -> pa.Table:\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    time.sleep(60)\n"
    )
    text = SHOP.replace("cast: {id: integer}", "python: steps:wait")
    (shop / "medallion.yaml").write_text(text)
    command = [sys.executable, "-m", "medallion", "run"]
    done = subprocess.run(command, cwd=shop, env=dict(os.environ), capture_output=True, text=True)
    assert done.returncode != 0
    assert collector.states("shop") == ["START", "ABORT"], done.stderr
    assert collector.states("shop.silver.clients") == ["START", "ABORT"]
    assert collector.problems == []


@pytest.mark.usefixtures("collector")
def test_an_unreachable_collector_is_a_warning(
    shop: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENLINEAGE_URL", "http://user:tobemasked@127.0.0.1:9")
    run = Pipeline.load(shop / "medallion.yaml").run()
    assert run.status == "succeeded"
    (warning,) = [each.getMessage() for each in caplog.records]
    assert warning.startswith("OpenLineage: ")
    assert "sent: " in warning
    assert "tobemasked" not in warning


def test_a_file_next_to_the_declaration_configures_it(
    shop: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when the command is run from another folder; a stamp is not an answer then."""
    monkeypatch.delenv("OPENLINEAGE_URL", raising=False)
    events = shop / "events.jsonl"
    (shop / "openlineage.yml").write_text(
        f"transport: {{type: file, log_file_path: {events}, append: true}}\n"
    )
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    command = [sys.executable, "-m", "medallion", "-C", str(shop), "run"]
    for _ in range(3):
        subprocess.run(command, cwd=elsewhere, check=True, capture_output=True)
    lines = [json.loads(line) for line in events.read_text().splitlines()]
    assert [problem for line in lines for problem in problems(line)] == []
    assert [line["eventType"] for line in lines if line["job"]["name"] == "shop"] == [
        "START",
        "COMPLETE",
    ] * 3


def test_nothing_is_sent_when_it_is_disabled(
    shop: Path, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENLINEAGE_DISABLED", "true")
    Pipeline.load(shop / "medallion.yaml").run()
    assert collector.events == []
