"""The shares of rows that were rejected over the last runs, by rule and by source file."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from medallion.pipeline import Pipeline
from medallion.records import Release, Run
from medallion.records.quality import quality_of
from medallion_panel.blocks.quality import STYLE
from medallion_panel.blocks.rule_results import LAST_RUNS, rule_history, share_text, sparkline
from medallion_panel.data.lake_reader import LakeReader, lake_reader
from medallion_panel.lake_block_settings import RejectRates
from medallion_panel.ui.formats import Formats
from medallion_panel.ui.markup import markup_table, part_heading
from medallion_panel.ui.page_links import page_link, table_link

_MOST_FILES = 15
_FILE_HEADERS = ("File", "Table", "Quarantined")
_PARAGRAPH = Markup("<p>{}</p>")
_STYLE = STYLE + Markup("""<style>
a { color: inherit } style + .part-heading { margin-top: 0 }
.line { display: block; margin-left: auto }
th:nth-child(2), td:nth-child(2) { text-align: left }
</style>""")
_BAR = Markup("<div class='bar'><div style='background:#d0453e;width:{:.1f}%'></div></div>")


def reject_rates_html(
    block: RejectRates, pipeline: Pipeline, release: Release, formats: Formats, *, linked: bool
) -> Markup:
    """By rule over the runs, then by file of the release.

    `linked` says that the visitor may see the records.
    """
    reader = lake_reader(pipeline)
    runs = reader.runs(block.limit)
    say = formats.say
    html = _STYLE + part_heading(say("By rule"), block.title) + _by_rule(release, runs, formats)
    if not runs:
        message = "This dashboard does not reach the lake: earlier runs and files are not known."
        return html + _PARAGRAPH.format(say(message))
    html += part_heading(say("By source file"), block.title)
    html += _by_file(release, reader, formats)
    if linked:
        link = page_link("quarantine", say("See the records and correct them"))
        html += _PARAGRAPH.format(link)
    return html


def _by_file(release: Release, reader: LakeReader, formats: Formats) -> Markup:
    """One line per table and file, the one with the most rejects first."""
    full, say = reader.release(release.id), formats.say
    files = [
        (table, each)
        for table in (full.tables if full is not None else ())
        for each in reader.file_rejects(table, full or release)
    ]
    if not files:
        return _PARAGRAPH.format(say("No record of a source file was quarantined."))
    files.sort(key=lambda pair: -pair[1].rejects)
    write = formats.writer("integer")
    lines = [
        (
            each.file,
            table_link(table),
            write(each.rejects),
            _BAR.format(100 * each.rejects / files[0][1].rejects),
            share_text(each.rejects / each.rows, formats) if each.rows else "",
        )
        for table, each in files[:_MOST_FILES]
    ]
    html = markup_table((*map(say, _FILE_HEADERS), "", say("Share of its records")), lines)
    if len(files) > len(lines):
        message = say("Only the {count} files with the most rejects are shown.", count=len(lines))
        html += _PARAGRAPH.format(message)
    return html


def _by_rule(release: Release, runs: Sequence[Run], formats: Formats) -> Markup:
    """One line per table and rule, the one with the most rows first."""
    write = formats.writer("integer")
    lines = []
    for table, snapshot in release.tables.items():
        quality, history = quality_of(snapshot), rule_history(table, runs)
        warned = quality.warned_rules
        for rule in dict.fromkeys((*quality.rules, *warned, *history)):
            count, shares = quality.rules.get(rule, 0), history.get(rule, [])
            count += warned.get(rule, 0)
            former = shares[-2] if len(shares) > 1 else None
            share = count / quality.rows_in if quality.rows_in else 0.0
            lines.append(
                (
                    count,
                    (
                        formats.say("Warning: {rule}", rule=rule) if rule in warned else rule,
                        table_link(table),
                        write(count),
                        share_text(share, formats),
                        "" if former is None else share_text(former, formats),
                        sparkline(shares, formats, 180),
                    ),
                )
            )
    if not lines:
        return _PARAGRAPH.format(formats.say("No rule has removed a row."))
    lines.sort(key=lambda line: -line[0])
    names = ("Rule", "Table", "Rows", "Share", "Run before")
    headers = (*map(formats.say, names), formats.say(LAST_RUNS, count=len(runs)))
    return markup_table(headers, [line for _, line in lines])
