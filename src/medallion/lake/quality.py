"""Where the rows of a table went: figures from tallies, for command line, API and dashboard."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from medallion.records import Record, Snapshot, StepRun, Tally


class TableQuality(Record):
    """How many rows of one table were kept, deduplicated, dropped and quarantined.

    The figures count the rows that came in: `rows_in` = kept + deduplicated + dropped +
    quarantined. `later` has the figures of each further phase, which begins where a step makes rows
    of another grain, such as an aggregate; these are other rows, so figures of phases are never
    added. `rows` is the number of rows in the table; `rules` counts rejected rows by rule, over all
    phases.
    """

    table: str
    rows: int
    rows_in: int
    kept: int
    deduplicated: int
    dropped: int
    quarantined: int
    rules: dict[str, int]
    later: tuple[Tally, ...]

    @property
    def lossless(self) -> bool:
        """Whether every row of every phase was kept."""
        return self.kept == self.rows_in and all(
            phase.kept == phase.rows_in for phase in self.later
        )


def table_quality(table: str, rows: int, tallies: Sequence[Tally]) -> TableQuality:
    """The figures of a table of `rows` rows, whose phases have these tallies."""
    first = tallies[0] if tallies else Tally(label="", rows_in=rows, kept=rows, rows_out=rows)
    rules: Counter[str] = Counter()
    for tally in tallies:
        rules.update(tally.reasons)
    return TableQuality(
        table=table,
        rows=rows,
        rows_in=first.rows_in,
        kept=first.kept,
        deduplicated=first.deduplicated,
        dropped=first.dropped,
        quarantined=first.quarantined,
        rules=dict(rules),
        later=tuple(tallies[1:]),
    )


def quality_of(record: Snapshot | StepRun) -> TableQuality:
    """The figures of a snapshot, or of what a run did to a table."""
    return table_quality(record.table, record.rows, record.tallies)
