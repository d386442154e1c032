"""A lake over another one: what is written goes to a folder of its own."""

from __future__ import annotations

from pathlib import Path

from medallion.contracts import Layer
from medallion.lake.lake import Lake
from medallion.lake.record_files import LakeRecords
from medallion.storage import Storage
from medallion.storage.overlay import OverlayStorage


class OverlayLake(Lake):
    """What another lake has, and what is written here, which is in `folder` only."""

    def __init__(self, below: Lake, folder: Path) -> None:
        super().__init__(below.url, base=below.base, layers=below.layers, options=below.options)
        self._below = below
        self._folder = folder
        self._overlays: dict[str, Storage] = {}
        self.storage = OverlayStorage(below.storage, folder / "lake")
        self.records = LakeRecords(self.storage)

    def layer_storage(self, name: str, layer: Layer) -> Storage:
        """The layer's storage in the other lake, under what is written here."""
        if name not in self._overlays:
            below = self._below.layer_storage(name, layer)
            self._overlays[name] = OverlayStorage(below, self._folder / f"layer-{name}")
        return self._overlays[name]
