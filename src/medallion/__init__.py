"""medallion: files → bronze → silver → gold → one published release, from one declaration.

    import medallion as md

    run = md.Pipeline.load("medallion.yaml").run()
    md.Lake("lake").table("gold.clients_stats").to_pandas()

Every name is loaded on first use, so that `import medallion` is fast.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from medallion.contracts import Filter, Page, Query, Sort, Store
    from medallion.declaration.exports import Export
    from medallion.declaration.models import (
        Declaration,
        ServedTable,
        SinkDeclaration,
        Source,
        Table,
    )
    from medallion.decorators import transform
    from medallion.errors import MedallionError
    from medallion.lake.lake import Lake
    from medallion.lake.table import LakeTable
    from medallion.pipeline import Pipeline
    from medallion.records import Release, Run, Snapshot
    from medallion.run.planner import Plan
    from medallion.run.selection import Selection

_MODULES = {
    "declaration.models": ("Declaration", "ServedTable", "SinkDeclaration", "Source", "Table"),
    "declaration.exports": ("Export",),
    "contracts": ("Filter", "Page", "Query", "Sort", "Store"),
    "errors": ("MedallionError",),
    "decorators": ("transform",),
    "lake.lake": ("Lake",),
    "pipeline": ("Pipeline",),
    "run.planner": ("Plan",),
    "run.selection": ("Selection",),
    "records": ("Release", "Run", "Snapshot"),
    "lake.table": ("LakeTable",),
}
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names}

__all__ = [
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


def __getattr__(name: str) -> object:
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'medallion' has no attribute {name!r}")
    return getattr(import_module(f"medallion.{_MODULE_OF[name]}"), name)


def __dir__() -> list[str]:
    return __all__
