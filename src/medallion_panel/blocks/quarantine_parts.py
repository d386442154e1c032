"""The texts and widgets that the quarantine block is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import panel as pn
import panel_material_ui as pmui

from medallion.errors import CallError
from medallion.plural import count_of
from medallion_panel.data.quarantine_reader import FIRST, QuarantineListing

Edits = Mapping[str, Mapping[str, str | None]]
Columns = list[dict[str, Any]]


def caption(listing: QuarantineListing) -> str:
    """What is listed."""
    if not listing.tables:
        return f"Nothing is in quarantine in release {listing.release}."
    return f"{count_of(listing.total, 'reject')} of release {listing.release}"


def waiting_text(listing: QuarantineListing) -> str:
    """How many corrections the next run applies."""
    if not listing.waiting:
        return ""
    verb = "waits" if listing.waiting == 1 else "wait"
    return f"{count_of(listing.waiting, 'correction')} {verb} for the next run."


def remainder_text(listing: QuarantineListing) -> str:
    """What the list leaves out."""
    parts, shown = [], len(listing.records)
    if listing.total > FIRST:
        first = f"{shown:,} records of the first {FIRST:,} rejects"
        parts.append(f"The {first} are shown; choose a rule or a file to see others.")
    if listing.others:
        rows = count_of(listing.others, "reject")
        parts.append(f"{rows} of no single source record cannot be corrected.")
    return " ".join(parts)


def grid_content(
    listing: QuarantineListing, edits: Edits, states: Mapping[str, str]
) -> tuple[Columns, list[list[str]]]:
    """The columns and rows of a TextGrid: the records with their edits."""
    records = listing.records
    names = list(dict.fromkeys(name for record in records for name in record.cells))
    text = ["Text"] if any(record.unreadable for record in records) else []
    titles = [*(["State"] if edits else []), "File", "Record", "Reason", *text, *names]
    columns = [
        {"name": title, "title": title, "right": False, "sortable": False} for title in titles
    ]
    rows = []
    for record in records:
        cells = {**record.cells, **edits.get(record.identity, {})}
        state = [states.get(record.identity, "")] if edits else []
        line = [record.file.name, f"{record.record:,}", "; ".join(record.reasons)]
        line += [record.text] if text else []
        rows.append([*state, *line, *(cells.get(name) or "" for name in names)])
    return columns, rows


def select(name: str) -> Any:
    """A choice among names, without any yet."""
    look: dict[str, Any] = {"size": "small", "sizing_mode": "stretch_width", "margin": 0}
    return pmui.Select(label=name.capitalize(), options={}, value=None, **look)


def button(label: str, icon: str, on_click: Callable[[Any], Any], variant: str = "outlined") -> Any:
    """A small button."""
    widget = pmui.Button(label=label, icon=icon, size="small", variant=variant, margin=0)
    widget.on_click(on_click)
    return widget


def in_columns(widgets: Iterable[Any], size: Mapping[str, int]) -> Any:
    """Widgets next to each other, of a size in twelfths by width of the screen."""
    return pmui.Grid(
        *(pmui.Grid(each, size=dict(size)) for each in widgets),
        container=True,
        spacing=2,
        margin=(8, 0),
        sizing_mode="stretch_width",
    )


def in_row(widgets: Iterable[Any]) -> Any:
    """Widgets one after the other."""
    return pn.Row(*widgets, margin=(8, 0), styles={"gap": "8px"})


def refuse_access() -> None:
    """Raise CallError for a visitor who may not see source records."""
    raise CallError("rejected records are shown only to visitors who have logged in")
