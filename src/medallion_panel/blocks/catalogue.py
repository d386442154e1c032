"""The catalogue's page of a table: what it is, its columns, its rules, and its first rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from typing import Any

from markupsafe import Markup

from medallion.declaration.models import Source, Table
from medallion.errors import CallError
from medallion.identifiers import TableName
from medallion.lineage.table_lineage import ColumnName
from medallion.pipeline import Pipeline
from medallion.records import Column, Release
from medallion.records.column_type import column_type
from medallion.records.quality import quality_of
from medallion_panel.blocks.block_context import BlockContext
from medallion_panel.blocks.lineage_graph import lineage_html
from medallion_panel.blocks.quality import STYLE
from medallion_panel.blocks.rule_results import rules_html, share_text
from medallion_panel.data.lake_reader import LakeReader, is_served, lake_reader
from medallion_panel.data.table_profile import ColumnProfile, TableProfile
from medallion_panel.lake_block_settings import CatalogueBlock
from medallion_panel.messages.messages import Messages
from medallion_panel.ui.formats import Formats
from medallion_panel.ui.markup import markup_table
from medallion_panel.ui.page_links import CATALOGUE, page_link, table_link

CLOSED = "Values of tables that are not served are shown to visitors who may see source records."

_LONGEST = 32  # letters of a value
_LONGEST_BOUND = 14  # of the least and the greatest
_MOST_INPUTS = 3
_MOST_COMMON = 2

_STYLE = STYLE + Markup("""<style>
a { color: inherit; text-underline-offset: 3px; text-decoration-color: rgba(128,136,150,.7) }
a:hover, a:focus-visible { text-decoration-color: currentColor }
.lead { font-size: 1rem; margin: 0 0 14px; max-width: 72ch } .faint { opacity: .75 }
dl { display: flex; flex-wrap: wrap; gap: 14px 44px; margin: 0 }
dt { font-size: .78rem; opacity: .75 }
dd { margin: 2px 0 0; font-size: .95rem; font-variant-numeric: tabular-nums;
     overflow-wrap: anywhere }
.text { display: inline-block; white-space: normal; min-width: 17ch }
.from { display: inline-block; white-space: normal; min-width: 12ch }
.values { display: inline-block; white-space: normal; min-width: 120px; max-width: 180px }
td > b { display: inline-block; white-space: normal }
td > b, .from { max-width: 28ch; overflow-wrap: break-word }
code { font-size: .8rem } .bars { display: block; margin-left: auto }
.line { display: block; margin-left: auto }
.share { display: inline-block; height: 6px; border-radius: 3px; background: #d0453e;
         vertical-align: middle; margin-left: 6px }
</style>""")


def catalogue_html(
    block: CatalogueBlock, pipeline: Pipeline, context: BlockContext, *, full: bool
) -> Markup:
    """One part of a table's page; `full` shows values of tables that are not served, too."""
    summary = context.release or context.store.last_release()
    if block.of not in summary.tables:
        message = "{table} is not in release {release}; the next run computes it"
        raise CallError(context.formats.say(message, table=block.of, release=summary.id))
    reader = lake_reader(pipeline)
    values = full or is_served(block.of, summary)
    match block.part:
        case "columns":
            return _STYLE + _columns(block.of, summary, reader, context.formats, values=values)
        case "lineage":
            return _STYLE + lineage_html(block.of, pipeline.declaration, context.formats)
        case "rules":
            return _STYLE + rules_html(block.of, summary, pipeline, context.formats)
        case "sample":
            return _STYLE + _sample(block.of, summary, reader, context.formats, values=values)
    return _STYLE + _about(block.of, summary, pipeline, context.formats)


def _about(table: str, release: Release, pipeline: Pipeline, formats: Formats) -> Markup:
    """The description, and the facts of the release."""
    text = release.described(table).text
    way = Markup("<p class='faint'>{} › {}</p>").format(
        page_link(CATALOGUE, formats.say("Catalogue")), TableName(table).layer
    )
    say = formats.say
    lead = text or say("The declaration has no description of this table.")
    html = Markup("<p class='lead{}'>{}</p>").format("" if text else " faint", lead)
    facts = Markup("").join(
        Markup("<div><dt>{}</dt><dd>{}</dd></div>").format(say(name), value)
        for name, value in _facts(table, release, pipeline, formats)
    )
    return way + html + Markup("<dl>{}</dl>").format(facts)


