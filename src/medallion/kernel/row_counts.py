"""Counts of what happened to the rows of a table, while it is computed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from medallion.contracts import ROW
from medallion.kernel.temp_tables import TempTables
from medallion.records import Tally


@dataclass
class RowCounts:
    """Counts of the rows of one grain: a step of grain `new` begins the next.

    `fates` counts the removed rows by fate (`deduplicated`, `dropped`, `quarantined`);
    `reasons` counts them by rule and column. `warned` counts the kept rows that break a rule which
    only warns, each once, and `warned_reasons` counts them by rule and column.
    """

    label: str
    rows_in: int
    fates: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, int] = field(default_factory=dict)
    warned: int = 0
    warned_reasons: dict[str, int] = field(default_factory=dict)

    @property
    def kept(self) -> int:
        """Rows in less removed rows."""
        return self.rows_in - sum(self.fates.values())

    def add(self, fate: str, rule: str, column: str | None, size: int) -> None:
        """Count `size` rows that were removed by a rule on a column."""
        self.fates[fate] = self.fates.get(fate, 0) + size
        _count(self.reasons, rule, column, size)

    def warn(self, rule: str, column: str | None, size: int) -> None:
        """Count `size` kept rows that break a rule on a column."""
        _count(self.warned_reasons, rule, column, size)

    def tally(self, rows_out: int) -> Tally:
        """The record of these counts, with the rows that the grain handed on."""
        return Tally(
            label=self.label,
            rows_in=self.rows_in,
            kept=self.kept,
            deduplicated=self.fates.get("deduplicated", 0),
            dropped=self.fates.get("dropped", 0),
            quarantined=self.fates.get("quarantined", 0),
            rows_out=rows_out,
            reasons=self.reasons,
            warned=self.warned,
            warned_reasons=self.warned_reasons,
        )


def count_warned(counts: RowCounts, tables: TempTables, sources: Sequence[str]) -> None:
    """Count the kept rows that break rules which only warn.

    `sources` are temporary tables or queries of `_row`, rule and column.
    """
    if not sources:
        return
    rows = " union all ".join(f'select {ROW}, rule, "column" from {each}' for each in sources)
    counts.warned = tables.integer(f"select count(distinct {ROW}) from ({rows})")
    for rule, column, size in tables.rows(
        f'select rule, "column", count(*) from ({rows}) group by all order by all'
    ):
        counts.warn(rule, column, size)


def _count(reasons: dict[str, int], rule: str, column: str | None, size: int) -> None:
    reason = f"{rule} {column}" if column and column not in rule else rule
    reasons[reason] = reasons.get(reason, 0) + size


def total(tallies: Sequence[Tally]) -> Tally:
    """Several grains as one: rows in of the first, rows out of the last, removed rows of all."""
    return tallies[0].model_copy(
        update={
            "rows_out": tallies[-1].rows_out,
            "deduplicated": sum(tally.deduplicated for tally in tallies),
            "dropped": sum(tally.dropped for tally in tallies),
            "quarantined": sum(tally.quarantined for tally in tallies),
        }
    )
