"""The quality block: how many rows were kept and rejected on the way to a release, by rule."""

from __future__ import annotations

from collections.abc import Callable

from markupsafe import Markup

from medallion.lake.quality import TableQuality, quality_of
from medallion.records import Release, Tally
from medallion_panel.block_settings import Quality
from medallion_panel.ui.formats import Formats
from medallion_panel.ui.markup import markup_table

_MAX_RULES = 14  # named one by one

STYLE = Markup("""<style>
:host { color: inherit; }
p { font-size: .88rem; margin: 4px 0 8px }
table { border-collapse: collapse; width: 100%; font-size: .88rem;
        font-variant-numeric: tabular-nums; }
th { text-align: right; font-weight: 500; opacity: .7; padding: 4px 10px; white-space: nowrap; }
td { text-align: right; padding: 5px 10px; border-top: 1px solid rgba(128,136,150,.22);
     white-space: nowrap; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
.bar { display: flex; height: 8px; border-radius: 4px; overflow: hidden; min-width: 64px;
       background: rgba(128,136,150,.2); }
.kept { background: #15915f; } .dedup { background: #8b93a1; } .drop { background: #e08a1e; }
.quar { background: #d0453e; }
.rules { margin: 14px 0 0; font-size: .86rem; display: flex; flex-wrap: wrap; gap: 6px; }
.rules span { border: 1px solid rgba(128,136,150,.35); border-radius: 12px; padding: 2px 10px; }
.scroll { overflow-x: auto; } h4 { margin: 20px 0 6px; font-weight: 600; }
</style>""")


def quality_html(block: Quality, release: Release, formats: Formats) -> Markup:
    """One line per table that could lose rows, and the rules that removed rows, by their number."""
    write = formats.writer("integer")
    headers = ("Table", "Rows in", "Kept", "Deduplicated", "Dropped", "Quarantined", "")
    lines, rules = [], []
    for table, snapshot in release.tables.items():
        quality = quality_of(snapshot)
        if quality.lossless and ("gold" in table or not snapshot.tallies):
            continue
        lines.append(_line(table, quality, write))
        lossy = (phase for phase in quality.later if phase.kept != phase.rows_in)
        lines += [_line(f"{table}: {phase.label}", phase, write) for phase in lossy]
        rules += [(count, f"{table}: {reason}") for reason, count in quality.rules.items()]
    if not lines:
        return STYLE + Markup("<p>All rows of all tables were kept.</p>")
    html = STYLE + markup_table(headers, lines)
    if block.rules and rules:
        ranked = sorted(rules, key=lambda pair: (-pair[0], pair[1]))
        first, rest = ranked[:_MAX_RULES], ranked[_MAX_RULES:]
        labels = [
            Markup("<span>{} <b>{}</b></span>").format(name, write(count)) for count, name in first
        ]
        if rest:
            rows = write(sum(count for count, _ in rest))
            labels.append(
                Markup("<span>and {} more rules <b>{}</b></span>").format(write(len(rest)), rows)
            )
        html += Markup("<div class='rules'>{}</div>").format(Markup("").join(labels))
    return html


def _line(
    name: str, phase: TableQuality | Tally, write: Callable[[object], str]
) -> tuple[str, ...]:
    parts = (phase.kept, phase.deduplicated, phase.dropped, phase.quarantined)
    return (name, write(phase.rows_in), *map(write, parts), _bar(phase.rows_in, *parts))


def _bar(total: int, *parts: int) -> Markup:
    if not total:
        return Markup("")
    names = ("kept", "dedup", "drop", "quar")
    inner = Markup("").join(
        Markup("<div class='{}' style='width:{:.3f}%'></div>").format(name, 100 * part / total)
        for name, part in zip(names, parts, strict=True)
        if part
    )
    bar = Markup("<div class='bar' role='img' aria-label='{:.1f} % kept'>{}</div>")
    return bar.format(100 * parts[0] / total, inner)
