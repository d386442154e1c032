"""The log of a Delta table: its objects, the commit that shows a release, and its checkpoints.

A commit is one JSON object that the storage creates only if it does not exist, so that
the lake's own guarantees hold for it: no writer overwrites another's, on disk and on S3.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from medallion.contracts import Entry, Release, Snapshot, Storage
from medallion.errors import DamagedError, ExistsError, OwnershipError
from medallion.layers.delta.log_state import Action, LogState, milliseconds

FOLDER = "_delta_log"
SNAPSHOT = "medallionSnapshot"  # of a commit: the `shown_id` of what it shows
CHECKPOINT_EVERY = 10  # versions; readers replay at most this number of commits
KEPT_SECONDS = 30 * 86_400  # for which old versions stay in the log
LAST_CHECKPOINT = "_last_checkpoint"

_NAME = re.compile(r"(\d{20})\.(json|checkpoint\..*)")


@dataclass(frozen=True)
class DeltaLog:
    """A log and its newest version, which is -1 when there is none.

    `release` and `shows`, a `shown_id`, are what this version shows, None when another program
    wrote it; `entries` are the objects of the log.
    """

    table: str
    version: int = -1
    release: str | None = None
    shows: str | None = None
    entries: tuple[Entry, ...] = ()

    @classmethod
    def read(cls, storage: Storage, table: str) -> DeltaLog:
        """The log of a table. Raises DamagedError when its newest version cannot be read."""
        entries = tuple(storage.list(f"{table}/{FOLDER}"))
        version = max(map(_version, _of_kind(entries, "json")), default=-1)
        if version < 0:
            return cls(table)
        path = _path(table, version)
        try:
            lines = storage.read(path)[0].decode().splitlines()
            actions: list[dict[str, Any]] = [json.loads(line) for line in lines]
            info: Action = next(
                (each["commitInfo"] for each in actions if "commitInfo" in each), {}
            )
            return cls(table, version, info.get("userMetadata"), info.get(SNAPSHOT), entries)
        except (ValueError, TypeError, AttributeError) as error:
            raise _damaged(storage, table, error) from error

    @property
    def needs_checkpoint(self) -> bool:
        """Whether there were many commits since the last checkpoint."""
        last = max(map(_version, _of_kind(self.entries, "checkpoint")), default=-1)
        return self.version - last >= CHECKPOINT_EVERY

    def replay(self, storage: Storage, scratch: Path) -> LogState:
        """The state of the newest version; `scratch` is a local folder for the copy that is read.

        Raises OwnershipError when another program writes this log, and DamagedError.
        """
        if self.version < 0:
            return LogState(self.table)
        folder = scratch / uuid4().hex / self.table
        entries = [entry for entry in self.entries if _NAME.fullmatch(_file_name(entry))]
        first = max(map(_version, _of_kind(entries, "checkpoint")), default=0)
        (folder / FOLDER).mkdir(parents=True)
        for entry in entries:
            if _version(entry) >= first:
                shutil.copyfile(storage.local(entry.path), folder / FOLDER / _file_name(entry))
        try:
            state = LogState.replayed(self.table, folder)
        except (OSError, ValueError, KeyError, StopIteration) as error:
            raise _damaged(storage, self.table, error) from error
        if not state.is_own:
            raise OwnershipError(
                f"{storage.url}/{self.table}: another program writes this Delta table",
                hint="give the layer another `path`, or move that table away",
            )
        return state

    def commit(
        self,
        storage: Storage,
        release: Release,
        snapshot: Snapshot | None,
        actions: Sequence[Action],
    ) -> bool:
        """Add a version that shows a release; False when there is a newer version meanwhile."""
        info = {
            "timestamp": milliseconds(),
            "operation": "WRITE",
            "operationParameters": {"mode": "Overwrite"},
            "engineInfo": "medallion",
            "userMetadata": release.id,
            SNAPSHOT: shown_id(snapshot, release) if snapshot else None,
        }
        path = _path(self.table, self.version + 1)
        try:
            lines = map(json.dumps, [{"commitInfo": info}, *actions])
            storage.create(path, "\n".join(lines).encode())
        except ExistsError:
            return False
        storage.sync([path])
        return True

    def keep_checkpoint(self, storage: Storage, checkpoint: Path) -> None:
        """Write a checkpoint of this version from a local file that has its state."""
        pointer = checkpoint.with_name(LAST_CHECKPOINT).read_bytes()
        folder = f"{self.table}/{FOLDER}"
        path = f"{folder}/{checkpoint.name}"
        storage.put_file(path, checkpoint)
        storage.sync([path])
        storage.put(f"{folder}/{LAST_CHECKPOINT}", pointer)
        storage.sync([f"{folder}/{LAST_CHECKPOINT}"])

    def forget(self, storage: Storage, retain: int) -> None:
        """Remove old versions from the log, but not the newest `retain`, and none of 30 days.

        What a checkpoint that stays is needed for stays, too.
        """
        commits = list(_of_kind(self.entries, "json"))
        newest = max((entry.modified for entry in commits), default=0.0)
        young = [_version(entry) for entry in commits if newest - entry.modified <= KEPT_SECONDS]
        first = min([self.version - retain + 1, *young])
        checkpoints = [_version(entry) for entry in _of_kind(self.entries, "checkpoint")]
        start = max((number for number in checkpoints if number <= first), default=0)
        for entry in (*_of_kind(self.entries, "json"), *_of_kind(self.entries, "checkpoint")):
            if _version(entry) < start:
                storage.delete(entry.path)


def shown_id(snapshot: Snapshot, release: Release) -> str:
    """Identifies what a log shows: a snapshot, as it is described."""
    return "-".join(filter(None, (snapshot.id, release.described(snapshot.table).digest)))


def _path(table: str, version: int) -> str:
    return f"{table}/{FOLDER}/{version:020}.json"


def _damaged(storage: Storage, table: str, error: Exception) -> DamagedError:
    return DamagedError(
        f"{storage.url}/{table}/{FOLDER}: the log cannot be read: {error}",
        hint="move that folder away; then medallion repair writes the log again",
    )


def _of_kind(entries: Iterable[Entry], kind: str) -> Iterator[Entry]:
    for entry in entries:
        if (match := _NAME.fullmatch(_file_name(entry))) and match[2].startswith(kind):
            yield entry


def _version(entry: Entry) -> int:
    return int(_file_name(entry)[:20])


def _file_name(entry: Entry) -> str:
    return entry.path.partition(f"/{FOLDER}/")[2]
