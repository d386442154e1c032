"""Counts of what happened to the rows of a table, while it is computed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from medallion.records import Tally


@dataclass
class RowCounts:
    """Counts of the rows of one grain: a step of grain `new` begins the next.

    `fates` counts the removed rows by fate (`deduplicated`, `dropped`, `quarantined`);
    `reasons` counts them by rule and column.
    """

    label: str
    rows_in: int
    fates: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, int] = field(default_factory=dict)

    @property
    def kept(self) -> int:
        """Rows in less removed rows."""
        return self.rows_in - sum(self.fates.values())

    def add(self, fate: str, rule: str, column: str | None, size: int) -> None:
        """Count `size` rows that were removed by a rule on a column."""
        self.fates[fate] = self.fates.get(fate, 0) + size
        reason = f"{rule} {column}" if column and column not in rule else rule
        self.reasons[reason] = self.reasons.get(reason, 0) + size

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
        )


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