def _facts(
    table: str, release: Release, pipeline: Pipeline, formats: Formats
) -> Iterator[tuple[str, str]]:
    snapshot, write = release.tables[table], formats.writer("integer")
    declared = pipeline.declaration
    yield "Layer", _layer(table, pipeline)
    yield "Rows", write(snapshot.rows)
    yield "Columns", write(len(snapshot.columns))
    if snapshot.bytes:
        yield "Size", formats.bytes(snapshot.bytes)
    yield "Last computed", formats.age(snapshot.created)
    if files := len(snapshot.sources) or snapshot.source_files:
        yield "Source files", write(files)
    if snapshot.arrived:
        yield "Last file arrived", formats.age(snapshot.arrived)
    quality = quality_of(snapshot)
    if quality.rejects and quality.rows_in:
        share = share_text(quality.quarantined / quality.rows_in, formats)
        yield "Quarantined", f"{write(quality.rejects)} · {share}"
    entry = next(
        (
            each[TableName(table).table]
            for each in release.served.values()
            if getattr(each.get(TableName(table).table), "table", "") == table
        ),
        None,
    )
    if entry is None:
        yield "Served", formats.say("no")
    else:
        yield "Key", ", ".join(entry.key) or "–"
    if table in declared.names() and isinstance(declared.table(table), Source):
        yield "Format", _format(declared.table(table), formats)


def _layer(table: str, pipeline: Pipeline) -> str:
    layer = TableName(table).layer
    kind = pipeline.declaration.layers.get(layer)
    return f"{layer} ({kind.name})" if kind is not None else layer


def _format(source: Source | Table, formats: Formats) -> str:
    form = getattr(source, "format", None)
    return form.name if form is not None else formats.say("by suffix")


def _columns(
    table: str, release: Release, reader: LakeReader, formats: Formats, *, values: bool
) -> Markup:
    """The columns with their descriptions, what they are made of, and their profile."""
    full = reader.release(release.id)
    profile = reader.profile(table, full) if full is not None and values else None
    columns, texts = release.tables[table].columns, release.described(table).columns
    derivations = reader.derivations(release)
    made_of = [
        _inputs(derivations.get(ColumnName(table, column.name)), formats) for column in columns
    ]
    names = ["Column", "Type", *["Description"] * bool(texts), *["Made of"] * any(made_of)]
    names_of_figures = ["Nulls", "Distinct", "From", "To", "Values"] if profile else []
    headers = list(map(formats.say, [*names, *names_of_figures]))
    profiles = profile.columns if profile else (None,) * len(columns)
    lines = []
    for column, inputs, each in zip(columns, made_of, profiles, strict=True):
        line: list[str] = [Markup("<b>{}</b>").format(column.name), _type(column)]
        line += [_text(texts.get(column.name, ""))] * bool(texts)
        line += [Markup("<span class='from'>{}</span>").format(inputs)] * any(made_of)
        line += _profile_cells(each, profile, formats) if each and profile else []
        lines.append(line)
    html = _aligned(markup_table(headers, lines), range(1, len(names) + 1))
    return html + Markup("<p class='faint'>{}</p>").format(
        _profile_note(profile, formats.say, values=values)
    )


def _profile_note(profile: TableProfile | None, say: Messages, *, values: bool) -> str:
    if not values:
        return say(CLOSED)
    if profile is None:
        return say("This dashboard does not reach the lake, which has the profile of the columns.")
    return "" if profile.exact else say("Distinct values are estimated.")


def _type(column: Column) -> Markup:
    return Markup("<code>{}</code>").format(column.type)


def _text(text: str) -> Markup:
    return Markup("<span class='text'>{}</span>").format(text) if text else Markup("")


def _aligned(table: Markup, places: Iterable[int]) -> Markup:
    """A table in which the columns at these places, from 1, are texts, to the left."""
    left = ", ".join(f"th:nth-child({place}), td:nth-child({place})" for place in places)
    return Markup("<style>{} {{ text-align: left }}</style>{}").format(left or "b", table)


