"""What a run works with: the declaration, the lake, the sinks, and where the declaration was read from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from medallion.contracts import Sink, SourceLayer
from medallion.declaration.models import Declaration, Source
from medallion.declaration.yaml_document import Document
from medallion.errors import MedallionError
from medallion.identifiers import TableName
from medallion.lake.lake import Lake
from medallion.lake.lease import Lease
from medallion.records import Owner
from medallion.run.ingest import SourceTable


@dataclass(frozen=True)
class RunContext:
    """A pipeline as its parts, for what works below it.

    Parameters: `base` is the folder that relative paths are taken from; `sinks` are the serving
    databases by label; `document` is the YAML the declaration was read from, if it was.
    """

    declaration: Declaration
    base: Path
    lake: Lake
    sinks: Mapping[str, Sink]
    document: Document | None = None

    def source_tables(self) -> Iterator[SourceTable]:
        """The bronze tables, with where their files are."""
        number = 0
        for name in self.declaration.names():
            layer_name = TableName(name).layer
            table, layer = self.declaration.table(name), self.declaration.layers[layer_name]
            if isinstance(table, Source) and isinstance(layer, SourceLayer):
                storage = self.lake.layer_storage(layer_name, layer)
                yield SourceTable(name, number, table, layer, storage, self.base, self.lake.options)
                number += 1

    def owned_sinks(self, owner: Owner) -> dict[str, Sink]:
        """The sinks, each of which checks before it writes that its database is the owner's."""
        return {label: sink.written_by(owner) for label, sink in self.sinks.items()}

    def locate(self, error: MedallionError) -> None:
        """Prefix an error that has a place in the declaration with its file, line and column."""
        if error.path and self.document:
            error.message = f"{self.document.place(error.path)}: {error.message}"


@dataclass(frozen=True)
class Writing:
    """What a writer has while it holds the lake: its lease, a scratch folder, and who it is to the sinks."""

    lease: Lease
    scratch: Path
    owner: Owner
