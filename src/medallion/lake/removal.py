"""Deletion of objects whose names were recorded, by a writer that may have been overtaken."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from medallion.contracts import Layer
from medallion.lake.journal import LAKE, REMOVAL, Names, WriteJournal
from medallion.lake.lake import Lake
from medallion.lake.lease import Lease
from medallion.lake.record_files import snapshot_path
from medallion.records import Release
from medallion.storage import Storage


class Removal:
    """Deletes objects under a lease, except those that were written after it was taken."""

    def __init__(self, lake: Lake, layers: Mapping[str, Layer], lease: Lease) -> None:
        self.lake = lake
        self.layers = layers
        self.lease = lease
        self.spared = False  # whether something was too young to be removed
        self.journal = WriteJournal(lake.storage, f"{lease.run}{REMOVAL}")

    def restored(self, records: Iterable[str], needed: Iterable[Release]) -> list[str]:
        """The records to delete, without those of snapshots that these releases need.

        Snapshots of one fingerprint share a record, which is then written with a needed one.
        """
        snapshots = {
            snapshot_path(snapshot): snapshot
            for release in needed
            for snapshot in release.tables.values()
        }
        others = []
        for path in records:
            if path in snapshots:
                self.lease.check()
                self.lake.records.put(path, snapshots[path])
            else:
                others.append(path)
        return others

    def note(self, names: Names) -> None:
        """Record names before the records that have them go: a killed removal is finished later."""
        for layer, paths in names.items():
            self.journal.note(layer, paths)

    def objects(self, layer: str, paths: set[str]) -> Iterator[int]:
        """Remove those of the paths that exist; yields the bytes of each."""
        if layer != LAKE and layer not in self.layers:
            return
        storage = self.lake.storage
        if layer != LAKE:
            storage = self.lake.layer_storage(layer, self.layers[layer])
        # Listing a folder gives existence and size of all its objects in few requests.
        for folder in sorted({path.partition("/")[0] for path in paths if "/" in path}):
            for entry in storage.list(folder):
                if entry.path in paths and self.delete(storage, entry.path):
                    yield entry.bytes
        for path in sorted(path for path in paths if "/" not in path):
            if (single := storage.info(path)) and self.delete(storage, path):
                yield single.bytes

    def delete(self, storage: Storage, path: str) -> bool:
        """Delete one object, unless it was written after the lease was taken."""
        self.lease.check()
        deleted = storage.delete(path, self.lease.taken)
        if not deleted:
            # Written by a newer writer, or by a clock that ran ahead: the next removal deletes it.
            self.lease.check()
            self.spared = True
        return deleted

    def close(self) -> None:
        """Delete the record of the names, unless something was spared."""
        self.lease.check()
        if not self.spared:
            self.journal.close()