def _inputs(column: Any, formats: Formats) -> Markup:
    """What a column is made of, with links."""
    if column is None or not column.derivation.inputs:
        return Markup("")
    names = column.derivation.inputs
    links = [
        table_link(name.table, Markup("{}<wbr>{}").format(f"{name.table}.", name.column))
        if name.column
        else table_link(name.table, formats.say("rows of {table}", table=name.table))
        for name in names[:_MOST_INPUTS]
    ]
    more = len(names) - _MOST_INPUTS
    return Markup(", ").join(links) + (f" +{more}" if more > 0 else "")


def _profile_cells(each: ColumnProfile, profile: TableProfile, formats: Formats) -> list[str]:
    write, percent = formats.writer("integer"), formats.writer("percent")
    nulls = "–"
    if each.nulls:
        share = each.nulls / profile.rows
        nulls = Markup("{}<span class='share' style='width:{:.0f}px'></span>").format(
            percent(share), 2 + 28 * share
        )
    distinct = "–" if each.distinct is None else write(each.distinct)
    if each.distinct is not None and not profile.exact:
        distinct = f"≈ {distinct}"
    return [
        nulls,
        distinct,
        value_text(each.low, _LONGEST_BOUND),
        value_text(each.high, _LONGEST_BOUND),
        _distribution(each, profile, formats),
    ]


def value_text(value: Any, longest: int = _LONGEST) -> str:
    """A value as text; numbers have no separators, since they may be identifiers."""
    if isinstance(value, datetime):
        moment = value.astimezone(UTC) if value.tzinfo else value
        return f"{moment:%Y-%m-%d %H:%M}{' UTC' if value.tzinfo else ''}"
    if isinstance(value, date):
        return value.isoformat()
    text = "–" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _distribution(each: ColumnProfile, profile: TableProfile, formats: Formats) -> Markup:
    """A small histogram, or the most common values."""
    if any(each.bars):
        most = max(each.bars)
        low, high = value_text(each.low), value_text(each.high)
        label = formats.say(
            "Number of rows in equal parts from {low} to {high}", low=low, high=high
        )
        return histogram_svg(each.bars, label, most)
    percent = formats.writer("percent")
    common = [
        Markup("{} <span class='faint'>{}</span>").format(
            value_text(value), percent(count / profile.rows)
        )
        for value, count in each.common[:_MOST_COMMON]
    ]
    more = len(each.common) - len(common)
    text = Markup(", ").join(common) + (f" +{more}" if more > 0 else "")
    return Markup("<span class='values'>{}</span>").format(text) if common else Markup("")


def histogram_svg(bars: tuple[int, ...], label: str, most: int) -> Markup:
    """Bars of equal width, one for each number."""
    width, height = 6, 26
    parts = Markup("").join(
        Markup("<rect x='{}' y='{:.1f}' width='{}' height='{:.1f}'/>").format(
            number * width, height - tall, width - 1, tall
        )
        for number, count in enumerate(bars)
        for tall in [max(1.0, height * count / most) if count else 0]
        if count
    )
    return Markup(
        "<svg class='bars' style='fill:var(--panel-primary-color)' width='{}' height='{}' "
        "role='img' aria-label='{}'>"
        "<title>{}</title>{}</svg>"
    ).format(width * len(bars), height, label, label, parts)


def _sample(
    table: str, release: Release, reader: LakeReader, formats: Formats, *, values: bool
) -> Markup:
    if not values:
        return Markup("<p class='faint'>{}</p>").format(formats.say(CLOSED))
    full = reader.release(release.id)
    rows = reader.sample(table, full) if full is not None else None
    if rows is None:
        message = formats.say("This dashboard does not reach the lake, which has the rows.")
        return Markup("<p class='faint'>{}</p>").format(message)
    if not rows:
        message = formats.say("The table has no rows.")
        return Markup("<p class='faint'>{}</p>").format(message)
    columns = release.tables[table].columns
    lines = [[value_text(value) for value in row] for row in rows]
    texts = [
        place for place, column in enumerate(columns, 1) if not column_type(column.type).number
    ]
    return _aligned(markup_table([column.name for column in columns], lines), texts)
