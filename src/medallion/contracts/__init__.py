"""All that a plugin author reads: the base classes, and what is passed to them.

A plugin **is** its own configuration: a frozen Pydantic model whose fields are the keys a user writes
in YAML and whose docstring is what `medallion plugins NAME` prints. Register the class under an entry
point group (`medallion.transforms`, `.expectations`, `.formats`, `.layers`, `.sinks`, `.engines`) and its
name can be used in any declaration. Prove it with the suites in `medallion.testing`.

Rows travel as `Relation`, DuckDB's lazy relation: compose it, never fetch it. Two columns are reserved:

- `_row` (BIGINT) tells the rows of one relation apart, and orders them as they stood in their files;
- `_origin` (BIGINT) tells which source record a row came from, and is NULL for computed rows.

A transform of grain "same" passes both on; `rows.project("* replace (...)")` and `rows.filter(...)` do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from medallion.contracts.engine import Built, Engine, Input, ParseTask, Session, TableTask
from medallion.contracts.layers import Format, Layer, Parsed, SourceLayer, keep_file, local_files
from medallion.contracts.ownership import check_release, check_writer
from medallion.contracts.plugin import Plugin, Section
from medallion.contracts.serving import (
    Filter,
    Flaw,
    Operator,
    Page,
    Query,
    Right,
    Sink,
    Sort,
    Store,
    TableSpec,
)
from medallion.contracts.steps import (
    ASIDE,
    ORIGIN,
    RESERVED,
    ROW,
    Columns,
    Expectation,
    Grain,
    Inputs,
    OnFail,
    RowExpectation,
    Scope,
    TableExpectation,
    Transform,
    literal,
    quote,
    require,
    viewed,
)

if TYPE_CHECKING:
    from medallion.contracts.serving import Batches as Batches
    from medallion.contracts.steps import Connection as Connection
    from medallion.contracts.steps import Relation as Relation

__all__ = [
    "ASIDE",
    "ORIGIN",
    "RESERVED",
    "ROW",
    "Built",
    "Columns",
    "Engine",
    "Expectation",
    "Filter",
    "Flaw",
    "Format",
    "Grain",
    "Input",
    "Inputs",
    "Layer",
    "OnFail",
    "Operator",
    "Page",
    "ParseTask",
    "Parsed",
    "Plugin",
    "Query",
    "Right",
    "RowExpectation",
    "Scope",
    "Section",
    "Session",
    "Sink",
    "Sort",
    "SourceLayer",
    "Store",
    "TableExpectation",
    "TableSpec",
    "TableTask",
    "Transform",
    "check_release",
    "check_writer",
    "keep_file",
    "literal",
    "local_files",
    "quote",
    "require",
    "viewed",
]
