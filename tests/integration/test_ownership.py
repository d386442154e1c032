"""A lake and its databases belong to one pipeline; another, a copy or a lost pointer is refused."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import medallion as md
from medallion.cli import main
from medallion.errors import CallError, DamagedError, MedallionError, OwnershipError, StorageError
from medallion.lake.pointer import FORMAT
from medallion.ops.repair import repair
from medallion.ops.verify import Inspection
from medallion.records.column_type import column_type
from medallion.sql.duckdb_types import duckdb_type
from medallion.storage.sealed_records import seal
from tests.integration import small

Given = tuple[str, dict[str, Any]]


@pytest.fixture(params=["sqlite", "mongodb"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty serving database."""
    if request.param == "sqlite":
        return f"sqlite:{tmp_path}/serving.db"
    url: str = request.getfixturevalue("mongodb_url")
    return url


def project(
    folder: Path, lake: Given, store: str, name: str = "small", mode: str = "replace"
) -> md.Pipeline:
    yaml = small.YAML.replace("name: small", f"name: {name}\nlake: {lake[0]}").replace(
        "sqlite:lake/serving.db", store
    )
    yaml = yaml.replace("indexes: [-revenue]", f"mode: {mode}")
    small.write(folder, yaml)
    return md.Pipeline(
        md.Pipeline.load(folder / "medallion.yaml").declaration, base=folder, options=lake[1]
    )


def test_another_pipeline_in_the_same_lake_is_refused(
    tmp_path: Path, lake: Given, request: pytest.FixtureRequest
) -> None:
    is_local = not lake[0].startswith("s3:")
    store = f"sqlite:{tmp_path}/serving.db" if is_local else request.getfixturevalue("mongodb_url")
    first = project(tmp_path / "a", lake, store)
    release = first.run().release
    second = project(tmp_path / "b", lake, store, name="another")
    for attempt in (second.run, second.plan, second.roll_back, second.collect, second.check_owner):
        with pytest.raises(
            OwnershipError, match="the lake of pipeline 'small', and this one is 'another'"
        ) as error:
            attempt()
        assert "adopt takes" in error.value.hint
    assert first.lake.pointer().release == release
    assert small.in_lake(first) == small.in_store(first) == small.BOTH
    identity = second.adopt()
    assert (identity.pipeline, identity.former) == ("another", ("small",))
    assert second.run().status in ("succeeded", "unchanged")
    with pytest.raises(
        OwnershipError, match="the lake of pipeline 'another', and this one is 'small'"
    ):
        first.run()


def test_another_lake_on_the_same_store_is_refused(tmp_path: Path, store: str) -> None:
    first = project(tmp_path / "a", (str(tmp_path / "one"), {}), store)
    release = first.run().release
    second = project(tmp_path / "b", (str(tmp_path / "two"), {}), store, name="another")
    with pytest.raises(OwnershipError, match=f"shows release {release} of pipeline 'small'"):
        second.run()
    assert second.lake.current() is None
    assert small.in_store(first) == small.BOTH
    assert first.run().status == "unchanged"
    second.adopt()
    assert small.in_store(first) == small.BOTH
    second.run()
    with pytest.raises(OwnershipError, match="of pipeline 'another'"):
        first.run()


def with_layer(folder: Path, lake: Given, layer: str, name: str = "small") -> md.Pipeline:
    """A project whose silver layer has its own path."""
    silver = f"silver: {{type: parquet, path: {layer}}}"
    layers = f"layers:\n  bronze: raw\n  {silver}\n  gold: parquet\ntables:"
    yaml = small.YAML.replace("name: small", f"name: {name}\nlake: {lake[0]}").replace(
        "tables:", layers, 1
    )
    small.write(folder, yaml.replace("sqlite:lake/", f"sqlite:{folder}/"))
    return md.Pipeline(
        md.Pipeline.load(folder / "medallion.yaml").declaration, base=folder, options=lake[1]
    )


def beside(lake: Given, name: str) -> Given:
    """Another folder next to a lake."""
    return f"{lake[0].rpartition('/')[0]}/{name}", lake[1]


