"""The texts and widgets that the quarantine block is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import panel as pn
import panel_material_ui as pmui

from medallion.errors import CallError
from medallion_panel.data.quarantine_reader import FIRST, QuarantineListing
from medallion_panel.messages.messages import Messages
from medallion_panel.ui.formats import Formats

Edits = Mapping[str, Mapping[str, str | None]]
Columns = list[dict[str, Any]]


def caption(listing: QuarantineListing, say: Messages) -> str:
    """What is listed."""
    if not listing.tables:
        return say("Nothing is in quarantine in release {release}.", release=listing.release)
    message = "{count} reject of release {release} | {count} rejects of release {release}"
    return say(message, count=listing.total, release=listing.release)


def waiting_text(listing: QuarantineListing, say: Messages) -> str:
    """How many corrections the next run applies."""
    if not listing.waiting:
        return ""
    message = (
        "{count} correction waits for the next run. | {count} corrections wait for the next run."
    )
    return say(message, count=listing.waiting)


def remainder_text(listing: QuarantineListing, say: Messages) -> str:
    """What the list leaves out."""
    parts = []
    if listing.total > FIRST:
        message = (
            "The {shown} records of the first {first} rejects are shown; "
            "choose a rule or a file to see others."
        )
        parts.append(say(message, shown=len(listing.records), first=FIRST))
    if listing.others:
        message = (
            "{count} reject of no single source record cannot be corrected. | "
            "{count} rejects of no single source record cannot be corrected."
        )
        parts.append(say(message, count=listing.others))
    return " ".join(parts)


def column_names(listing: QuarantineListing) -> tuple[str, ...]:
    """The columns of the source files of the records."""
    return tuple(dict.fromkeys(name for record in listing.records for name in record.cells))


def grid_content(
    listing: QuarantineListing,
    names: Sequence[str],
    edits: Edits,
    states: Mapping[str, str],
    formats: Formats,
) -> tuple[Columns, list[list[str]]]:
    """The columns and rows of a TextGrid: the records with their edits, in the columns `names`."""
    records, say, write = listing.records, formats.say, formats.writer("integer")
    text = [say("Text")] if any(record.unreadable for record in records) else []
    titles = [*([say("State")] if edits else []), *map(say, ("File", "Record", "Reason"))]
    titles += [*text, *names]
    columns = [
        {"name": title, "title": title, "right": False, "sortable": False} for title in titles
    ]
    rows = []
    for record in records:
        cells = {**record.cells, **edits.get(record.identity, {})}
        state = [states.get(record.identity, "")] if edits else []
        line = [record.file.name, write(record.record), "; ".join(record.reasons)]
        line += [record.text] if text else []
        rows.append([*state, *line, *(cells.get(name) or "" for name in names)])
    return columns, rows


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


def refuse_access(say: Messages) -> None:
    """Raise CallError for a visitor who may not see source records."""
    raise CallError(say("rejected records are shown only to visitors who have logged in"))
