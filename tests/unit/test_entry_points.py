"""Installed packages that are damaged in every way: each is named, and nothing else is harmed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

YAML = """\
name: small
tables:
  bronze:
    orders: {source: orders.csv}
  gold:
    orders: {from: bronze.orders, steps: [trim]}
"""
ODD = """\
from typing import Any
from pydantic import ConfigDict
from medallion.transforms.trim import Trim


class Thing:
    pass


class Odd(Trim):
    model_config = ConfigDict(arbitrary_types_allowed=True)
    name = "odd"
    thing: Any = Thing()
    other: Thing | None = None
"""
GREEDY = """\
from medallion.formats.json import Json


class Greedy(Json):
    name = "greedy"
    suffixes = (".csv",)
"""
MISNAMED = """\
from medallion.transforms.trim import Trim


class Other(Trim):
    name = "other"
"""
POINTS = {
    "raises": "[medallion.transforms]\nraises = raises_a:Raises",
    "leaves": "[medallion.formats]\nleaves = leaves_a:Leaves",
    "odd": "[medallion.transforms]\nodd = odd_a:Odd",
    "section": "[medallion.sections]\nsection = section_a:Section",
    "rival": "[medallion.formats]\ncsv = rival_a:Csv",
    "greedy": "[medallion.formats]\ngreedy = greedy_a:Greedy",
    "valueless": "[medallion.sinks]\nvalueless =",
    "misnamed": "[medallion.transforms]\nmisnamed = misnamed_a:Other",
    "misplaced": "[medallion.transform]\nmisplaced = odd_a:Odd",
}
MODULES = {
    "raises": "raise RuntimeError('no licence')",
    "leaves": "import sys; sys.exit('bye')",
    "odd": ODD,
    "section": "import nothing_has_this_name",
    "rival": "raise RuntimeError('not imported')",
    "greedy": GREEDY,
    "misnamed": MISNAMED,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project, and a folder `site` of distributions that are all damaged."""
    folder = tmp_path_factory.mktemp("damaged")
    (folder / "medallion.yaml").write_text(YAML)
    (folder / "orders.csv").write_text("id,name\n1, a \n")
    site = folder / "site"
    for name, points in POINTS.items():
        info = site / f"{name}_dist-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}-dist\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"{points}\n")
    for name, body in MODULES.items():
        (site / f"{name}_a.py").write_text(body)
    return folder


def medallion(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "medallion", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder / "site")},
        capture_output=True,
        text=True,
        check=False,
    )


def test_check_run_and_show_work(folder: Path) -> None:
    for arguments in (["check"], ["plan"], ["run"], ["show", "gold.orders", "--format", "csv"]):
        done = medallion(folder, *arguments)
        assert (done.returncode, done.stderr) == (0, ""), arguments
    assert done.stdout == "id,name\n1,a\n"


def test_the_schema_is_whole(folder: Path) -> None:
    done = medallion(folder, "schema")
    assert done.returncode == 0, done.stderr
    assert "deduplicate" in done.stdout


def test_plugins_lists_all_and_names_the_damaged(folder: Path) -> None:
    done = medallion(folder, "plugins", "--json")
    assert done.returncode == 0, done.stderr
    listed = json.loads(done.stdout)
    damaged = {
        (plugin["name"], plugin["from"]): plugin["missing"]
        for plugin in listed
        if "missing" in plugin
    }
    assert damaged == {
        (
            "raises",
            "raises-dist",
        ): "transform 'raises' of raises-dist cannot be loaded: RuntimeError: no licence",
        (
            "leaves",
            "leaves-dist",
        ): "format 'leaves' of leaves-dist cannot be loaded: SystemExit: bye",
        ("odd", "odd-dist"): damaged["odd", "odd-dist"],
        (
            "section",
            "section-dist",
        ): "section 'section' needs nothing_has_this_name, which is not installed",
        (
            "csv",
            "rival-dist",
        ): "rival-dist: rival_a:Csv: the name is taken by a plugin of medallion itself",
        ("valueless", "valueless-dist"): damaged["valueless", "valueless-dist"],
        ("misnamed", "misnamed-dist"): (
            "transform 'misnamed' of misnamed-dist cannot be loaded: "
            "the `name` of misnamed_a:Other is 'other', not 'misnamed'"
        ),
        ("misplaced", "misplaced-dist"): (
            "misplaced-dist: odd_a:Odd: there is no group 'medallion.transform'; "
            "did you mean 'medallion.transforms'?"
        ),
    }
    assert damaged["odd", "odd-dist"].startswith(
        "transform 'odd' of odd-dist: its fields cannot be described: "
    )
    assert damaged["valueless", "valueless-dist"].startswith(
        "sink 'valueless' of valueless-dist cannot be loaded: "
    )
    assert {"trim", "csv", "sqlite", "api"} <= {
        plugin["name"] for plugin in listed if "missing" not in plugin
    }


def test_doctor_warns_of_each(folder: Path) -> None:
    done = medallion(folder, "doctor", "--json")
    assert done.returncode == 0, done.stdout
    warned = {probe["name"] for probe in json.loads(done.stdout) if probe["outcome"] == "warning"}
    names = ("raises", "leaves", "section", "csv", "valueless", "misnamed", "misplaced")
    assert warned == {f"plugin {name}" for name in names}


def test_the_one_that_is_used_is_a_problem_with_its_place(folder: Path) -> None:
    path = folder / "uses.yaml"
    path.write_text(YAML.replace("[trim]", "[trim, raises]"))
    done = medallion(folder, "check", "-f", "uses.yaml")
    assert done.returncode == 2
    message = "transform 'raises' of raises-dist cannot be loaded: RuntimeError: no licence"
    assert f"uses.yaml:6:49: tables.gold.orders.steps[1]: {message}" in done.stderr
