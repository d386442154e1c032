"""The records behind a figure as HTML: how many from which files, the first of them, and those that
would have counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from medallion.plural import count_of
from medallion_panel.data.origin_reader import OriginSummary, RemovedSummary
from medallion_panel.pages.mark_question import MarkQuestion
from medallion_panel.ui.formats import Formats
from medallion_panel.ui.markup import markup_table

_MOST_FILES = 12
_STYLE = Markup("""<style>
:host { color: inherit }
h3 { font-size: 1rem; margin: 20px 0 6px; font-weight: 600 }
p { font-size: .88rem; margin: 4px 0 8px; overflow-wrap: anywhere }
.sum { font-size: 1.5rem; font-weight: 600; font-variant-numeric: tabular-nums; margin: 8px 0 0 }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 20px; margin: 12px 0 0;
     font-size: .88rem; font-variant-numeric: tabular-nums }
dt { opacity: .7 } dd { margin: 0; overflow-wrap: anywhere }
.inexact { border-left: 3px solid #e08a1e; padding: 4px 10px }
code { display: block; overflow-x: auto; padding: 8px 10px; border-radius: 6px; font-size: .78rem;
       background: rgba(128,136,150,.14); white-space: pre-wrap; overflow-wrap: anywhere }
.scroll { overflow-x: auto; max-width: 100% }
table { border-collapse: collapse; font-size: .82rem; font-variant-numeric: tabular-nums }
th { text-align: left; font-weight: 500; opacity: .75; padding: 4px 10px 4px 0;
     white-space: nowrap }
td { padding: 4px 10px 4px 0; border-top: 1px solid rgba(128,136,150,.22); white-space: nowrap;
     max-width: 280px; overflow: hidden; text-overflow: ellipsis }
</style>""")
_REASONS = ("fate", "rule", "value")
_FATES = {
    "deduplicated": "Deduplicated",
    "dropped": "Dropped",
    "quarantined": "In quarantine",
}


def origins_html(question: MarkQuestion, summary: OriginSummary, formats: Formats) -> Markup:
    """The figure, the records that it was traced to, and the command that does the same."""
    number = formats.writer("integer")
    parts = [_STYLE, _figure(question, summary, formats)]
    for note in summary.inexact:
        text = Markup("<p class='inexact' role='note'>Not exact: {}</p>")
        parts.append(text.format(note))
    records = _counted(number(summary.records), summary.records, "source record")
    files = _counted(number(len(summary.files)), len(summary.files), "file")
    parts.append(Markup("<h3>{} from {}</h3>").format(records, files))
    named = [(table, file, number(records)) for table, file, records in summary.files[:_MOST_FILES]]
    if named:
        parts.append(markup_table(("Table", "File", "Records"), named))
    more = len(summary.files) - len(named)
    if more:
        parts.append(Markup("<p>… and {}</p>").format(count_of(more, "other file")))
    parts.append(Markup("<p>On the command line:</p><code>{}</code>").format(question.command))
    return Markup("").join(parts)


def removed_html(summary: RemovedSummary, formats: Formats) -> Markup:
    """The records that would have counted, by reason, and the first of them."""
    number = formats.writer("integer")
    if not summary.records:
        return _STYLE + Markup("<p>No other record would have counted.</p>")
    records = _counted(number(summary.records), summary.records, "more record")
    names = ("Table", "What happened", "Rule", "Column", "Records")
    counts = (
        (
            row["table"],
            _FATES.get(row["fate"], row["fate"]),
            row["rule"],
            row["column"] or "",
            number(row["records"]),
        )
        for row in summary.counts
    )
    heading = Markup("<h3>{} would have counted</h3>").format(records)
    return Markup("").join((_STYLE, heading, markup_table(names, counts)))


def records_html(title: str, records: Sequence[Mapping[str, Any]], total: int) -> Markup:
    """The first records, in one table per source, with their fields as columns."""
    if not records:
        return _STYLE
    first = f"{title}, the first {len(records)}" if total > len(records) else title
    html = _STYLE + Markup("<h3>{}</h3>").format(first)
    for table in dict.fromkeys(record["table"] for record in records):
        rows = [record for record in records if record["table"] == table]
        reasons = [name for name in _REASONS if name in rows[0]]
        fields = list(dict.fromkeys(name for record in rows for name in record["row"]))
        names = ("File", "Record", *map(str.capitalize, reasons), *fields)
        lines = [
            (
                record["file"],
                str(record["record"]),
                *(_text(record[name]) for name in reasons),
                *(_text(record["row"].get(name)) for name in fields),
            )
            for record in rows
        ]
        html += Markup("<p><b>{}</b></p>").format(table) + markup_table(names, lines)
    return html


def _row(question: MarkQuestion, summary: OriginSummary, formats: Formats) -> Markup:
    """The values of a row, and how many rows of the table are the same."""
    lines = [Markup("<dt>{}</dt><dd>{}</dd>").format(*each) for each in question.values]
    html = Markup("<dl>{}</dl>").format(Markup("").join(lines))
    if summary.rows == 1:
        return html
    rows = _counted(formats.writer("integer")(summary.rows), summary.rows, "row")
    return html + Markup("<p>{} of {} have these values.</p>").format(rows, question.origin.table)


def _figure(question: MarkQuestion, summary: OriginSummary, formats: Formats) -> Markup:
    """The figure over the rows in the lake, next to that on the page and the traced sums."""
    number = formats.writer("integer")
    if question.values:
        return _row(question, summary, formats)
    html = Markup("<p class='sum'>{}</p>").format(question.write(summary.figure))
    rows = _counted(number(summary.rows), summary.rows, "row")
    text = f"{question.origin.metric} of {rows} of {question.origin.table}"
    html += Markup("<p>{}{}</p>").format(
        text, f", shown as {question.shown}" if question.shown else ""
    )
    for each in summary.sums:
        rows = _counted(number(each.rows), each.rows, "row")
        html += Markup("<p>✓ {}: sum of {} in {}</p>").format(
            question.write(each.value), each.column, rows
        )
    return html


def _counted(written: str, number: int, noun: str) -> str:
    return f"{written} {noun}{'' if number == 1 else 's'}"


def _text(value: Any) -> str:
    return "" if value is None else str(value)