def test_another_lake_on_the_same_layer_path_is_refused(tmp_path: Path, lake: Given) -> None:
    layer = beside(lake, "shared")[0]
    first = with_layer(tmp_path / "a", lake, layer)
    first.run()
    second = with_layer(tmp_path / "b", beside(lake, "other"), layer, name="another")
    for attempt in (second.plan, second.run, second.collect, second.check_owner, second.run):
        with pytest.raises(
            OwnershipError, match=r"holds tables of pipeline 'small'.*'another'"
        ) as error:
            attempt()
        assert "adopt takes" in error.value.hint
    assert second.lake.current() is None
    assert first.run().status == "unchanged"
    inside = with_layer(tmp_path / "c", beside(lake, "third"), f"{layer}/deeper", name="third")
    with pytest.raises(OwnershipError, match=r"would be inside .*'small'.*'third'"):
        inside.run()
    second.adopt()
    assert second.run().status == "succeeded"
    for attempt in (first.plan, first.run):
        with pytest.raises(OwnershipError, match=r"holds tables of pipeline 'another'.*'small'"):
            attempt()
    first.adopt()
    assert first.run().status == "unchanged"
    assert small.in_lake(first) == small.BOTH


def test_a_lake_inside_a_layer_of_another_is_refused(tmp_path: Path, lake: Given) -> None:
    layer = beside(lake, "shared")[0]
    with_layer(tmp_path / "a", lake, layer).run()
    for number, path in enumerate((layer, f"{layer}/deeper")):
        second = with_layer(
            tmp_path / f"b{number}", (path, lake[1]), beside(lake, "free")[0], name="another"
        )
        with pytest.raises(OwnershipError, match=r"'small'.*'another'"):
            second.run()
        assert second.lake.current() is None


@pytest.mark.parametrize("inner", ["lake", "layer"])
@pytest.mark.parametrize("place", ["outer", "outer/"])
def test_a_lake_or_a_layer_around_another_is_refused(
    tmp_path: Path, lake: Given, inner: str, place: str
) -> None:
    within = beside(lake, "outer/deep/inner")
    if inner == "lake":
        first = with_layer(tmp_path / "a", within, beside(lake, "free")[0])
    else:
        first = with_layer(tmp_path / "a", beside(lake, "free"), within[0])
    first.run()
    outer = beside(lake, place)
    around = {
        "lake": with_layer(tmp_path / "b", outer, beside(lake, "more")[0], name="another"),
        "layer": with_layer(tmp_path / "c", beside(lake, "more"), outer[0], name="another"),
    }
    for pipeline in around.values():
        with pytest.raises(OwnershipError, match=r"'small'.*'another'") as error:
            pipeline.run()
        assert "deep/inner" in str(error.value)
        assert pipeline.lake.current() is None
    assert first.run().status == "unchanged"
    assert small.in_lake(first) == small.BOTH


def test_a_copy_of_a_lake_on_the_same_layer_path_is_refused(tmp_path: Path) -> None:
    layer = str(tmp_path / "shared")
    first = with_layer(tmp_path / "a", ("lake", {}), layer)
    first.run()
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    copy = small.load(tmp_path / "b")
    before = {
        path: path.read_bytes() for path in (tmp_path / "shared").rglob("*") if path.is_file()
    }
    for attempt in (copy.plan, copy.run, copy.collect, copy.roll_back):
        with pytest.raises(
            OwnershipError, match="is a copy of that lake, or the lake was moved there"
        ) as error:
            attempt()
        assert "medallion adopt" in error.value.hint
    assert {
        path: path.read_bytes() for path in (tmp_path / "shared").rglob("*") if path.is_file()
    } == before
    assert first.run().status == "unchanged"
    shutil.rmtree(tmp_path / "a")  # it was moved after all
    copy.adopt()
    assert copy.run().status == "unchanged"
    assert small.in_lake(copy) == small.BOTH


def test_a_damaged_owner_of_a_layer_is_named_and_adopted(tmp_path: Path) -> None:
    pipeline = with_layer(tmp_path / "a", ("lake", {}), "shared")
    pipeline.run()
    for path in (tmp_path / "a/shared/layer.json", tmp_path / "a/lake/lake.json"):
        path.write_text("{")
        damages = Inspection(pipeline).damages
        assert [damage.place for damage in damages] == [str(path)]
        assert "medallion adopt" in damages[0].advice
        with pytest.raises(DamagedError, match=path.name) as error:
            pipeline.run()
        assert "medallion adopt" in error.value.hint
        pipeline.adopt()
        assert not Inspection(pipeline).damages
        assert pipeline.run().status == "unchanged"


def test_two_lakes_that_publish_to_one_empty_store(tmp_path: Path, store: str) -> None:
    """Both find it empty; the database itself refuses the one that switches second."""
    first = project(tmp_path / "a", (str(tmp_path / "one"), {}), store)
    second = project(tmp_path / "b", (str(tmp_path / "two"), {}), store, name="another")

    def overtaken(event: Any) -> None:
        if event.kind == "finished" and event.table == "gold.total":
            second.run()

    with pytest.raises(OwnershipError, match=r"'another'.*'small'"):
        first.run(watch=overtaken)
    active = second.sinks["serving"].active()
    assert active is not None
    assert active.pipeline == "another"


