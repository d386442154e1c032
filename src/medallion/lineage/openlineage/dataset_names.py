"""Names of datasets by OpenLineage's naming rules: a namespace for the place, a name in it."""

from __future__ import annotations

import os
from dataclasses import dataclass

from medallion.contracts import Sink
from medallion.declaration.models import Source
from medallion.declaration.source_pattern import without_query
from medallion.identifiers import TableName
from medallion.run.context import RunContext
from medallion.secrets import mask
from medallion.storage.chained_url import innermost

_PORTS = {"mongodb": 27017}  # where a URL need not name the default one


@dataclass(frozen=True)
class DatasetName:
    """A dataset as all systems that send OpenLineage events name it."""

    namespace: str
    name: str


def location(path: str) -> DatasetName:
    """The dataset at an absolute path, or at a URL such as `s3://bucket/key`."""
    scheme, separator, rest = path.partition("://")
    if not separator:
        return DatasetName("file", mask(path))
    authority, _, key = rest.partition("/")
    return DatasetName(mask(f"{scheme}://{authority.rpartition('@')[2]}"), mask(key or "/"))


class DatasetNames:
    """The names of all datasets of a pipeline."""

    def __init__(self, context: RunContext) -> None:
        self._context = context

    def table(self, name: str) -> DatasetName:
        """A table in the lake: its folder in its layer."""
        layer_name, table = TableName(name).layer, TableName(name).table
        layer = self._context.declaration.layers[layer_name]
        storage = self._context.lake.layer_storage(layer_name, layer)
        return location(f"{storage.url.rstrip('/')}/{table}")

    def sources(self, source: Source) -> list[DatasetName]:
        """The source files of a bronze table: those of a pattern are one dataset."""
        if source.pulled:
            place, _, name = source.pulled.label.partition(" ")
            return [DatasetName(mask(place), mask(name or "/"))]
        places = [without_query(innermost(each)) for each in source.patterns]
        return [
            location(each if "://" in each else os.path.normpath(self._context.base / each))
            for each in places
        ]

    def served(self, label: str, table: str) -> DatasetName:
        """A served table, by its plain name."""
        return served_dataset(self._context.sinks[label], table)


def served_dataset(sink: Sink, table: str) -> DatasetName:
    """A table or collection in the database of a sink, whatever its user and password are."""
    if file := sink.file():
        return DatasetName(mask(f"{sink.name}://{file.absolute()}"), table)
    scheme, _, rest = sink.url.partition("://")
    authority, _, path = rest.partition("/")
    port = _PORTS.get(scheme)
    hosts = [
        f"{host}:{port}" if port and ":" not in host.rpartition("]")[2] else host
        for host in authority.rpartition("@")[2].split(",")
    ]
    database = path.partition("?")[0].strip("/")
    name = f"{database}.{table}" if database else table
    return DatasetName(mask(f"{scheme}://{','.join(hosts)}"), mask(name))
