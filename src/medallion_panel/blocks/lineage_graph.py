"""The tables that a table is made of and those made of it, as a drawing with links."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from medallion.declaration.models import Declaration, Source
from medallion.identifiers import TableName
from medallion_panel.messages.messages import Messages
from medallion_panel.ui.formats import Formats
from medallion_panel.ui.page_links import table_link, table_slug
from medallion_panel.ui.theme import SCROLL_EDGES

_WIDTH, _HEIGHT = 186, 46  # of a table
_GAP_X, _GAP_Y = 64, 16
_LONGEST = 24  # letters of a name
_TABLES, _READERS = "\0tables\0", "\0readers\0"  # where links go in a message
_LAYER_COLORS = ("#a8712f", "#8b93a1", "#e0a81e", "#3b76d6", "#15915f")

STYLE = Markup("""<style>
.graph { overflow-x: auto; padding: 4px 0 } .graph svg { display: block; max-width: none }
.graph a { text-decoration: none }
.graph .box { fill: var(--panel-surface-color); stroke: rgba(128,136,150,.5) }
.graph .chosen { stroke: var(--panel-primary-color); stroke-width: 2 }
.graph a:hover .box { stroke: var(--panel-primary-color) } .graph a:focus-visible { outline: none }
.graph a:focus-visible .box { stroke: var(--panel-primary-color); stroke-width: 3 }
p { overflow-wrap: anywhere }
.graph text { fill: currentColor; font-size: 13px } .graph .layer { font-size: 11px; opacity: .75 }
</style>""") + Markup(
    "<style>.graph {{ {} }} @media print {{ .graph {{ background: none }} }}</style>"
).format(SCROLL_EDGES)


@dataclass(frozen=True)
class _Node:
    """A table in the drawing, by the number of its column and its row."""

    table: str
    column: int
    row: float

    @property
    def left(self) -> int:
        return self.column * (_WIDTH + _GAP_X) + 2

    @property
    def top(self) -> int:
        return round(self.row * (_HEIGHT + _GAP_Y)) + 2

    @property
    def middle(self) -> int:
        return self.top + _HEIGHT // 2


def table_reads(declaration: Declaration) -> dict[str, tuple[str, ...]]:
    """By table those that it reads."""
    tables = {name: declaration.table(name) for name in declaration.names()}
    return {
        name: () if isinstance(table, Source) else tuple(dict.fromkeys(table.reads().values()))
        for name, table in tables.items()
    }


def lineage_html(table: str, declaration: Declaration, formats: Formats) -> Markup:
    """The drawing, and a sentence that says the same."""
    reads = table_reads(declaration)
    made_of, made_from = reads.get(table, ()), _readers(reads).get(table, ())
    nodes = {node.table: node for node in _nodes(table, reads)}
    height = max(node.top for node in nodes.values()) + _HEIGHT + 4
    width = max(node.left for node in nodes.values()) + _WIDTH + 4
    edges = Markup("").join(
        _edge(nodes[read], node)
        for node in nodes.values()
        for read in reads.get(node.table, ())
        if read in nodes
    )
    layers = list(declaration.layers)
    boxes = Markup("").join(_box(node, layers, node.table == table) for node in nodes.values())
    drawing = Markup(
        "<div class='graph'><svg width='{}' height='{}' role='group' aria-label='{}'>{}{}</svg>"
        "</div>"
    ).format(width, height, formats.say("Lineage of {table}", table=table), edges, boxes)
    return STYLE + drawing + _sentence(made_of, made_from, formats.say)


def _sentence(made_of: Sequence[str], made_from: Sequence[str], say: Messages) -> Markup:
    """What it is made of and what reads it, with links in place of the names."""
    if not made_of and not made_from:
        return Markup("<p>{}</p>").format(say("Made of its source files."))
    if not made_of:
        text = say("Made of its source files. Read by {readers}.", readers=_READERS)
    elif not made_from:
        text = say("Made of {tables}.", tables=_TABLES)
    else:
        text = say("Made of {tables}. Read by {readers}.", tables=_TABLES, readers=_READERS)
    sentence = escape(text).replace(_TABLES, _links(made_of))
    return Markup("<p>{}</p>").format(sentence.replace(_READERS, _links(made_from)))


def _links(tables: Sequence[str]) -> Markup:
    return Markup(", ").join(map(table_link, tables))


def _readers(reads: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    readers: dict[str, list[str]] = {}
    for name, tables in reads.items():
        for each in tables:
            readers.setdefault(each, []).append(name)
    return readers


def _nodes(table: str, reads: Mapping[str, Sequence[str]]) -> list[_Node]:
    """The table with all above and below it, in columns by the longest way from a source."""
    shown = _reachable(table, reads) | _reachable(table, _readers(reads))
    columns: dict[str, int] = {}

    def column(name: str) -> int:
        if name not in columns:
            above = [column(each) for each in reads.get(name, ()) if each in shown]
            columns[name] = max(above, default=-1) + 1
        return columns[name]

    ordered = sorted((name for name in reads if name in shown), key=column)
    by_column: dict[int, list[str]] = {}
    for name in ordered:
        by_column.setdefault(columns[name], []).append(name)
    most = max(map(len, by_column.values()))
    return [
        _Node(name, place, _first_row(place, len(names), most) + number)
        for place, names in by_column.items()
        for number, name in enumerate(names)
    ]


def _first_row(column: int, count: int, most: int) -> float:
    """The row of the first of a column's tables: in the middle, and those of every second column
    half a row lower, so that few lines run behind a table.
    """
    first = (most - count) / 2
    return first + (0.5 if column % 2 and count < most else 0)


def _reachable(table: str, edges: Mapping[str, Sequence[str]]) -> set[str]:
    seen, pending = {table}, [table]
    while pending:
        for each in edges.get(pending.pop(), ()):
            if each not in seen:
                seen.add(each)
                pending.append(each)
    return seen


def _edge(start: _Node, end: _Node) -> Markup:
    left, right = start.left + _WIDTH, end.left
    bend = (right - left) // 2
    path = f"M{left} {start.middle} C{left + bend} {start.middle} {right - bend} {end.middle}"
    return Markup(
        "<path d='{} {} {}' fill='none' stroke='currentColor' stroke-opacity='.35'/>"
    ).format(path, right, end.middle)


def _box(node: _Node, layers: Sequence[str], chosen: bool) -> Markup:
    name = TableName(node.table)
    text = name.table if len(name.table) <= _LONGEST else f"{name.table[: _LONGEST - 1]}…"
    number = layers.index(name.layer) if name.layer in layers else 0
    color = _LAYER_COLORS[number % len(_LAYER_COLORS)]
    return Markup(
        "<a href='?page={slug}'><title>{full}</title>"
        "<rect class='{kind}' x='{x}' y='{y}' width='{w}' height='{h}' rx='8'/>"
        "<rect x='{x}' y='{y}' width='5' height='{h}' rx='2' fill='{color}'/>"
        "<text x='{tx}' y='{ty}' font-weight='{weight}'>{text}</text>"
        "<text class='layer' x='{tx}' y='{ly}'>{layer}</text></a>"
    ).format(
        slug=table_slug(node.table),
        full=node.table,
        x=node.left,
        y=node.top,
        w=_WIDTH,
        h=_HEIGHT,
        kind="box chosen" if chosen else "box",
        color=color,
        tx=node.left + 16,
        ty=node.top + 20,
        ly=node.top + 36,
        weight=600 if chosen else 400,
        text=text,
        layer=name.layer,
    )
