"""Exported files on disk and on S3, and after kills."""

from __future__ import annotations

import shutil
from decimal import Decimal
from pathlib import Path

import duckdb

import medallion as md
from medallion.storage import open_storage
from tests.buckets import empty_bucket, make_bucket, options
from tests.example_counts import IS_SEARCH
from tests.integration import killing, small
from tests.services import Service

YAML = small.YAML + "export: [out/small.duckdb, out/small.xlsx]\n"


def exported(file: Path) -> tuple[str, tuple[int, Decimal]]:
    """The release of an exported database, with its orders and revenue."""
    with duckdb.connect(str(file), read_only=True) as connection:
        ((release,),) = connection.sql("select release from medallion.release").fetchall()
        return release, connection.sql("select orders, revenue from total").fetchall()[0]


def test_killed_at_every_write_of_a_file(tmp_path: Path) -> None:
    """The file has one release or the other, and the next run brings it up to date."""
    published = tmp_path / "published"
    small.write(published, YAML)
    first = small.load(published).run().release
    (published / "data/orders/2024-03.csv").write_text(small.MARCH)
    names = killing.writes_of(shutil.copytree(published, tmp_path / "named"), tuple(killing.WRITES))
    switch = next(n for n, name in enumerate(names, 1) if "swap current.json" in name)
    own = [n for n, name in enumerate(names, 1) if "small." in name or "exports.json" in name]
    assert len(own) == 3, names
    assert own[0] > switch
    for point in sorted({*own, *range(switch, own[-1] + 1, 1 if IS_SEARCH else 3)}):
        for after in (False, True) if point in own else (False,):
            folder = shutil.copytree(published, tmp_path / f"{point}-{after}")
            assert killing.run_killed_at(folder, point, after=after)
            release, figures = exported(folder / "out/small.duckdb")
            assert figures == (small.BOTH if release == first else small.ALL)
            pipeline = small.load(folder)
            pipeline.run()
            current = pipeline.lake.current()
            assert current
            assert exported(folder / "out/small.duckdb") == (current.id, small.ALL)
            assert pipeline.run().status == "unchanged"


def test_a_file_on_s3(s3_server: Service, tmp_path: Path) -> None:
    bucket = make_bucket(s3_server)
    try:
        url = f"s3://{bucket}/out"
        yaml = YAML.replace("out/small.duckdb", f"{url}/small.duckdb")
        small.write(tmp_path, yaml)
        settings = {
            "MEDALLION_S3_ENDPOINT_URL": s3_server.url,
            "AWS_ACCESS_KEY_ID": s3_server.key,
            "AWS_SECRET_ACCESS_KEY": s3_server.secret,
        }
        (tmp_path / ".env").write_text("".join(f"{key}={text}\n" for key, text in settings.items()))
        release = small.load(tmp_path).run().release
        storage = open_storage(url, options=options(s3_server))
        assert exported(storage.local("small.duckdb")) == (release, small.BOTH)
        storage.delete("small.duckdb")
        assert small.load(tmp_path).run().status == "unchanged"
        assert exported(storage.local("small.duckdb")) == (release, small.BOTH)
        pipeline = md.Pipeline.load(tmp_path / "medallion.yaml")
        assert pipeline.run().status == "unchanged"
    finally:
        empty_bucket(s3_server, bucket)
