"""`references`: values that occur in another table."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field, field_validator

from medallion.contracts import ROW, Inputs, RowExpectation, Scope, literal, quote, require
from medallion.errors import StepError
from medallion.sql.duckdb_types import types_of
from medallion.sql.mixed_types import comparable

if TYPE_CHECKING:
    from medallion.contracts import Relation


class References(RowExpectation):
    """The values of columns occur in a column of another table. NULL passes.

    Numbers of two types are compared exactly.

    - `targets`: column → `layer.table.column`.

    ```yaml
    - {references: {client_id: silver.clients.client_id}, on_fail: quarantine}
    ```

    Raises StepError when a column is missing in either table, or the two types do not compare.
    """

    name: ClassVar[str] = "references"
    value_field: ClassVar[str | None] = "targets"
    scope: ClassVar[Scope] = "rows"

    targets: dict[str, str] = Field(min_length=1)

    @field_validator("targets")
    @classmethod
    def _whole(cls, targets: dict[str, str]) -> dict[str, str]:
        for name, target in targets.items():
            if (
                len([part for part in target.split(".") if part]) != target.count(".") + 1
                or target.count(".") < 1
            ):
                raise ValueError(
                    f"{name}: {target!r} names no column of a table; write `layer.table.column`"
                )
        return targets

    def reads(self) -> tuple[str, ...]:
        tables = dict.fromkeys(target.rpartition(".")[0] for target in self.targets.values())
        return tuple(table for table in tables if "." in table)

    def violations(self, rows: Relation, inputs: Inputs) -> Relation:
        require(rows, *self.targets)
        unmatched = [self._unmatched(rows, inputs, name) for name in self.targets]
        if len(unmatched) == 1:
            return unmatched[0]
        union = " union all ".join(
            f"select *, {number} as n from unmatched_{number}" for number in range(len(unmatched))
        )
        return inputs.sql(
            f'select {ROW}, arg_min("column", n) as column, arg_min(value, n) as value '
            f"from ({union}) group by {ROW}",
            **{f"unmatched_{number}": relation for number, relation in enumerate(unmatched)},
        )

    def _unmatched(self, rows: Relation, inputs: Inputs, name: str) -> Relation:
        table, _, target = self.targets[name].rpartition(".")
        other = inputs[table]
        try:
            require(other, target)
        except StepError as error:
            raise StepError(f"{table}: {error.message}", hint=error.hint) from error
        column = f"l.{quote(name)}"
        value, there = comparable(
            repr(name),
            (column, ("here", types_of(rows)[name])),
            (f"r.{quote(target)}", (f"in {table}", types_of(other)[target])),
        )
        unknown = f"{value} not in (select {there} from r where {there} is not null)"
        if value != column:
            unknown = f"({value} is null or {unknown})"  # a value that the other type cannot hold
        # NOT IN: DuckDB may swap the sides of an anti join and keep the many rows in memory instead
        # of the values they refer to.
        return inputs.sql(
            f"select l.{ROW}, {literal(name)} as column, cast({column} as varchar) as value from l "
            f"where {column} is not null and {unknown}",
            l=rows.project(f"{ROW}, {quote(name)}"),
            r=other.project(quote(target)),
        )
