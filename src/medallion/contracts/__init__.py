"""All that a plugin author imports: the base classes, and the types of their arguments.

A plugin **is** its own configuration: a frozen Pydantic model whose fields are the keys a user
writes in YAML and whose docstring is what `medallion plugins NAME` prints. Register the class under
an entry point group (`medallion.transforms`, `.expectations`, `.formats`, `.sources`, `.layers`,
`.sinks`, `.engines`, `.sections`) and its name can be used in any declaration. Prove it with the
suites in `medallion.testing`. A storage is the exception: a plain class, registered by its URL
scheme.

Rows travel as `Relation`, DuckDB's lazy relation: compose it, never fetch it. Two columns are
reserved:

- `_row` (BIGINT) identifies the rows of one relation, and orders them as in their files;
- `_origin` (BIGINT) identifies the source record of a row, and is NULL for computed rows.

A transform of grain "same" passes both on; `rows.project("* replace (...)")` and `rows.filter(...)`
do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from medallion.contracts.data_source import CatalogTable, DataSource, SourceItem
from medallion.contracts.engine import (
    Built,
    Engine,
    EngineCheck,
    Input,
    ParsedGroup,
    ParseTask,
    Session,
    StoredSource,
    TableTask,
)
from medallion.contracts.expectation import (
    Expectation,
    OnFail,
    ReleaseExpectation,
    RowExpectation,
    TableExpectation,
    TableFigures,
)
from medallion.contracts.format import Format, LocalFile, Parsed, ParsedTogether
from medallion.contracts.integers import TooLargeError, whole_numbers
from medallion.contracts.layer import Layer, SourceLayer, keep_file, local_files
from medallion.contracts.ownership import check_release, check_writer
from medallion.contracts.plugin import Plugin
from medallion.contracts.record_group import (
    GroupedFile,
    RecordGroup,
    StoredRecords,
    description_path,
    place_in_group,
    records_path,
)
from medallion.contracts.release_document import read_release
from medallion.contracts.row_changes import RowChanges, row_changes
from medallion.contracts.section import ColumnUse, Section
from medallion.contracts.sink import Flaw, Right, Sink, TableSpec
from medallion.contracts.store import Failure, NamedRelease, Store
from medallion.contracts.table_target import Target, target
from medallion.contracts.transform import Grain, Scope, Transform
from medallion.errors import (
    CallError,
    ConflictError,
    DamagedError,
    DataError,
    ExistsError,
    GoneError,
    LoadError,
    MedallionError,
    MissingError,
    OvertimeError,
    ServiceError,
    SinkError,
    SourceError,
    StepError,
    StorageError,
    UnreachableError,
)
from medallion.query.aggregation import Grouping, Metric, Term, grouping
from medallion.query.column_types import Kind, kind_of
from medallion.query.cursor import CursorPosition, gone_error, read_cursor
from medallion.query.memory_table import MemoryTable
from medallion.query.metrics import quantile_of
from medallion.query.periods import PERIODS, period_text
from medallion.query.query import Filter, Operator, Page, Query, Sort
from medallion.query.text_folding import fold
from medallion.query.validation import ValidatedQuery, key_values, served_table, validate_query
from medallion.records import (
    Column,
    File,
    LoadReport,
    Owner,
    Release,
    Served,
    Serving,
    Snapshot,
    SourceFile,
    Tally,
)
from medallion.sql.column_origins import MAIN, ColumnOrigin, StepOrigins
from medallion.sql.group_links import GroupColumns
from medallion.sql.relations import (
    ASIDE,
    ORIGIN,
    PART,
    RESERVED,
    ROW,
    Columns,
    Inputs,
    literal,
    quote,
    require,
    viewed,
)
from medallion.storage import Entry, Storage
from medallion.storage.digests import Stored

if TYPE_CHECKING:
    from medallion.contracts.sink import Batches as Batches
    from medallion.sql.relations import Connection as Connection
    from medallion.sql.relations import Relation as Relation

__all__ = [
    "ASIDE",
    "MAIN",
    "ORIGIN",
    "PART",
    "PERIODS",
    "RESERVED",
    "ROW",
    "Built",
    "CallError",
    "CatalogTable",
    "Column",
    "ColumnOrigin",
    "ColumnUse",
    "Columns",
    "ConflictError",
    "CursorPosition",
    "DamagedError",
    "DataError",
    "DataSource",
    "Engine",
    "EngineCheck",
    "Entry",
    "ExistsError",
    "Expectation",
    "Failure",
    "File",
    "Filter",
    "Flaw",
    "Format",
    "GoneError",
    "Grain",
    "GroupColumns",
    "GroupedFile",
    "Grouping",
    "Input",
    "Inputs",
    "Kind",
    "Layer",
    "LoadError",
    "LoadReport",
    "LocalFile",
    "MedallionError",
    "MemoryTable",
    "Metric",
    "MissingError",
    "NamedRelease",
    "OnFail",
    "Operator",
    "OvertimeError",
    "Owner",
    "Page",
    "ParseTask",
    "Parsed",
    "ParsedGroup",
    "ParsedTogether",
    "Plugin",
    "Query",
    "RecordGroup",
    "Release",
    "ReleaseExpectation",
    "Right",
    "RowChanges",
    "RowExpectation",
    "Scope",
    "Section",
    "Served",
    "ServiceError",
    "Serving",
    "Session",
    "Sink",
    "SinkError",
    "Snapshot",
    "Sort",
    "SourceError",
    "SourceFile",
    "SourceItem",
    "SourceLayer",
    "StepError",
    "StepOrigins",
    "Storage",
    "StorageError",
    "Store",
    "Stored",
    "StoredRecords",
    "StoredSource",
    "TableExpectation",
    "TableFigures",
    "TableSpec",
    "TableTask",
    "Tally",
    "Target",
    "Term",
    "TooLargeError",
    "Transform",
    "UnreachableError",
    "ValidatedQuery",
    "check_release",
    "check_writer",
    "description_path",
    "fold",
    "gone_error",
    "grouping",
    "keep_file",
    "key_values",
    "kind_of",
    "literal",
    "local_files",
    "period_text",
    "place_in_group",
    "quantile_of",
    "quote",
    "read_cursor",
    "read_release",
    "records_path",
    "require",
    "row_changes",
    "served_table",
    "target",
    "validate_query",
    "viewed",
    "whole_numbers",
]
