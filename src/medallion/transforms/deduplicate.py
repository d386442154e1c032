"""`deduplicate`: keep one row of each key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from medallion.contracts import (
    MAIN,
    ROW,
    Columns,
    Inputs,
    Scope,
    StepOrigins,
    Transform,
    literal,
    quote,
    require,
)
from medallion.sql.column_origins import passed_on
from medallion.sql.expressions import Names, SomeNames, columns_sql, order_sql, public

if TYPE_CHECKING:
    from medallion.contracts import Relation


class Deduplicate(Transform):
    """Keeps one row of each key; the others are counted as exact or as conflicting duplicates.

    `key` is one column or several; a row with a NULL in its key is never a duplicate and is kept.
    `keep` is the row to keep: the `first` or the `last` (the default) in the order of `order_by`,
    where `-column` is descending and a row without the value never wins over one that has it.
    Without `order_by`, and for equal rows, the order is that of the files.

    ```yaml
    steps:
      - deduplicate: {key: purchase_id, keep: last}
      - deduplicate: {key: [client_id, day], keep: first, order_by: [-updated_at]}
    ```

    Raises StepError when a column is missing.
    """

    name = "deduplicate"
    value_field = "key"
    keeps_columns = True
    scope: ClassVar[Scope] = "key"
    only_removes: ClassVar[bool] = True

    key_columns: SomeNames = Field(alias="key")
    keep: Literal["first", "last"] = "last"
    order_by: Names = ()

    def key(self) -> tuple[str, ...]:
        return self.key_columns

    def column_origins(self, rows: tuple[str, ...], others: Mapping[str, Columns]) -> StepOrigins:
        keys = (*self.key_columns, *(term.removeprefix("-") for term in self.order_by))
        return StepOrigins(passed_on(rows), tuple((MAIN, name) for name in dict.fromkeys(keys)))

    def set_aside(self, rows: Relation, inputs: Inputs) -> Relation:
        """All rows but one of each key.

        The first pass reads only key, order and `_row`; whole rows are compared only for keys that
        occur more than once.
        """
        require(rows, *self.key_columns, *(term.removeprefix("-") for term in self.order_by))
        present = " and ".join(f"{quote(name)} is not null" for name in self.key_columns)
        same = " and ".join(
            f"lost.{quote(name)} is not distinct from kept.{quote(name)}" for name in public(rows)
        )
        values = ", ".join(f"cast(lost.{quote(name)} as varchar)" for name in self.key_columns)
        query = f"""
            with losers as materialized (
                select {ROW}, first_value({ROW}) over best as _row_kept from rows where {present}
                window best as (
                    partition by {columns_sql(self.key_columns)} order by {self._best_first()}
                )
                qualify row_number() over best > 1
            ), involved as (
                select {ROW}, _row_kept from losers
                union all select distinct _row_kept, _row_kept from losers
            ), compared as materialized (
                select rows.*, _row_kept from rows join involved using ({ROW})
            )
            select lost.{ROW}, 'deduplicated' as fate,
                case when {same} then 'exact duplicate' else 'conflicting duplicate' end as rule,
                {literal(", ".join(self.key_columns))} as column, concat_ws(', ', {values}) as value
            from compared as lost join compared as kept on lost._row_kept = kept.{ROW}
            where lost.{ROW} <> lost._row_kept"""
        return inputs.sql(query, rows=rows)

    def apply(self, rows: Relation, inputs: Inputs) -> Relation:
        return rows

    def _best_first(self) -> str:
        if self.keep == "first":
            return f"{order_sql(self.order_by)}, {ROW}".removeprefix(", ")
        reversed_ = [term[1:] if term.startswith("-") else f"-{term}" for term in self.order_by]
        return f"{order_sql(reversed_)}, {ROW} desc".removeprefix(", ")
