"""Pipeline: load, check, plan, run, roll back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import medallion as md
from medallion.declaration.models import Declaration, Source, Table
from medallion.errors import CallError, DeclarationError, OwnershipError, SourceError
from medallion.secrets import mask

YAML = """\
name: shop
tables:
  bronze:
    clients: {source: clients.csv, description: "People <who> buy"}
  gold:
    clients: {from: bronze.clients, steps: [trim]}
sinks:
  serving: {url: "sqlite:shop.db", tables: {clients: {key: id}}}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("MEDALLION_S3_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "clients.csv").write_text("id,name\n1, Ann \n2,Bob\n")
    (tmp_path / "medallion.yaml").write_text(YAML)
    return tmp_path


@pytest.fixture
def pipeline(folder: Path) -> md.Pipeline:
    return md.Pipeline.load(folder / "medallion.yaml")


def names(pipeline: md.Pipeline) -> list[str]:
    store = pipeline.store()
    rows = store.find("clients", md.Query()).rows
    store.close()
    return sorted(row["name"] for row in rows)


def test_paths_start_from_the_folder_of_the_declaration(
    pipeline: md.Pipeline, folder: Path
) -> None:
    assert pipeline.base == folder
    assert pipeline.lake.storage.url == str(folder / "lake")
    assert pipeline.sinks["serving"].file() == folder / "shop.db"
    assert pipeline.document is not None
    assert pipeline.document.place(("name",)) == f"{folder}/medallion.yaml:1:7"
    assert repr(pipeline) == f"<Pipeline shop: 1 bronze, 1 gold; lake {folder}/lake>"
    assert "People &lt;who&gt; buy" in pipeline._repr_html_()


def test_a_declaration_in_python_runs_as_well(folder: Path) -> None:
    declaration = Declaration(
        name="shop",
        tables={
            "bronze": {"clients": Source(source="clients.csv")},
            "gold": {"clients": Table(from_="bronze.clients")},
        },
        sinks={},
    )
    pipeline = md.Pipeline(declaration, base=folder)
    assert pipeline.document is None
    assert pipeline.run().status == "succeeded"
    assert [row["name"] for row in pipeline.lake.table("gold.clients").to_arrow().to_pylist()] == [
        " Ann ",
        "Bob",
    ]
    with pytest.raises(CallError, match="the declaration has no sinks"):
        pipeline.store()


def test_every_inconsistency_is_reported_at_once(folder: Path) -> None:
    declaration = Declaration(
        name="shop",
        tables={"gold": {"a": Table(from_="bronze.x"), "b": Table(from_="silver.y")}},
        sinks={},
    )
    with pytest.raises(DeclarationError) as error:
        md.Pipeline(declaration, base=folder)
    assert [problem.path for problem in error.value.problems] == [
        "tables.gold.a.from.x",
        "tables.gold.b.from.y",
    ]


def test_secrets_are_masked(folder: Path) -> None:
    declaration = Declaration(
        name="shop", tables={"bronze": {"a": Source(source="clients.csv")}}, sinks={}
    )
    md.Pipeline(declaration, base=folder, secrets=frozenset({"top-secret"}))
    assert mask("the top-secret value") == "the *** value"


def test_options_of_s3_come_from_dotenv_unless_the_environment_has_them(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / ".env").write_text("AWS_ENDPOINT_URL=http://dotenv:9000\nAWS_REGION=dotenv\n")
    monkeypatch.setenv("AWS_REGION", "environment")
    options: Any = md.Pipeline.load(folder / "medallion.yaml").lake.options
    assert (options["endpoint_url"], options["region"]) == ("http://dotenv:9000", "environment")


def test_a_plan_says_what_a_run_then_does_and_writes_nothing(
    pipeline: md.Pipeline, folder: Path
) -> None:
    planned = pipeline.plan()
    assert [step.table for step in planned.computes] == ["bronze.clients", "gold.clients"]
    assert not (folder / "lake").exists()
    run = pipeline.run()
    assert [step.table for step in run.steps if step.action == "computed"] == [
        step.table for step in planned.computes
    ]
    assert pipeline.plan().computes == ()
    (folder / "clients.csv").unlink()
    with pytest.raises(SourceError, match=r"bronze\.clients: no file matches"):
        pipeline.plan()


def test_a_run_publishes_to_the_lake_and_the_database(pipeline: md.Pipeline) -> None:
    run = pipeline.run()
    assert pipeline.lake.pointer().release == run.release
    assert names(pipeline) == ["Ann", "Bob"]


def test_one_table_may_be_named_as_text(pipeline: md.Pipeline, folder: Path) -> None:
    pipeline.run()
    (folder / "clients.csv").write_text("id,name\n3,Cid\n")
    run = pipeline.run(only="bronze.clients")
    assert [step.action for step in run.steps] == ["computed", "not run"]
    with pytest.raises(CallError, match=r"did you mean 'bronze\.clients'"):
        pipeline.run(only=["bronze.client"])


def test_roll_back_goes_to_the_release_before_or_to_a_named_one(
    pipeline: md.Pipeline, folder: Path
) -> None:
    with pytest.raises(CallError, match="nothing was published yet"):
        pipeline.roll_back()
    first = pipeline.run().release
    with pytest.raises(CallError, match="is the oldest release kept"):
        pipeline.roll_back()
    (folder / "clients.csv").write_text("id,name\n3,Cid\n")
    second = pipeline.run().release
    assert names(pipeline) == ["Cid"]
    assert pipeline.roll_back().id == first
    assert (pipeline.lake.pointer().release, names(pipeline)) == (first, ["Ann", "Bob"])
    assert pipeline.roll_back(second).id == second
    assert names(pipeline) == ["Cid"]


def test_a_lake_belongs_to_one_pipeline(pipeline: md.Pipeline, folder: Path) -> None:
    pipeline.run()
    pipeline.check_owner()
    (folder / "medallion.yaml").write_text(YAML.replace("name: shop", "name: store"))
    other = md.Pipeline.load(folder / "medallion.yaml")
    for use in (other.check_owner, other.plan, other.run, other.collect):
        with pytest.raises(OwnershipError):
            use()
    assert other.adopt().pipeline == "store"
    assert other.run().status in ("succeeded", "unchanged")


def test_collecting_and_unlocking_an_idle_lake_changes_nothing(pipeline: md.Pipeline) -> None:
    pipeline.run()
    removed = pipeline.collect()
    assert (removed.releases, removed.objects, removed.tables, removed.left) == (0, 0, 0, ())
    assert pipeline.unlock() is None
    with pipeline.writer() as writer:
        former = pipeline.unlock()
        assert former is not None
        assert former["run"] == writer.lease.run


def test_a_store_is_that_of_a_declared_sink(pipeline: md.Pipeline) -> None:
    pipeline.run()
    store = pipeline.store("serving")
    assert store.count("clients", md.Query()) == 2
    store.close()
    with pytest.raises(CallError, match="there is no sink 'srving'"):
        pipeline.store("srving")
