"""Code that reads a table of the lake: Python, Polars, DuckDB, SQL of the database, and curl."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from pathlib import PurePath
from urllib.parse import quote

from medallion.contracts import quote as sql_name
from medallion.identifiers import TableName
from medallion.pipeline import Pipeline
from medallion.records import Release
from medallion.secrets import mask
from medallion_panel.blocks.code_snippets import CodeSnippetList
from medallion_panel.data.lake_reader import is_served
from medallion_panel.data.stores import API_KEY, API_URL
from medallion_panel.messages.messages import Messages

_DEFAULT_URL = "http://localhost:8000"


class TableCode:
    """The snippets of a table; `view` is their widget."""

    def __init__(self, say: Messages) -> None:
        self.view = CodeSnippetList(
            title=say("Code to copy"),
            copy_label=say("Copy"),
            copied_label=say("Copied"),
            opened=True,
            margin=0,
            sizing_mode="stretch_width",
        )

    def show(self, items: list[dict[str, str]]) -> None:
        self.view.items = items


def table_snippets(
    table: str, pipeline: Pipeline, release: Release, say: Messages
) -> list[dict[str, str]]:
    """Snippets that read all rows of a table, each as {title, text}."""
    return [
        {"title": title, "text": text} for title, text in _snippets(table, pipeline, release, say)
    ]


def _snippets(
    table: str, pipeline: Pipeline, release: Release, say: Messages
) -> Iterator[tuple[str, str]]:
    frame = f"pipeline.lake.table({table!r}).to_pandas()  # or to_polars(), to_arrow()"
    load = "import medallion as md\n\npipeline = md.Pipeline.load('medallion.yaml')"
    yield "Python", f"{load}\nframe = {frame}"
    yield say("Command line"), f"medallion show {table} --limit 20"
    if not is_served(table, release):
        return
    name, layer = TableName(table), pipeline.declaration.layers.get(TableName(table).layer)
    file = f"{_folder(pipeline, name.layer)}/{name.table}"
    is_delta = layer is not None and layer.name == "delta"
    read = f"pl.read_delta({file!r})" if is_delta else f"pl.read_parquet({f'{file}.parquet'!r})"
    yield "Polars", f"import polars as pl\n\nframe = {read}"
    source = f"delta_scan('{file}')" if is_delta else f"'{file}.parquet'"
    yield "DuckDB", f'duckdb -c "select * from {source} limit 20"'
    for sink in pipeline.sinks.values():
        if sink.name == "mongodb":
            yield "MongoDB", f"db.getCollection({name.table!r}).find().limit(20)"
        else:
            yield f"SQL ({sink.name})", f"select * from {sql_name(name.table)} limit 20;"
    url = os.environ.get(API_URL)
    title = "curl" if url else say("curl, with medallion serve running")
    address = f"{(url or _DEFAULT_URL).rstrip('/')}/tables/{quote(name.table)}?limit=all"
    key = f' -H "X-API-Key: ${API_KEY}"' if os.environ.get(API_KEY) else ""
    yield title, f"curl -H 'Accept: text/csv'{key} {shlex.quote(address)}"


def _folder(pipeline: Pipeline, layer: str) -> str:
    """The folder of a layer, for people: no path of the server is shown."""
    path = pipeline.declaration.layers[layer].path
    lake = mask(path or pipeline.declaration.lake)
    if PurePath(lake).is_absolute():
        lake = "lake"
    return lake if path else f"{lake}/{layer}"
