"""What a run works with: declaration, lake, sinks, and the YAML of the declaration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medallion.contracts import Sink, SourceLayer
from medallion.declaration.models import Declaration, Source
from medallion.declaration.yaml_document import Document, dotted
from medallion.errors import MedallionError, Problem
from medallion.identifiers import TableName
from medallion.lake.journal import LAKE, Names
from medallion.lake.lake import Lake
from medallion.records import Owner, Release
from medallion.run.source_matches import SourceTable
from medallion.secrets import mask_all


@dataclass(frozen=True)
class RunContext:
    """The parts of a pipeline, for the modules below it.

    Parameters: `base` is the folder that relative paths start from; `sinks` are the serving
    databases by label; `document` is the YAML the declaration was read from, if it was.
    """

    declaration: Declaration
    base: Path
    lake: Lake
    sinks: Mapping[str, Sink]
    document: Document | None = None

    def source_tables(self) -> Iterator[SourceTable]:
        """The bronze tables, with the places of their files."""
        number = 0
        for name in self.declaration.names():
            layer_name = TableName(name).layer
            table, layer = self.declaration.table(name), self.declaration.layers[layer_name]
            if isinstance(table, Source) and isinstance(layer, SourceLayer):
                storage = self.lake.layer_storage(layer_name, layer)
                yield SourceTable(name, number, table, layer, storage, self.base, self.lake.options)
                number += 1

    def layer_settings(self) -> dict[str, dict[str, Any]]:
        """How each layer is stored, as a release records it: without secrets."""
        return {
            name: mask_all({"type": layer.name, **layer.model_dump(mode="json")})
            for name, layer in self.declaration.layers.items()
        }

    def objects_of(self, release: Release) -> Names:
        """The paths of the objects that a release needs, by layer."""
        tables = release.tables
        names: Names = {LAKE: {file.path for item in tables.values() for file in item.rejects}}
        for table, snapshot in tables.items():
            layer = TableName(table).layer
            objects = self.lake.input(snapshot, release).layer.objects(snapshot)
            names.setdefault(layer, set()).update(objects)
        return names

    def owned_sinks(self, owner: Owner) -> dict[str, Sink]:
        """The sinks, each of which checks that its database is the owner's before it writes."""
        return {label: sink.written_by(owner) for label, sink in self.sinks.items()}

    def problem(
        self, path: tuple[str | int, ...], message: str, word: str | None = None
    ) -> Problem:
        """A problem at a path of the declaration; its place is that of a word in it, if given."""
        if self.document is None:
            return Problem("", dotted(path), message)
        place = self.document.place_of_word(path, word) if word else self.document.place(path)
        return Problem(place, dotted(self.document.existing(path)), message)

    def locate(self, error: MedallionError) -> None:
        """Prefix an error that has a path in the declaration with its file, line and column."""
        if error.path and self.document:
            error.message = f"{self.document.place(error.path)}: {error.message}"
