"""The example package of plugins: installed, used from YAML, and tested by its own tests."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the package is installed into."""
    target = tmp_path_factory.mktemp("installed")
    call(
        target,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--target",
        str(target),
        str(ROOT / "examples/plugin"),
    )
    return target


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The example's pipeline in a folder of its own."""
    for name in ("medallion.yaml", "data", "pyproject.toml", "tests"):
        source = ROOT / "examples/plugin" / name
        shutil.copytree(source, tmp_path / name) if source.is_dir() else shutil.copy(
            source, tmp_path
        )
    return tmp_path


def call(installed: Path, *arguments: str, folder: Path | None = None) -> str:
    """What Python prints, with what is installed there in reach."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(installed), "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_pipeline_uses_all_three_by_name(installed: Path, project: Path) -> None:
    run = json.loads(call(installed, "-m", "medallion", "run", "--json", folder=project))
    assert run["status"] == "succeeded"
    people = next(step for step in run["steps"] if step["table"] == "silver.people")
    assert [(tally["rows_in"], tally["kept"], tally["reasons"]) for tally in people["tallies"]] == [
        (5, 4, {"no_future signup_date": 1})
    ]
    published = project / "published" / "newcomers.parquet"
    with duckdb.connect() as connection:
        found = connection.execute(
            "select id, email from read_parquet(?) order by id", [str(published)]
        ).fetchall()
    assert found == [(1, "a***@example.org"), (2, "b***@example.org"), (3, "***"), (5, None)]
    again = json.loads(call(installed, "-m", "medallion", "run", "--json", folder=project))
    assert (again["status"], again["release"]) == ("unchanged", run["release"])


def test_its_plugins_are_listed_and_described(installed: Path, project: Path) -> None:
    for name, kind in (
        ("mask_email", "transform"),
        ("no_future", "expectation"),
        ("folder", "sink"),
    ):
        (told,) = json.loads(
            call(installed, "-m", "medallion", "plugins", name, "--json", folder=project)
        )
        assert (told["kind"], told["from"]) == (kind, "medallion-example")
        assert "```yaml" in told["doc"]


def test_its_own_tests_pass(installed: Path, project: Path) -> None:
    said = call(installed, "-m", "pytest", "-q", "-p", "no:cacheprovider", folder=project)
    assert " passed" in said
    assert "skipped" not in said
