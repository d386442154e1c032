"""The state of a Delta table, and the actions after which it is what a snapshot has.

deltalake replays a local copy of the log, whichever program wrote it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from medallion.identifiers import now

MARK = "medallion.table"  # the table property that says that medallion writes the log
# VACUUM by another program must not remove files of releases that are kept, nor those of rejected
# rows, which no version of the log names.
KEPT_FILES = "interval 3650 days"

_BASE_FEATURES = frozenset(("appendOnly", "invariants"))  # those of every writer
_READER_FEATURES = frozenset(("deletionVectors", "timestampNtz"))

Action = dict[str, Any]


@dataclass(frozen=True)
class Shown:
    """What a log is to show: the schema, the files as `add` actions by path, the features, and the
    description of the table.
    """

    schema: Action
    files: Mapping[str, Action]
    features: frozenset[str] = frozenset()
    description: str = ""


@dataclass(frozen=True)
class LogState:
    """The state of a table by its log, empty when there is none.

    `metadata` and `protocol` are as actions have them, `files` are `add` actions by path, and
    `checkpoint` is a local file with this state.
    """

    table: str
    metadata: Action = field(default_factory=dict)
    protocol: Action = field(default_factory=dict)
    files: Mapping[str, Action] = field(default_factory=dict)
    checkpoint: Path | None = None

    @classmethod
    def replayed(cls, table: str, folder: Path) -> LogState:
        """The state by the log in a local folder. Raises ValueError when it is damaged."""
        import pyarrow.parquet as pq
        from deltalake import DeltaTable
        from deltalake.exceptions import DeltaError

        try:
            log = DeltaTable(str(folder))
            log.create_checkpoint()
        except DeltaError as error:
            raise ValueError(str(error).splitlines()[0]) from error
        checkpoint = folder / "_delta_log" / f"{log.version():020}.checkpoint.parquet"
        with pq.ParquetFile(checkpoint) as file:
            rows = file.read(columns=["add", "metaData", "protocol"]).to_pylist()
        metadata = next(row["metaData"] for row in rows if row["metaData"])
        metadata["configuration"] = dict(metadata["configuration"])
        protocol = next(row["protocol"] for row in rows if row["protocol"])
        files = {row["add"]["path"]: row["add"] for row in rows if row["add"]}
        return cls(table, metadata, protocol, files, checkpoint)

    @property
    def is_own(self) -> bool:
        """Whether medallion writes the log."""
        return MARK in self.metadata["configuration"]

    def actions(self, shown: Shown | None) -> list[Action]:
        """The actions after which the table is as `shown`, or has no rows without it."""
        if shown is None:
            description = self.metadata.get("description") or ""
            shown = Shown(json.loads(self.metadata["schemaString"]), {}, description=description)
        return [*self._protocol(shown), *self._metadata(shown), *self._changes(shown)]

    def _protocol(self, shown: Shown) -> Iterator[Action]:
        known = frozenset(self.protocol.get("writerFeatures") or ())
        if self.protocol and shown.features <= known:
            return
        features = shown.features | known
        if not features:
            yield {"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}}
            return
        readers = frozenset(self.protocol.get("readerFeatures") or ()) | features & _READER_FEATURES
        yield {
            "protocol": {
                "minReaderVersion": 3,
                "minWriterVersion": 7,
                "readerFeatures": sorted(readers),
                "writerFeatures": sorted(features | _BASE_FEATURES),
            }
        }

    def _metadata(self, shown: Shown) -> Iterator[Action]:
        described = (self.metadata.get("description") or "") == shown.description
        if (
            self.protocol
            and described
            and json.loads(self.metadata["schemaString"]) == shown.schema
        ):
            return
        description = {"description": shown.description} if shown.description else {}
        yield {
            "metaData": {
                "id": self.metadata.get("id") or str(uuid4()),
                "name": self.table,
                **description,
                "format": {"provider": "parquet", "options": {}},
                "schemaString": json.dumps(shown.schema),
                "partitionColumns": [],
                "configuration": self.metadata.get("configuration")
                or {
                    "delta.deletedFileRetentionDuration": KEPT_FILES,
                    MARK: self.table,
                },
                "createdTime": self.metadata.get("createdTime") or milliseconds(),
            }
        }

    def _changes(self, shown: Shown) -> Iterator[Action]:
        for path, add in self.files.items():
            if path not in shown.files or _vector(add) != _vector(shown.files[path]):
                yield {"remove": _removal(add)}
        for path, add in shown.files.items():
            if path not in self.files or _vector(add) != _vector(self.files[path]):
                yield {"add": add}


def _vector(add: Action) -> object:
    vector = add.get("deletionVector")
    return vector and (vector["storageType"], vector["pathOrInlineDv"])


def _removal(add: Action) -> Action:
    """The action that takes a file out of the table, with its deletion vector: both identify it."""
    removal = {
        "path": add["path"],
        "deletionTimestamp": milliseconds(),
        "dataChange": True,
        "extendedFileMetadata": True,
        "partitionValues": dict(add["partitionValues"]),
        "size": add["size"],
    }
    if vector := add.get("deletionVector"):
        given = {name: value for name, value in vector.items() if value is not None}
        removal["deletionVector"] = given
    return removal


def milliseconds() -> int:
    """This moment, as actions have it."""
    return int(now().timestamp() * 1000)