@pytest.mark.parametrize("mode", ["replace", "append", "merge"])
def test_a_lost_pointer_is_refused(tmp_path: Path, store: str, mode: str) -> None:
    pipeline = project(tmp_path / "a", (str(tmp_path / "lake"), {}), store, mode=mode)
    release = pipeline.run().release
    before = {entry.path for entry in pipeline.lake.storage.list("")}
    (tmp_path / "lake/current.json").unlink()
    for attempt in (pipeline.run, pipeline.collect):
        with pytest.raises(DamagedError, match=r"current\.json: is lost") as error:
            attempt()
        assert "medallion repair" in error.value.hint
    after = {entry.path for entry in pipeline.lake.storage.list("")}
    assert before - after == {"current.json"}
    assert small.in_store(pipeline) == small.BOTH
    assert list(repair(pipeline))
    assert pipeline.lake.pointer().release == release
    assert pipeline.run().status == "unchanged"
    assert small.in_lake(pipeline) == small.in_store(pipeline) == small.BOTH


def test_a_lake_that_lost_its_releases_is_refused(tmp_path: Path, store: str) -> None:
    pipeline = project(tmp_path / "a", (str(tmp_path / "lake"), {}), store, mode="append")
    release = pipeline.run().release
    for name in ("current.json", "releases", "runs"):
        path = tmp_path / "lake" / name
        path.unlink() if path.is_file() else shutil.rmtree(path)
    with pytest.raises(
        OwnershipError, match=f"shows release {release} .* which this lake does not know"
    ):
        pipeline.run()
    assert small.in_store(pipeline) == small.BOTH
    pipeline.adopt()
    pipeline.run()
    assert small.in_lake(pipeline) == small.in_store(pipeline) == small.BOTH


def test_a_copy_of_a_lake_is_refused_once_they_differ(tmp_path: Path, store: str) -> None:
    first = project(tmp_path / "a", (str(tmp_path / "a/lake"), {}), store)
    first.run()
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    yaml = (
        (tmp_path / "b/medallion.yaml")
        .read_text()
        .replace(str(tmp_path / "a/lake"), str(tmp_path / "b/lake"))
    )
    (tmp_path / "b/medallion.yaml").write_text(yaml)
    copy = small.load(tmp_path / "b")
    assert copy.run().status == "unchanged"
    (tmp_path / "a/data/orders/2024-03.csv").write_text(small.MARCH)
    first.run()
    for _ in range(4):  # each attempt takes a larger token than before
        with pytest.raises(OwnershipError, match="it is a copy of another lake"):
            copy.run()
    assert small.in_store(first) == small.ALL
    former = first.adopt().id
    assert copy.adopt().id != former
    copy.run()
    for _ in range(8):
        with pytest.raises(OwnershipError):
            first.run()


def test_a_lost_identity_is_refused_until_the_lake_is_adopted(tmp_path: Path) -> None:
    pipeline = project(
        tmp_path / "a", (str(tmp_path / "lake"), {}), f"sqlite:{tmp_path}/serving.db"
    )
    pipeline.run()
    (tmp_path / "lake/lake.json").unlink()
    with pytest.raises(OwnershipError, match=r"lake\.json is lost") as error:
        pipeline.run()
    assert "medallion adopt" in error.value.hint
    pipeline.adopt()
    assert pipeline.run().status == "unchanged"
    (tmp_path / "lake/lake.json").write_text("{")
    with pytest.raises(DamagedError, match=r"lake\.json") as damage:
        pipeline.run()
    assert "medallion adopt" in damage.value.hint
    pipeline.adopt()
    assert pipeline.run().status == "unchanged"


def test_each_hint_works_when_identity_and_pointer_are_lost(tmp_path: Path) -> None:
    pipeline = project(
        tmp_path / "a", (str(tmp_path / "lake"), {}), f"sqlite:{tmp_path}/serving.db"
    )
    release = pipeline.run().release
    (tmp_path / "lake/lake.json").unlink()
    (tmp_path / "lake/current.json").unlink()
    for attempt in (pipeline.run, lambda: list(repair(pipeline))):
        with pytest.raises(OwnershipError, match=r"lake\.json is lost") as error:
            attempt()
        assert "medallion adopt" in error.value.hint
    pipeline.adopt()
    with pytest.raises(DamagedError, match=r"current\.json: is lost") as damage:
        pipeline.run()
    assert "medallion repair" in damage.value.hint
    assert [item.outcome for item in repair(pipeline)] == ["repaired"]
    assert pipeline.run().status == "unchanged"
    current = pipeline.lake.current()
    assert current is not None
    assert current.id == release


