"""The objects that releases need, and that must therefore be there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from medallion.declaration.models import Declaration
from medallion.identifiers import TableName
from medallion.lake.lake import Lake
from medallion.records import Release, Snapshot
from medallion.storage import Storage
from medallion.storage.digests import Stored


def objects_of_releases(
    lake: Lake, declaration: Declaration, releases: Sequence[Release], current: Release | None
) -> Iterator[tuple[Storage, Stored]]:
    """The objects that retention has left of some releases, newest first, with their storage."""
    for number, release in enumerate(releases):
        for name, snapshot in release.tables.items():
            retained = number < _retain(declaration, release, TableName(name).layer)
            stored = retained or release is current
            yield from objects_of(lake, release, snapshot, stored=stored)


def objects_of(
    lake: Lake, release: Release, snapshot: Snapshot, *, stored: bool = True
) -> Iterator[tuple[Storage, Stored]]:
    """The objects of a snapshot; its rejects only, unless the layer has it `stored`."""
    source = lake.input(snapshot, release)
    items = source.layer.stored(snapshot) if stored else ()
    yield from ((source.storage, item) for item in items if item.path not in release.lost)
    rejects = (file for file in snapshot.rejects if file.path not in release.lost)
    yield from ((lake.storage, Stored.of(file)) for file in rejects)


def _retain(declaration: Declaration, release: Release, layer: str) -> int:
    """How many releases keep their objects in a layer, by the smaller of both declarations."""
    declared = declaration.layers.get(layer)
    if declared is None:
        return 0
    # Objects that a smaller `retain` removed earlier do not come back when it grows.
    return min(declared.retain, int(release.layers[layer].get("retain", declared.retain)))
