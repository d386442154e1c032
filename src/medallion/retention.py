"""Retention: what stays is what kept releases and runs need; everything else goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from medallion.config import Declaration
from medallion.contracts import Sink
from medallion.lake import Lake
from medallion.records import Release, Run, Snapshot
from medallion.storage.sealing import read_record

RUNS = 100  # the newest runs stay even when their release is gone


@dataclass(frozen=True)
class Collected:
    """How much went: releases, stored objects with their bytes, tables in sinks, and half-written files."""

    releases: int = 0
    objects: int = 0
    bytes: int = 0
    tables: int = 0
    parts: int = 0


def collect(lake: Lake, declaration: Declaration, sinks: Mapping[str, Sink], *, thorough: bool) -> Collected:
    """Remove what is no longer needed; the caller holds the lease.

    `thorough` also looks for what killed or unpublished runs left. Without it nothing is listed
    while no release is beyond retention.
    """
    releases = lake.releases()
    current = lake.pointer().release
    retain = {name: layer.retain for name, layer in declaration.layers.items()}
    last = list(declaration.layers)[-1]
    kept = _newest(releases, retain[last], current)
    gone = [release for release in releases if release not in kept]
    if not gone and not thorough:
        return Collected()
    names = {f"releases/{release.id}.json" for release in kept}
    for entry in lake.storage.list("releases"):
        if entry.path not in names:
            lake.storage.delete(entry.path)
    runs = lake.runs()
    wanted = {release.run for release in kept} | {run.id for run in runs[:RUNS]}
    for run in runs:
        if run.id not in wanted:
            lake.storage.delete(f"runs/{run.id}.json")
    objects = size = 0
    for name, layer in declaration.layers.items():
        snapshots = [
            snapshot for release in _newest(kept, retain[name], current) for snapshot in release.tables.values()
        ]
        needed = {path for s in snapshots if s.table.startswith(f"{name}.") for path in layer.objects(s)}
        needed |= {f"{table}.parquet" for table in declaration.tables.get(name, {})}
        storage = lake.layer_storage(name, layer)
        for entry in storage.list(""):
            if entry.path not in needed:
                storage.delete(entry.path)
                objects, size = objects + 1, size + entry.bytes
    objects += _forget(
        lake, [s for release in kept for s in release.tables.values()], [r for r in runs if r.id in wanted]
    )
    tables = sum(sink.prune(kept) for sink in sinks.values())
    parts = lake.storage.sweep() if thorough else 0
    return Collected(len(gone), objects, size, tables, parts)


def _newest(releases: list[Release], count: int, current: str | None) -> list[Release]:
    """The newest releases, always with the current one, newest first."""
    return [release for n, release in enumerate(releases) if n < count or release.id == current]


def _forget(lake: Lake, snapshots: list[Snapshot], runs: list[Run]) -> int:
    """Drop the records of snapshots and the rejects that nothing refers to any more."""
    known = {(snapshot.table, snapshot.id) for snapshot in snapshots}
    forgotten = 0
    for entry in lake.storage.list("snapshots"):
        snapshot = Snapshot.model_validate(read_record(lake.storage, entry.path))
        if (snapshot.table, snapshot.id) not in known:
            lake.storage.delete(entry.path)
            forgotten += 1
    rejects = {snapshot.rejects.path for snapshot in snapshots if snapshot.rejects}
    rejects |= {step.rejects.path for run in runs for step in run.steps if step.rejects}
    for entry in lake.storage.list("quarantine"):
        if entry.path not in rejects:
            lake.storage.delete(entry.path)
            forgotten += 1
    return forgotten
