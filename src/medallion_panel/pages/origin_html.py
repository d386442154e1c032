"""The records behind a figure as HTML: how many from which files, the first of them, and those that
would have counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from medallion_panel.data.origin_reader import OriginSummary, RemovedSummary
from medallion_panel.messages.messages import Messages
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
_REASONS = {"fate": "Fate", "rule": "Rule", "value": "Value"}
_FATES = {
    "deduplicated": "Deduplicated",
    "dropped": "Dropped",
    "quarantined": "In quarantine",
}


def origins_html(question: MarkQuestion, summary: OriginSummary, formats: Formats) -> Markup:
    """The figure, the records that it was traced to, and the command that does the same."""
    number, say = formats.writer("integer"), formats.say
    parts = [_STYLE, _figure(question, summary, formats)]
    for note in summary.inexact:
        text = say("Not exact: {reason}", reason=note)
        parts.append(Markup("<p class='inexact' role='note'>{}</p>").format(text))
    records = say("{count} source record | {count} source records", count=summary.records)
    message = "{records} from {count} file | {records} from {count} files"
    title = say(message, records=records, count=len(summary.files))
    parts.append(Markup("<h3>{}</h3>").format(title))
    named = [(table, file, number(records)) for table, file, records in summary.files[:_MOST_FILES]]
    if named:
        parts.append(markup_table([*map(say, ("Table", "File", "Records"))], named))
    more = len(summary.files) - len(named)
    if more:
        message = "… and {count} other file | … and {count} other files"
        parts.append(Markup("<p>{}</p>").format(say(message, count=more)))
    command = Markup("<p>{}</p><code>{}</code>")
    parts.append(command.format(say("On the command line:"), question.command))
    return Markup("").join(parts)


def removed_html(summary: RemovedSummary, formats: Formats) -> Markup:
    """The records that would have counted, by reason, and the first of them."""
    number, say = formats.writer("integer"), formats.say
    if not summary.records:
        return _STYLE + Markup("<p>{}</p>").format(say("No other record would have counted."))
    names = [*map(say, ("Table", "What happened", "Rule", "Column", "Records"))]
    counts = (
        (
            row["table"],
            say(_FATES[row["fate"]]),
            row["rule"],
            row["column"] or "",
            number(row["records"]),
        )
        for row in summary.counts
    )
    message = "{count} more record would have counted | {count} more records would have counted"
    heading = Markup("<h3>{}</h3>").format(say(message, count=summary.records))
    return Markup("").join((_STYLE, heading, markup_table(names, counts)))


def records_html(
    title: str, records: Sequence[Mapping[str, Any]], total: int, say: Messages
) -> Markup:
    """The first records, in one table per source, with their fields as columns."""
    if not records:
        return _STYLE
    first = title
    if total > len(records):
        first = say("{title}, the first {count}", title=title, count=len(records))
    html = _STYLE + Markup("<h3>{}</h3>").format(first)
    for table in dict.fromkeys(record["table"] for record in records):
        rows = [record for record in records if record["table"] == table]
        reasons = [name for name in _REASONS if name in rows[0]]
        fields = list(dict.fromkeys(name for record in rows for name in record["row"]))
        headers = map(say, ("File", "Record", *(_REASONS[name] for name in reasons)))
        names = (*headers, *fields)
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
    rows = formats.say("{count} row | {count} rows", count=summary.rows)
    message = "{rows} of {table} have these values."
    text = formats.say(message, rows=rows, table=question.origin.table)
    return html + Markup("<p>{}</p>").format(text)


def _figure(question: MarkQuestion, summary: OriginSummary, formats: Formats) -> Markup:
    """The figure over the rows in the lake, next to that on the page and the traced sums."""
    say = formats.say
    if question.values:
        return _row(question, summary, formats)
    html = Markup("<p class='sum'>{}</p>").format(question.write(summary.figure))
    words = {
        "metric": question.origin.metric,
        "rows": say("{count} row | {count} rows", count=summary.rows),
        "table": question.origin.table,
        "figure": question.shown,
    }
    text = say("{metric} of {rows} of {table}", **words)
    if question.shown:
        text = say("{metric} of {rows} of {table}, shown as {figure}", **words)
    html += Markup("<p>{}</p>").format(text)
    for each in summary.sums:
        rows = say("{count} row | {count} rows", count=each.rows)
        value, message = question.write(each.value), "✓ {value}: sum of {column} in {rows}"
        text = say(message, value=value, column=each.column, rows=rows)
        html += Markup("<p>{}</p>").format(text)
    return html


def _text(value: Any) -> str:
    return "" if value is None else str(value)
