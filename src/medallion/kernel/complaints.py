"""What expectations say of a table: the warnings, and the failures that stop its run."""

from __future__ import annotations

from medallion.contracts import ROW, Expectation, RowExpectation, TableExpectation
from medallion.kernel.temp_tables import TempTables
from medallion.plural import count_of


class Complaints:
    """The complaints of the expectations with `on_fail: warn` and `on_fail: fail`.

    `gates` are those of rules on the whole table: it is computed, and must not be published.
    """

    def __init__(self) -> None:
        self.warnings: list[str] = []
        self.failures: list[str] = []
        self.gates: list[str] = []

    @property
    def failure(self) -> str | None:
        """All that fails the table, in one text; None when only gates are against publishing it."""
        return "; ".join([*self.failures, *self.gates]) if self.failures else None

    def add(self, rule: Expectation, complaint: str | None) -> None:
        """Add what a rule says; None when it is met."""
        if complaint is not None:
            failures = self.gates if isinstance(rule, TableExpectation) else self.failures
            messages = failures if rule.on_fail == "fail" else self.warnings
            messages.append(f"{rule.rule}: {complaint}")


def first_violation(rule: RowExpectation, tables: TempTables, source: str) -> str | None:
    """The number of rows that violate a rule, and the first value.

    `source` is SQL, `from …`, of these rows. None when there is none, or when they are removed.
    """
    if rule.on_fail not in ("warn", "fail"):
        return None
    size = tables.integer(f"select count(*) {source}")
    if not size:
        return None
    ((column, value),) = tables.rows(f'select "column", "value" {source} order by {ROW} limit 1')
    verb = "violates" if size == 1 else "violate"
    return f"{count_of(size, 'row')} {verb} it, the first with {column} = {value!r}"
