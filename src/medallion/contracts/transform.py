"""The contract of transforms: rows in, rows out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Literal

from medallion.contracts.plugin import Plugin
from medallion.records import Column
from medallion.sql.column_origins import ColumnOrigin, StepOrigins, passed_on
from medallion.sql.group_links import GroupColumns
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
    of gathering their rows. `opaque` means that only a run may call it, because its code may do
    anything; `check` calls all other steps with tables that have no rows. `separates_parts` means
    that `partial` may be given the rows of several parts at once.
    """

    scope: ClassVar[Scope] = "rows"
    only_removes: ClassVar[bool] = False
    grain: ClassVar[Grain] = "same"
    threaded: ClassVar[bool] = True
    keeps_columns: ClassVar[bool] = False
    opaque: ClassVar[bool] = False
    separates_parts: ClassVar[bool] = False

    def declared_columns(self) -> tuple[Column, ...] | None:
        """The columns of the result of an opaque step; None when only a run shows them.

        Raises StepError when the step cannot be called at all.
        """
        return None

    def result_columns(self, rows: Columns, others: Mapping[str, Columns]) -> Columns:
        """The columns of the result for rows with these columns.

        `others` are the columns of other tables by alias or full name. None, the default, when they
        depend on the data; then `check` cannot check them.
        """
        return rows if self.keeps_columns else None

    def column_origins(
        self, rows: tuple[str, ...], others: Mapping[str, Columns]
    ) -> StepOrigins | None:
        """What the columns of the result are made of, for `medallion lineage`.

        `rows` and `others` are as in `result_columns`; MAIN stands for the former. None when the
        step does not say, which is the default unless it keeps its columns: then those that it
        `changes` are each made of themselves.
        """
        if not self.keeps_columns:
            return None
        changed, columns = self.changes(rows), passed_on(rows)
        settings = self.model_dump(mode="json").get(self.value_field or "")
        for name in changed:
            setting = settings.get(name) if isinstance(settings, dict) else None
            expression = self.name if setting is None else f"{self.name} {setting}"
            columns[name] = ColumnOrigin(expression, columns[name].columns)
        return StepOrigins(columns)

    def key(self) -> tuple[str, ...]:
        """The columns whose equal values must be processed together when `scope` is "key"."""
        return ()

    def result_key(self) -> tuple[str, ...]:
        """The columns that identify a row of the result; () when no two rows need to differ.

        By default `key()`, if the step has scope "key" and makes or leaves one row of each key.
        """
        makes_or_removes = self.grain == "new" or self.only_removes
        return self.key() if self.scope == "key" and makes_or_removes else ()

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

    def partial(self, rows: Relation, inputs: Inputs) -> Relation | None:
        """Partial results over some of the rows, for a step of grain "new" without `set_aside`.

        `combine` makes the result of all rows from those of their parts; they must not depend on
        `_row` or `_origin` but by order. No reserved columns. None, the default, when parts of rows
        with these columns cannot give exactly what `apply` gives for all rows.

        If the step `separates_parts`, rows of several parts may have a column PART, their numbers:
        then the result has it too, and the partial results of each part.
        """
        return None

    def combine(self, partials: Relation, inputs: Inputs) -> Relation:
        """The result of `apply` for all rows, lazily, from the partial results of their parts.

        `_row` orders the partial results as the parts are ordered. `inputs` are those of `partial`,
        without the main table.
        """
        raise NotImplementedError(f"{self.name} has no partial results")

    def group_columns(self, rows: Relation, inputs: Inputs) -> Mapping[str, GroupColumns] | None:
        """How the rows of tables take part in groups, for a step of grain "new".

        By alias, and by MAIN for `rows`; not every table need be there. `apply`, of tables with
        only the rows of some values of a key, must give the same rows with these values as of all
        rows, whatever their order. None, the default, when a group depends on more.
        """
        return None

    def arranged(self, result: Relation, inputs: Inputs) -> Relation:
        """Rows of results in the order in which `apply` would return them; by default as they are.

        Called for steps with `group_columns`.
        """
        return result

    @abstractmethod
    def apply(self, rows: Relation, inputs: Inputs) -> Relation:
        """The transformed rows, lazily. Raises StepError naming the column or value at fault."""

    def trace_key(self, rows: Relation, inputs: Inputs) -> tuple[str, ...] | None:
        """The columns of a new row whose values say which rows it was made of; None for all.

        For a step of grain "new". `trace` gets at least these columns.
        """
        return None

    def trace(
        self, result: Relation, rows: Relation, inputs: Inputs
    ) -> Mapping[str, Relation] | None:
        """The rows that some rows of the result were made of, for `medallion why`.

        By alias, `_row` of the rows of other tables; by MAIN, those of `rows`. A step of grain
        "same" leaves the latter out: each row was made of the one with its `_row`. `rows` are those
        that `apply` gets. None, the default of all steps but those that treat each row alone or
        only remove rows, when the step does not say.
        """
        alone = self.grain == "same" and (self.scope == "rows" or self.only_removes)
        return {} if alone and not self.reads() else None
