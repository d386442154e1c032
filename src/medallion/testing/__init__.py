"""Tests of pipelines and plugins: run a pipeline or one step on a few rows; contract suites.

Names are imported on first use, because pytest imports this package in every environment that has
it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from medallion.testing.pipelines import Result, run_pipeline
    from medallion.testing.rows import assert_rows
    from medallion.testing.steps import Outcome, apply_transform, violations

_HOME = {
    "Outcome": "steps",
    "Result": "pipelines",
    "apply_transform": "steps",
    "assert_rows": "rows",
    "run_pipeline": "pipelines",
    "violations": "steps",
}

__all__ = ["Outcome", "Result", "apply_transform", "assert_rows", "run_pipeline", "violations"]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'medallion.testing' has no attribute {name!r}")
    return getattr(import_module(f"medallion.testing.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return __all__
