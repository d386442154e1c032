"""`medallion.contracts` holds all that a plugin author imports."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from medallion import contracts

ROOT = Path(__file__).parents[3]
IMPORT = re.compile(r"^\s*from (medallion[\w.]*) import", re.MULTILINE)
PLUGINS = [*ROOT.glob("docs/plugins/*.md"), *ROOT.glob("examples/plugin/src/**/*.py")]


@pytest.mark.parametrize("path", PLUGINS, ids=lambda path: path.name)
def test_a_plugin_imports_from_contracts_alone(path: Path):
    modules = set(IMPORT.findall(path.read_text(encoding="utf-8")))
    suites = {module for module in modules if module.startswith("medallion.testing")}
    modules -= {module for module in modules if module.startswith("medallion_example")}
    examples = {"medallion.engines.duckdb"}  # the page on engines wraps the built-in one
    assert modules - suites - examples <= {"medallion.contracts", "medallion"}


def test_every_exported_name_exists():
    assert [name for name in contracts.__all__ if not hasattr(contracts, name)] == []
