"""The contract of transforms: rows in, rows out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Literal

from medallion.contracts.plugin import Plugin
from medallion.sql.relations import Columns, Inputs

if TYPE_CHECKING:
    from medallion.sql.relations import Relation

Scope = Literal["rows", "key", "table"]
Grain = Literal["same", "new"]


class Transform(Plugin, ABC):
    """Rows in, rows out, no input or output of its own.

    `scope` is all an engine needs to spread the work: "rows" when each row is treated alone, "key"
    when all rows of one `key()` must come together, "table" when it needs all rows.
    `grain` is "same" when every row that is not set aside comes out once with its `_row` and
    `_origin`, "new" when other rows are made; those need no `_row`, and may carry `_origin`.
    `threaded` False keeps a table with this step in the thread that called `run`: tables are computed side by side,
    which a user's own code need not bear.
    `keeps_columns` says that the columns that come out are those that came in, whatever their types.
    """

    scope: ClassVar[Scope] = "rows"
    grain: ClassVar[Grain] = "same"
    threaded: ClassVar[bool] = True
    keeps_columns: ClassVar[bool] = False

    def result_columns(self, rows: Columns, others: Mapping[str, Columns]) -> Columns:
        """The columns that come out of rows with these, `others` being those of other tables by alias or full name.

        None when the declaration does not tell, as by default; `check` then leaves it to the run.
        """
        return rows if self.keeps_columns else None

    def key(self) -> tuple[str, ...]:
        """The columns whose equal values must come together when `scope` is "key"."""
        return ()

    def set_aside(self, rows: Relation, inputs: Inputs) -> Relation | None:
        """The rows that go no further, before `apply` sees the rest; None when there can be none.

        Columns, in this order: `_row` (at most once each), `fate` ("deduplicated", "dropped" or
        "quarantined"), `rule` (VARCHAR), `column` (VARCHAR or NULL), `value` (VARCHAR or NULL).
        """
        return None

    def judge(self, rows: Relation, inputs: Inputs) -> Relation | None:
        """`apply` and `set_aside` in one pass over the rows, for a step of grain "same" whose two share costly work.

        All rows, as `apply` would make them, and a last column `_aside` (VARCHAR): NULL where a row goes on, else
        a JSON object of `fate`, `rule`, `column` and `value`. None when the step has no such way.
        """
        return None

    @abstractmethod
    def apply(self, rows: Relation, inputs: Inputs) -> Relation:
        """The transformed rows, lazily. Raises StepError, saying which column or value is at fault."""
