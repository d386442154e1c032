"""Imports all that a `medallion` command may: loaded once, by the process that commands are forked from."""

from __future__ import annotations

import importlib
import pkgutil
from importlib.metadata import distribution

import duckdb  # noqa: F401
import pandas  # noqa: F401
import rich.progress
import rich.table  # noqa: F401

import medallion.cli
import medallion.pipeline

for module in pkgutil.iter_modules(medallion.cli.__path__, "medallion.cli."):
    importlib.import_module(module.name)
for point in distribution("medallion-lake").entry_points:
    if point.group.startswith("medallion."):
        point.load()
