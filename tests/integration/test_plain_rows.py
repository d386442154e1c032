"""Plain copies are what the engine reads, and a rollback makes them without it."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import closing, nullcontext
from pathlib import Path

import pyarrow.parquet as pq

import medallion as md
from medallion.run.plain_rows import ROWS, plain_batches
from tests.integration import small

GOLD = """\
    {name}:
      from: silver.orders
      steps:
        - derive: {columns}
"""
SIMPLE = {
    "boolean": "order_id::int > 2",
    "tinyint": "order_id::tinyint",
    "ubigint": "42::ubigint",
    "float": "0.1::float",
    "double": "1e300::double",
    "text": "'é' || order_id",
    "day": "date '0001-01-01'",
    "moment": "timestamp '2024-01-01 12:00:00.000001'",
    "decimal": "1234567890.12345678::decimal(38, 8)",
    "small decimal": "1.5::decimal(4, 1)",
}
OTHERS = {
    "null": "null",
    "zoned": "timestamptz '2024-01-01 12:00:00+02'",
    "nanoseconds": "timestamp_ns '2024-01-01 12:00:00.000000001'",
    "time": "time '12:34:56'",
    "huge": "42::hugeint",
    "bytes": "'\\xaa'::blob",
    "interval": "interval 3 days",
    "list": "[1, null, 3]",
    "structure": "{'a': 1, 'b': ['x']}",
    "identifier": "'00000000-0000-0000-0000-000000000001'::uuid",
}


def test_a_plain_copy_has_the_rows_and_types_of_the_table(tmp_path: Path) -> None:
    tables = "".join(
        GOLD.format(name=name, columns=json.dumps(columns))
        for name, columns in (("simple", SIMPLE), ("others", OTHERS))
    )
    yaml = small.YAML.replace("    total:\n", f"{tables}    total:\n").partition("sinks:")[0]
    small.write(tmp_path, yaml)
    pipeline = small.load(tmp_path)
    pipeline.run()
    release = pipeline.lake.current()
    assert release
    with pipeline.declaration.engine.session(tmp_path) as session:
        for name in ("simple", "others"):
            source = pipeline.lake.input(release.tables[f"gold.{name}"])
            assert source.snapshot.origins  # which the copy does not have
            rows = session.batches(source, ROWS).read_all()
            copy = pq.read_table(tmp_path / f"lake/gold/{name}.parquet")
            assert copy.num_rows == rows.num_rows > 0
            assert dict(zip(copy.schema.names, copy.schema.types, strict=True)) == dict(
                zip(rows.schema.names, rows.schema.types, strict=True)
            )
            assert copy.to_pylist() == rows.to_pylist()
            with plain_batches(source, 2, lambda: nullcontext(session)) as batches:
                assert batches.schema == rows.schema
                assert batches.read_all().to_pylist() == rows.to_pylist()


def test_tables_of_simple_types_are_loaded_without_the_engine(tmp_path: Path) -> None:
    yaml = small.YAML.replace(
        "    total:\n", f"{GOLD.format(name='simple', columns=json.dumps(SIMPLE))}    total:\n"
    )
    small.write(tmp_path, yaml)
    pipeline = small.load(tmp_path)
    pipeline.run()
    with closing(pipeline.store()) as store:
        rows = list(store.find("simple", md.Query()).rows)
    for file in (tmp_path / "lake").glob("serving.db*"):
        file.unlink()
    script = (
        "import sys, medallion as md\n"
        "print(md.Pipeline.load(sys.argv[1]).run().status)\n"
        "assert 'duckdb' not in sys.modules\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "medallion.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "unchanged"
    with closing(pipeline.store()) as store:
        assert list(store.find("simple", md.Query()).rows) == rows


def test_tables_of_simple_types_are_copied_without_the_engine(tmp_path: Path) -> None:
    yaml = small.YAML.replace(
        "    total:\n", f"{GOLD.format(name='simple', columns=json.dumps(SIMPLE))}    total:\n"
    )
    small.write(tmp_path, yaml.partition("sinks:")[0])
    pipeline = small.load(tmp_path)
    first = pipeline.run().release
    total = (tmp_path / "lake/gold/total.parquet").read_bytes()
    (tmp_path / "data/orders/2024-03.csv").write_text(small.MARCH)
    pipeline.run()
    script = (
        "import sys, medallion as md\n"
        "print(md.Pipeline.load(sys.argv[1]).roll_back().id)\n"
        "assert 'duckdb' not in sys.modules\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "medallion.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == first
    assert (tmp_path / "lake/gold/total.parquet").read_bytes() == total
