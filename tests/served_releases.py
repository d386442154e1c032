"""Releases of a sink that an API finds in the lake by name."""

from __future__ import annotations

from medallion.lake.lake import Lake
from medallion.lake.record_files import snapshot_path
from medallion.records import Release


def record(lake: Lake, release: Release) -> None:
    """Record in the lake that a sink's release was published."""
    for snapshot in release.tables.values():
        lake.records.put(snapshot_path(snapshot), snapshot)
    lake.publish(release, lake.pointer(), None)
