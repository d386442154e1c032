"""What importing costs, and the public names."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import medallion
import medallion.testing

QUARANTINING = """
name: small
layers: {bronze: {type: raw}, silver: {type: parquet}}
tables:
  bronze: {rows: {source: rows.csv}}
  silver: {rows: {from: bronze.rows, steps: [{cast: {id: integer, amount: integer}}]}}
sinks: {serving: {type: sqlite, url: "sqlite:serving.db"}}
"""
HEAVY = (
    "duckdb",
    "pyarrow",
    "pandas",
    "polars",
    "psycopg",
    "pymongo",
    "pymysql",
    "dlt",
    "panel",
    "pydantic",
    "fsspec",
    "yaml",
    "falcon",
)


NOT_FOR_NOTHING_NEW = {
    "duckdb",
    "falcon",
    "fsspec",
    "pandas",
    "panel",
    "polars",
    "pyarrow",
    "psycopg",
    "pymongo",
    "pymysql",
    "dlt",
    "sqlglot",
    "medallion.kernel.stages",
    "medallion.kernel.table_build",
    "medallion.export.files",
    "medallion.ops.doctor",
    "medallion.sinks.sqlite.aggregation",
    "medallion.sinks.sqlite.repair",
    "medallion.sinks.sqlite.store",
    "medallion.sinks.sqlite.table_digest",
    "medallion.sinks.sqlite.table_load",
    "medallion.sinks.sqlite.views",
    "medallion.storage.object_store",
}


@pytest.mark.parametrize(
    "module", ["medallion", "medallion.errors", "medallion.testing", "medallion.testing.fixtures"]
)
def test_importing_loads_none_of_the_heavy_packages(module: str) -> None:
    code = f"import json, sys, {module}; print(json.dumps(list(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = json.loads(done.stdout)
    assert module in loaded
    assert [name for name in HEAVY if name in loaded] == []


def test_a_run_that_quarantines_rows_loads_no_pandas(tmp_path: Path) -> None:
    """pandas takes two seconds of CPU, and PyArrow imports it for some of its own functions."""
    (tmp_path / "rows.csv").write_text("id,amount\n1,2\n2,x\n3,y\n")
    (tmp_path / "medallion.yaml").write_text(QUARANTINING)
    code = "import sys, medallion; medallion.Pipeline.load().run(); print('pandas' in sys.modules)"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False"]


def test_a_run_with_nothing_new_imports_only_what_it_needs(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("id,amount\n1,2\n2,3\n")
    (tmp_path / "medallion.yaml").write_text(QUARANTINING)
    code = (
        "import json, sys\n"
        "from medallion.cli import main\n"
        "try:\n"
        "    main(['run', '--json'])\n"
        "finally:\n"
        "    print(json.dumps(list(sys.modules)), file=sys.stderr)"
    )
    outputs = [
        subprocess.run(
            [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
        )
        for _ in range(2)
    ]
    assert [json.loads(output.stdout)["status"] for output in outputs] == ["succeeded", "unchanged"]
    loaded = [set(json.loads(output.stderr.splitlines()[-1])) for output in outputs]
    assert {"duckdb", "medallion.sinks.sqlite.table_load"} <= loaded[0]
    assert loaded[1] & NOT_FOR_NOTHING_NEW == set()


def test_the_public_names_are_these() -> None:
    assert medallion.__all__ == [
        "Declaration",
        "Export",
        "Filter",
        "Lake",
        "LakeTable",
        "MedallionError",
        "Page",
        "Pipeline",
        "Plan",
        "Query",
        "Release",
        "Run",
        "Selection",
        "ServedTable",
        "SinkDeclaration",
        "Snapshot",
        "Sort",
        "Source",
        "Store",
        "Table",
        "transform",
    ]
    assert medallion.testing.__all__ == [
        "Outcome",
        "Result",
        "apply_transform",
        "assert_rows",
        "run_pipeline",
        "violations",
    ]


@pytest.mark.parametrize(
    "package", [medallion, medallion.testing], ids=lambda package: package.__name__
)
def test_every_public_name_is_there_and_has_a_docstring(package) -> None:
    assert dir(package) == package.__all__
    for name in package.__all__:
        found = getattr(package, name)
        assert found.__name__ == name
        assert found.__module__.startswith(f"{package.__name__}.")
        assert found.__doc__, name


@pytest.mark.parametrize(
    "package", [medallion, medallion.testing], ids=lambda package: package.__name__
)
def test_an_unknown_name_is_told(package) -> None:
    with pytest.raises(
        AttributeError, match=f"module '{package.__name__}' has no attribute 'Pipelin'"
    ):
        _ = package.Pipelin
