"""The shop on real servers: its files and its lake on S3, its store in MongoDB, its declaration unchanged."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

import medallion as md
from medallion.cli import report
from medallion.sinks.mongodb.database import connect
from medallion.storage import open_storage
from tests.buckets import empty_bucket, make_bucket, options
from tests.examples.test_shop import COUNTS, SHOP
from tests.services import Service

Shop = Callable[[str, str, str], md.Pipeline]


@pytest.fixture
def shop(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Shop]:
    """The shop with its files, its lake and its store where they are asked for, told by `.env` alone."""
    buckets: list[tuple[Service, str]] = []

    def bucket() -> tuple[Service, str]:
        service: Service = request.getfixturevalue("s3_server")
        buckets.append((service, make_bucket(service)))
        return buckets[-1]

    def made(sources: str, lake: str, store: str) -> md.Pipeline:
        settings = {}
        if sources == "s3":
            settings["MEDALLION_SOURCES"] = upload(*bucket())
        else:
            shutil.copytree(SHOP / "data", tmp_path / "data")
        if lake == "s3":
            settings["MEDALLION_LAKE"] = f"s3://{bucket()[1]}/shop"
        if store == "mongodb":
            settings["MEDALLION_STORE"] = request.getfixturevalue("mongodb_url")
        if buckets:
            service = buckets[0][0]
            settings["MEDALLION_S3_ENDPOINT_URL"] = service.url
            settings["AWS_ACCESS_KEY_ID"] = service.key
            settings["AWS_SECRET_ACCESS_KEY"] = service.secret
        shutil.copy(SHOP / "medallion.yaml", tmp_path)
        (tmp_path / ".env").write_text(
            "".join(f"{name}={value}\n" for name, value in settings.items())
        )
        return md.Pipeline.load(tmp_path / "medallion.yaml")

    yield made
    for service, name in buckets:
        empty_bucket(service, name)


def upload(service: Service, name: str) -> str:
    """Put the shop's files into the bucket; their URL."""
    storage = open_storage(f"s3://{name}", options=options(service))
    for file in SHOP.glob("data/**/*.csv"):
        storage.put(file.relative_to(SHOP).as_posix(), file.read_bytes())
    return f"s3://{name}/data"


@pytest.mark.parametrize(
    ("sources", "lake", "store"),
    [
        ("local", "local", "mongodb"),
        ("local", "s3", "sqlite"),
        ("local", "s3", "mongodb"),
        ("s3", "s3", "mongodb"),
        ("s3", "local", "sqlite"),
    ],
)
def test_the_shop_on_servers(
    shop: Shop, sources: str, lake: str, store: str, capsys: pytest.CaptureFixture[str]
) -> None:
    pipeline = shop(sources, lake, store)
    assert (pipeline.base / "data").exists() == (sources == "local")
    assert pipeline.lake.url.startswith("s3://") == (lake == "s3")
    run = pipeline.run()
    assert run.status == "succeeded"

    assert {
        load.served.table.removeprefix("gold."): load.served.rows for load in run.loads
    } == COUNTS
    assert all(load.loaded and load.seconds > 0 for load in run.loads)
    assert pipeline.lake.runs()[0] == run  # what the lake wrote down is what was told
    report.show(run)
    told = [found.split() for found in capsys.readouterr().out.splitlines()]
    loaded = {words[0]: words for words in told if "serving" in words}
    assert {name: words[2] for name, words in loaded.items()} == {
        f"gold.{t}": f"{rows:,}" for t, rows in COUNTS.items()
    }
    assert all(
        float(words[3]) >= 0 and int(words[4].replace(",", "")) > 0 for words in loaded.values()
    )
    assert (
        next(words[2] for words in told if words[:2] == ["total", "loaded"])
        == f"{sum(COUNTS.values()):,}"
    )

    lake_rows = {
        name: pipeline.lake.table(f"gold.{name}").to_arrow().to_pylist() for name in COUNTS
    }
    reader = pipeline.store()
    for name, rows in lake_rows.items():
        served = [row for batch in reader.scan(name, md.Query()) for row in batch]
        assert len(served) == reader.count(name, md.Query()) == COUNTS[name]
        assert ordered(served) == ordered(rows)
    reader.close()
    if store == "mongodb":
        check_views(pipeline, lake_rows)
    assert (pipeline.base / "lake/serving.db").exists() == (store == "sqlite")
    assert (pipeline.base / "lake/gold").exists() == (lake == "local")
    assert pipeline.run().status == "unchanged"


def check_views(pipeline: md.Pipeline, lake_rows: dict[str, list[dict[str, Any]]]) -> None:
    """What mongo-express and the like see under the plain names: the lake's values, in MongoDB's own types."""
    with connect(pipeline.sinks["serving"].url) as client:
        database = client.get_default_database()
        for name, rows in lake_rows.items():
            found = [
                {key: plain(value) for key, value in row.items() if key != "_id"}
                for row in database[name].find()
            ]
            days = [{key: midnight(value) for key, value in row.items()} for row in rows]
            assert ordered(found) == ordered(days)


def plain(value: Any) -> Any:
    """MongoDB's value as Python's own."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    return value.to_decimal() if hasattr(value, "to_decimal") else value


def midnight(value: Any) -> Any:
    return datetime(value.year, value.month, value.day) if type(value) is date else value


def ordered(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: str(next(iter(row.values()))))