@pytest.mark.parametrize("record", ["lake.json", "current.json"])
def test_a_lake_of_a_newer_format_is_refused(tmp_path: Path, record: str) -> None:
    pipeline = project(
        tmp_path / "a", (str(tmp_path / "lake"), {}), f"sqlite:{tmp_path}/serving.db"
    )
    pipeline.run()
    file = tmp_path / "lake" / record
    body = {**json.loads(file.read_text()), "format": 99}
    del body["sha256"]
    file.write_bytes(seal(json.dumps(body).encode()))
    message = f"has format 99, and this version of medallion reads formats up to {FORMAT}"
    attempts = [pipeline.run, pipeline.plan, pipeline.collect, pipeline.roll_back]
    attempts += [pipeline.lake.current] if record == "current.json" else []
    for attempt in attempts:
        with pytest.raises(StorageError, match=message) as error:
            attempt()
        assert error.value.hint == "upgrade medallion"


def aged(folder: Path) -> None:
    """Turn a lake and its database into those of a version without format numbers and digests."""
    for file in (folder / "lake").rglob("*.json"):
        if file.parent.name != "records":
            file.write_text(json.dumps(without_digests(json.loads(file.read_text()))))
    for name in ("lake.json", "lease.json"):
        (folder / "lake" / name).unlink()
    with closing(sqlite3.connect(folder / "lake/serving.db", isolation_level=None)) as connection:
        for ident, body in connection.execute(
            "select id, body from _medallion_releases"
        ).fetchall():
            aged_body = json.dumps(without_digests(json.loads(body)))
            connection.execute(
                "update _medallion_releases set body = ? where id = ?", (aged_body, ident)
            )
        for table in ("_medallion_owner", "_medallion_checksums"):
            connection.execute(f"drop table {table}")


def of_format_1(folder: Path) -> None:
    """Turn a lake and its database into those of format 1, with the types of columns as SQL."""
    for file in (folder / "lake").rglob("*.json"):
        file.write_bytes(in_format_1(file.read_bytes()))
    with closing(sqlite3.connect(folder / "lake/serving.db", isolation_level=None)) as connection:
        for ident, body in connection.execute(
            "select id, body from _medallion_releases"
        ).fetchall():
            document = json.dumps(with_sql_types(json.loads(body)))
            connection.execute(
                "update _medallion_releases set body = ? where id = ?", (document, ident)
            )


def of_format_2(folder: Path) -> None:
    """Turn a lake into one of format 2, where each source file has records of its own."""
    for file in (folder / "lake").rglob("*.json"):
        body = without_groups(json.loads(file.read_bytes()))
        if "format" in body:
            body["format"] = 2
        file.write_bytes(seal(json.dumps({k: body[k] for k in body if k != "sha256"}).encode()))


def without_groups(value: Any) -> Any:
    """A record without the fields of source files whose records are stored together."""
    if isinstance(value, dict):
        newer = ("form", "place", "shared_by") if "records" in value else ()
        return {name: without_groups(item) for name, item in value.items() if name not in newer}
    return [without_groups(item) for item in value] if isinstance(value, list) else value


def in_format_1(data: bytes) -> bytes:
    body = with_sql_types(json.loads(data))
    if "format" in body:
        body["format"] = 1
    return seal(json.dumps({name: body[name] for name in body if name != "sha256"}).encode())


def with_sql_types(value: Any) -> Any:
    """A record whose columns have the types that DuckDB writes."""
    if isinstance(value, dict) and value.keys() == {"name", "type"}:
        return {**value, "type": duckdb_type(column_type(value["type"]))}
    if isinstance(value, dict):
        return {name: with_sql_types(item) for name, item in value.items()}
    return [with_sql_types(item) for item in value] if isinstance(value, list) else value


def without_digests(value: Any) -> Any:
    """A record without digests, sizes of records and a sequence."""
    newer = {"sha256", "format", "sequence", "token", "records_bytes", "records_sha256", "lost"}
    if isinstance(value, dict):
        fields = (
            newer - {"sha256"} if "records" in value else newer
        )  # a source file always had its hash
        return {name: without_digests(item) for name, item in value.items() if name not in fields}
    return [without_digests(item) for item in value] if isinstance(value, list) else value


OLDER = f"has format {{}}, and this version of medallion writes format {FORMAT}"


