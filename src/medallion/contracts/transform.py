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
    """Rows in, rows out, without input or output of its own.

    `scope` tells an engine how to distribute the work: "rows" when each row is computed alone,
    "key" when all rows of one `key()` are needed together, "table" when all rows are. `grain` is
    "same" when every row that is not set aside comes out once with its `_row` and `_origin`, "new"
    when other rows are made; those need no `_row`, and may have `_origin`. `threaded` False
    computes a table with this step in the thread that called `run`: other tables are computed in
    parallel, for which a user's code need not be safe. `keeps_columns` means that the result has
    the same columns, of whatever types. `only_removes` means that `apply` returns the rows as they
    are: a step of scope "key" that only removes rows reads few columns of all partitions, instead
    of gathering their rows.
    """

    scope: ClassVar[Scope] = "rows"
    only_removes: ClassVar[bool] = False
    grain: ClassVar[Grain] = "same"
    threaded: ClassVar[bool] = True
    keeps_columns: ClassVar[bool] = False

    def result_columns(self, rows: Columns, others: Mapping[str, Columns]) -> Columns:
        """The columns of the result for rows with these columns.

        `others` are the columns of other tables by alias or full name. None, the default, when they
        depend on the data; then `check` cannot check them.
        """
        return rows if self.keeps_columns else None

    def key(self) -> tuple[str, ...]:
        """The columns whose equal values must be processed together when `scope` is "key"."""
        return ()

    def changes(self, columns: tuple[str, ...]) -> tuple[str, ...]:
        """Which of these columns `apply` may change, rename or remove; by default all."""
        return () if self.only_removes else columns

    def set_aside(self, rows: Relation, inputs: Inputs) -> Relation | None:
        """The rows that are removed before `apply` sees the rest; None when there can be none.

        Columns, in this order: `_row` (at most once each), `fate` ("deduplicated", "dropped" or
        "quarantined"), `rule` (VARCHAR), `column` (VARCHAR or NULL), `value` (VARCHAR or NULL).
        """
        return None

    def judge(self, rows: Relation, inputs: Inputs) -> Relation | None:
        """`apply` and `set_aside` in one pass, for a step of grain "same" whose two share work.

        The result has all rows, as `apply` returns them, and a last column `_aside` (VARCHAR): NULL
        for a row that is kept, else a JSON object of `fate`, `rule`, `column` and `value`. None,
        the default, when the step does not support this.
        """
        return None

    @abstractmethod
    def apply(self, rows: Relation, inputs: Inputs) -> Relation:
        """The transformed rows, lazily. Raises StepError naming the column or value at fault."""
