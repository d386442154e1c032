"""The records of a lake: immutable, serialisable, and readable from any language.

Each record is one JSON object. Times are UTC in ISO 8601; sizes are bytes; durations are seconds.
"""

from medallion.records.base import Masked, Moment, Record
from medallion.records.releases import Mode, Owner, Release, Served, Serving
from medallion.records.runs import Action, Ingestion, LoadReport, Run, RunStatus, StepRun
from medallion.records.snapshots import (
    REJECT_COLUMNS,
    Change,
    Column,
    Fate,
    File,
    Origin,
    Partition,
    Reject,
    Snapshot,
    SourceFile,
    Tally,
)

__all__ = [
    "REJECT_COLUMNS",
    "Action",
    "Change",
    "Column",
    "Fate",
    "File",
    "Ingestion",
    "LoadReport",
    "Masked",
    "Mode",
    "Moment",
    "Origin",
    "Owner",
    "Partition",
    "Record",
    "Reject",
    "Release",
    "Run",
    "RunStatus",
    "Served",
    "Serving",
    "Snapshot",
    "SourceFile",
    "StepRun",
    "Tally",
]
