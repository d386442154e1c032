"""Where the rows of a table went: figures from tallies, for command line, API and dashboard."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Protocol

from medallion.records.base import Record
from medallion.records.snapshots import Tally

FIGURES = ("rows_in", "corrected", "kept", "deduplicated", "dropped", "quarantined", "warned")
SELDOM = ("corrected", "warned")  # shown only if there are such rows


class Counted(Protocol):
    """A record of a table and where its rows went: a snapshot, or what a run did to the table."""

    @property
    def table(self) -> str: ...
    @property
    def rows(self) -> int: ...
    @property
    def tallies(self) -> tuple[Tally, ...]: ...


class TableQuality(Record):
    """How many rows of one table were kept, deduplicated, dropped and quarantined.

    The figures count the rows that came in: `rows_in` = kept + deduplicated + dropped +
    quarantined. `later` has the figures of each further phase, which begins where a step makes rows
    of another grain, such as an aggregate; these are other rows, so figures of phases are never
    added. `rows` is the number of rows in the table; `rules` counts rejected rows by rule, over all
    phases. `warned` are those of the kept rows that break a rule with `on_fail: warn`, each counted
    once; `warned_rules` counts them by rule, over all phases. `corrected` counts those of `rows_in`
    that are corrected source records.
    """

    table: str
    rows: int
    rows_in: int
    kept: int
    deduplicated: int
    dropped: int
    quarantined: int
    rules: dict[str, int]
    warned: int
    warned_rules: dict[str, int]
    later: tuple[Tally, ...]
    corrected: int = 0

    @property
    def lossless(self) -> bool:
        """Whether every row of every phase was kept."""
        return self.kept == self.rows_in and all(
            phase.kept == phase.rows_in for phase in self.later
        )

    @property
    def notable(self) -> tuple[Tally, ...]:
        """The further phases that did not keep every row, or have rows that break a rule."""
        return tuple(phase for phase in self.later if phase.kept != phase.rows_in or phase.warned)

    @property
    def rejects(self) -> int:
        """The rows in quarantine, of all phases."""
        return self.quarantined + sum(phase.quarantined for phase in self.later)

    @property
    def warnings(self) -> int:
        """The kept rows that break a rule, of all phases."""
        return self.warned + sum(phase.warned for phase in self.later)


def table_quality(table: str, rows: int, tallies: Sequence[Tally]) -> TableQuality:
    """The figures of a table of `rows` rows, whose phases have these tallies."""
    first = tallies[0] if tallies else Tally(label="", rows_in=rows, kept=rows, rows_out=rows)
    rules, warned_rules = Counter[str](), Counter[str]()
    for tally in tallies:
        rules.update(tally.reasons)
        warned_rules.update(tally.warned_reasons)
    return TableQuality(
        table=table,
        rows=rows,
        rows_in=first.rows_in,
        kept=first.kept,
        deduplicated=first.deduplicated,
        dropped=first.dropped,
        quarantined=first.quarantined,
        rules=dict(rules),
        warned=first.warned,
        warned_rules=dict(warned_rules),
        later=tuple(tallies[1:]),
        corrected=first.corrected,
    )


def quality_of(record: Counted) -> TableQuality:
    """The figures of a snapshot, or of what a run did to a table."""
    return table_quality(record.table, record.rows, record.tallies)


def shown_figures(tables: Iterable[TableQuality]) -> tuple[str, ...]:
    """The names of the figures to show of some tables."""
    phases = [phase for quality in tables for phase in (quality, *quality.later)]
    absent = {name for name in SELDOM if not any(getattr(phase, name) for phase in phases)}
    return tuple(name for name in FIGURES if name not in absent)
