"""The valid parts of a declaration that has problems, so that problems between them are found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from medallion import plugins
from medallion.contracts import Plugin, SourceLayer
from medallion.declaration.models import Declaration, Heading, Source, Table
from medallion.declaration.yaml_document import Document
from medallion.errors import Problem


class ValidParts(NamedTuple):
    """What is valid of a declaration, None when there is too little, and its problems in order.

    `broken` are the tables, by full name, that are not complete.
    """

    declaration: Declaration | None
    document: Document
    problems: list[Problem]
    broken: frozenset[str]


def valid_declaration(values: Mapping[str, Any]) -> Declaration | None:
    """A declaration of those values that are not None; None when there are too few.

    A table that is None keeps its place, so that others may name it.
    """
    layers = values.get(
        "layers", Declaration.model_fields["layers"].get_default(call_default_factory=True)
    )
    built = {
        name: plugins.build(plugins.LAYERS, layer)
        for name, layer in layers.items()
        if layer is not None
    }
    if not built or len(built) < len(layers) or not any(values["tables"].values()):
        return None
    tables = {
        layer: {name: table or _placeholder(built.get(layer)) for name, table in group.items()}
        for layer, group in values["tables"].items()
    }
    sinks = {label: sink for label, sink in values.get("sinks", {}).items() if sink is not None}
    sections = {key: section for key, section in values["sections"].items() if section is not None}
    lake = str(values.get("lake") or Heading.model_fields["lake"].get_default())
    export = tuple(item for item in values.get("export", ()) if item is not None)
    return Declaration.model_construct(
        lake=lake, layers=built, tables=tables, sinks=sinks, export=export, sections=sections
    )


def _placeholder(layer: Plugin | None) -> Source | Table:
    return Source(source="?") if isinstance(layer, SourceLayer) else Table.model_construct(from_={})
