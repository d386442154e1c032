"""The quality block: how many rows were kept and rejected on the way to a release, by rule."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from markupsafe import Markup

from medallion.records import Release, Tally
from medallion.records.quality import TableQuality, quality_of
from medallion_panel.block_settings import Quality
from medallion_panel.ui.formats import Formats
from medallion_panel.ui.markup import markup_table
from medallion_panel.ui.theme import SCROLL_EDGES

_MAX_RULES = 14  # named one by one
FATES = ("kept", "deduplicated", "dropped", "quarantined")
REMOVED = Markup("<span>{} <b>{}</b></span>")
WARNED = Markup("<span class='warning'>{} <b>{}</b></span>")
HEADERS = {
    "kept": "Kept",
    "deduplicated": "Deduplicated",
    "dropped": "Dropped",
    "quarantined": "Quarantined",
    "warned": "Warned",
}

STYLE = Markup("""<style>
:host { color: inherit; }
p { font-size: .88rem; margin: 4px 0 8px }
table { border-collapse: collapse; width: 100%; font-size: .88rem;
        font-variant-numeric: tabular-nums; }
th { text-align: right; font-weight: 500; opacity: .7; padding: 4px 10px;
     vertical-align: bottom; }
td { text-align: right; padding: 5px 10px; border-top: 1px solid rgba(128,136,150,.22);
     white-space: nowrap; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
.bar { display: flex; height: 8px; border-radius: 4px; overflow: hidden; min-width: 64px;
       background: rgba(128,136,150,.2); }
.kept { background: #15915f; } .dedup { background: #8b93a1; } .drop { background: #e08a1e; }
.quar { background: #d0453e; } .warned { background: #6d5bd0; }
.rules { margin: 14px 0 0; font-size: .86rem; display: flex; flex-wrap: wrap; gap: 6px; }
.rules span { border: 1px solid rgba(128,136,150,.35); border-radius: 12px; padding: 2px 10px; }
.rules .warning { border-color: #6d5bd0; }
thead td { border-top: 0; }
@media screen and (max-width: 600px) { th { white-space: nowrap; } }
.scroll { overflow-x: auto; }
.part-heading { font-size: 1em; font-weight: 600; margin: 20px 0 6px; }
</style>""") + Markup(
    "<style>.scroll {{ {} }} @media print {{ .scroll {{ background: none; overflow: visible; }} "
    "th {{ opacity: 1; }} tr {{ break-inside: avoid; }} }}</style>"
).format(SCROLL_EDGES)


def quality_html(block: Quality, release: Release, formats: Formats) -> Markup:
    """One line per table that could lose rows, and the rules that removed rows, by their number.

    Served tables, which are made of the others, are left out unless they lost rows. Rows that were
    kept although they break a rule have a colour of their own, and their rules say so.
    """
    say = formats.say
    served = {entry.table for tables in release.served.values() for entry in tables.values()}
    qualities = [
        quality
        for table, snapshot in release.tables.items()
        for quality in [quality_of(snapshot)]
        if not quality.lossless or quality.warnings or (snapshot.tallies and table not in served)
    ]
    if not qualities:
        message = say("All rows of all tables were kept.")
        return STYLE + Markup("<p>{}</p>").format(message)
    warned = any(quality.warnings for quality in qualities)
    lines = [
        _line(name, phase, formats, warned=warned)
        for quality in qualities
        for name, phase in _phases(quality)
    ]
    fates = (*FATES, *["warned"] * warned)
    headers = (say("Table"), say("Rows in"), *(say(HEADERS[fate]) for fate in fates), "")
    html = STYLE + markup_table(headers, lines)
    if block.rules:
        html += _rules([(each.table, each.rules) for each in qualities], formats, REMOVED)
        warned_rules = [
            (say("Warning: {rule}", rule=each.table), each.warned_rules) for each in qualities
        ]
        html += _rules(warned_rules, formats, WARNED)
    return html


def _phases(quality: TableQuality) -> list[tuple[str, TableQuality | Tally]]:
    later = [(f"{quality.table}: {phase.label}", phase) for phase in quality.notable]
    return [(quality.table, quality), *later]


def _rules(
    counts: Iterable[tuple[str, Mapping[str, int]]], formats: Formats, label: Markup
) -> Markup:
    """The rules of all tables, by the number of their rows."""
    write = formats.writer("integer")
    rules = [(count, f"{table}: {rule}") for table, each in counts for rule, count in each.items()]
    if not rules:
        return Markup("")
    ranked = sorted(rules, key=lambda pair: (-pair[0], pair[1]))
    first, rest = ranked[:_MAX_RULES], ranked[_MAX_RULES:]
    labels = [label.format(name, write(count)) for count, name in first]
    if rest:
        rows = write(sum(count for count, _ in rest))
        labels.append(label.format(formats.say("and {rest} more rules", rest=len(rest)), rows))
    return Markup("<div class='rules'>{}</div>").format(Markup("").join(labels))


def _line(
    name: str, phase: TableQuality | Tally, formats: Formats, *, warned: bool
) -> tuple[str, ...]:
    names, write = (*FATES, *["warned"] * warned), formats.writer("integer")
    figures = (write(getattr(phase, figure)) for figure in ("rows_in", *names))
    return (name, *figures, _bar(phase, formats))


def _bar(phase: TableQuality | Tally, formats: Formats) -> Markup:
    if not phase.rows_in:
        return Markup("")
    parts = {
        "kept": phase.kept - phase.warned,
        "warned": phase.warned,
        "dedup": phase.deduplicated,
        "drop": phase.dropped,
        "quar": phase.quarantined,
    }
    inner = Markup("").join(
        Markup("<div class='{}' style='width:{:.3f}%'></div>").format(
            name, 100 * part / phase.rows_in
        )
        for name, part in parts.items()
        if part
    )
    kept, warned = (
        formats.writer("percent")(part / phase.rows_in) for part in (phase.kept, phase.warned)
    )
    label = formats.say("{share} kept", share=kept)
    if phase.warned:
        label = formats.say("{share} kept, {warned} with a warning", share=kept, warned=warned)
    bar = Markup("<div class='bar' role='img' aria-label='{0}' title='{0}'>{1}</div>")
    return bar.format(label, inner)
