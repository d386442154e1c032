"""Small tables published in SQLite, for tests of what a dashboard reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medallion.contracts import TableSpec
from medallion.records import Column, Release
from medallion.sinks.sqlite.sink import Sqlite
from medallion.testing.served import load, release
from medallion_panel.block_models import Content
from medallion_panel.block_settings import Block
from medallion_panel.section import Dashboard
from medallion_panel.ui.formats import Formats

FORMATS = Formats.of(Dashboard())
SAY = FORMATS.say


@dataclass(frozen=True)
class SmallTable:
    """A table: its columns with their types, its rows in the order of the columns, its key."""

    types: Mapping[str, str]
    rows: Sequence[Sequence[Any]]
    key: tuple[str, ...] = ()
    indexes: tuple[tuple[str, ...], ...] = ()


def publish(sink: Sqlite, ident: str, tables: Mapping[str, SmallTable]) -> Release:
    """Load these tables and make them the active release, which is of 2024-01-01."""
    served = []
    for name, table in tables.items():
        columns = tuple(Column(name=column, type=type_) for column, type_ in table.types.items())
        spec = TableSpec(name=name, columns=columns, key=table.key, indexes=table.indexes)
        rows = [dict(zip(table.types, row, strict=True)) for row in table.rows]
        served.append(load(sink, f"{ident}-{name}", rows, spec).served)
    published = release(sink, ident, served)
    sink.activate(published)
    return published


def sink_in(folder: Path) -> Sqlite:
    return Sqlite(url=f"sqlite:{folder}/serving.db")


def block_of(**kind: Any) -> Block:
    """A block of one kind, such as `kpi={…}`."""
    return Block.model_validate(kind)


def content_of(**kind: Any) -> Content:
    return block_of(**kind).content


def html_in(view: Any) -> str:
    """The HTML of the view of a pane or a text."""
    (pane,) = view
    html: str = pane.object
    return html