@pytest.mark.parametrize("mode", ["replace", "append", "merge"])
@pytest.mark.parametrize(("number", "age"), [(0, aged), (1, of_format_1), (2, of_format_2)])
def test_a_lake_of_an_older_format_is_recomputed(
    tmp_path: Path, mode: str, number: int, age: Callable[[Path], None]
) -> None:
    """Rows served before are still served, and every command works afterwards."""
    small.write(tmp_path, small.YAML.replace("indexes: [-revenue]", f"mode: {mode}"))
    former = small.load(tmp_path).run().release
    age(tmp_path)
    orders = tmp_path / "data/orders"
    (orders / "2024-01.csv").unlink()
    (orders / "2024-02.csv").write_text(small.MARCH)  # client b alone
    pipeline = small.load(tmp_path)
    attempts = (
        pipeline.run,
        pipeline.plan,
        pipeline.collect,
        pipeline.roll_back,
        pipeline.lake.releases,
    )
    further = (
        lambda: pipeline.lake.table("gold.total"),
        lambda: Inspection(pipeline),
        lambda: list(repair(pipeline)),
    )
    for attempt in (*attempts, *further):
        with pytest.raises(StorageError, match=OLDER.format(number)) as error:
            attempt()
        assert error.value.hint.startswith("medallion run --full")
    assert small.in_store(pipeline) == small.BOTH
    latest = pipeline.run(md.Selection(full=True))
    assert latest.release is not None
    assert former is not None
    assert latest.release > former
    store = pipeline.store()
    served = {row["client_id"]: row["revenue"] for row in store.find("by_client", md.Query()).rows}
    store.close()
    assert (
        served
        == {
            "replace": {"b": Decimal(100)},
            "append": {"a": Decimal("17.25"), "b": Decimal("20.50")},
            "merge": {"a": Decimal("17.25"), "b": Decimal(100)},
        }[mode]
    )
    assert (tmp_path / f"lake/releases/{former}.json").exists()
    assert not Inspection(pipeline, thorough=True).damages
    with pytest.raises(CallError, match=f"release {former} has an older format"):
        pipeline.roll_back()
    pipeline.collect()
    assert list(repair(pipeline)) == []
    assert (tmp_path / f"lake/releases/{former}.json").exists()
    assert pipeline.run().status == "unchanged"
    (orders / "2024-02.csv").write_text(small.FEBRUARY)
    assert pipeline.run().status == "succeeded"
    assert pipeline.roll_back().id == latest.release


@pytest.mark.parametrize(
    "command",
    [
        *("status", "runs", "releases", "show gold.total", "quarantine silver.orders", "plan"),
        *("run", "gc", "rollback", "verify", "repair", "doctor"),
    ],
)
def test_every_command_reports_an_older_format(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    command: str,
) -> None:
    monkeypatch.setenv("COLUMNS", "400")  # so that no table breaks the sentence
    small.write(tmp_path)
    small.load(tmp_path).run()
    aged(tmp_path)
    with pytest.raises(SystemExit) as end:
        main(["-f", str(tmp_path / "medallion.yaml"), *command.split()])
    out, err = capsys.readouterr()
    assert end.value.code == 1
    assert OLDER.format(0) in out + err
    assert "medallion run --full" in out + err
    assert "Traceback" not in out + err


def test_releases_are_ordered_by_publication_not_by_clocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock jumps by years in both directions between runs."""
    from datetime import UTC, datetime

    pipeline = project(
        tmp_path / "a", (str(tmp_path / "lake"), {}), f"sqlite:{tmp_path}/serving.db"
    )
    published = []
    for day, year in enumerate((2031, 2020, 2040, 2019), 1):
        moment = datetime(year, 6, 1, tzinfo=UTC)
        for module in (
            "identifiers",
            "lake.pointer",
            "run.run_log",
            "run.runner",
            "run.compute",
            "run.ingest",
        ):
            monkeypatch.setattr(f"medallion.{module}.now", lambda moment=moment: moment)
        (tmp_path / "a/data/orders/2024-03.csv").write_text(
            small.MARCH.replace("03-01", f"03-0{day}")
        )
        published.append(pipeline.run().release)
    assert [release.id for release in pipeline.lake.releases()] == published[::-1]
    assert sorted(str(ident) for ident in published) == published
    assert [run.release for run in pipeline.lake.runs()] == published[::-1]
    assert pipeline.roll_back().id == published[2]
    assert pipeline.roll_back().id == published[1]
    assert pipeline.roll_back().id == published[0]
    with pytest.raises(MedallionError, match="is the oldest release kept"):
        pipeline.roll_back()
    (tmp_path / "a/data/orders/2024-03.csv").write_text(small.MARCH.replace("03-01", "03-09"))
    latest = pipeline.run().release
    assert pipeline.lake.releases()[0].id == latest
