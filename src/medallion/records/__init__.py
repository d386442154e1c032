"""The records of a lake: immutable, serialisable, and readable from any language.

Each record is one JSON object. Times are UTC in ISO 8601; sizes are bytes; durations are seconds.
"""

from medallion.records.base import Masked, Moment, Record
from medallion.records.corrections import Correction, CorrectionEntry, entry_of
from medallion.records.releases import (
    Approval,
    Candidate,
    Mode,
    Owner,
    Release,
    Served,
    Serving,
    TableDescription,
)
from medallion.records.runs import Action, Ingestion, LoadReport, Run, RunStatus, StepRun
from medallion.records.snapshots import (
    REJECT_COLUMNS,
    Change,
    Column,
    Fate,
    File,
    GatheredRows,
    Origin,
    PartialResult,
    Partition,
    PluginUse,
    Reject,
    RejectFile,
    Snapshot,
    SourceFile,
    Tally,
    records_identity,
)

__all__ = [
    "REJECT_COLUMNS",
    "Action",
    "Approval",
    "Candidate",
    "Change",
    "Column",
    "Correction",
    "CorrectionEntry",
    "Fate",
    "File",
    "GatheredRows",
    "Ingestion",
    "LoadReport",
    "Masked",
    "Mode",
    "Moment",
    "Origin",
    "Owner",
    "PartialResult",
    "Partition",
    "PluginUse",
    "Record",
    "Reject",
    "RejectFile",
    "Release",
    "Run",
    "RunStatus",
    "Served",
    "Serving",
    "Snapshot",
    "SourceFile",
    "StepRun",
    "TableDescription",
    "Tally",
    "entry_of",
    "records_identity",
]
