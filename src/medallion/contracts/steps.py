"""What makes and judges rows: transforms and expectations."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, ClassVar, Literal, TypeAlias

from medallion.contracts.plugin import Plugin
from medallion.errors import StepError, did_you_mean
from medallion.records import Tally

if TYPE_CHECKING:
    import duckdb

    Relation = duckdb.DuckDBPyRelation
    Connection = duckdb.DuckDBPyConnection

_numbers = count()

ROW = "_row"
ORIGIN = "_origin"
ASIDE = "_aside"
RESERVED = (ROW, ORIGIN, ASIDE, "file_index", "file_row_number")
"""Names that no column may have; the last two are how DuckDB calls the place of a row in Parquet files."""

Columns: TypeAlias = tuple[str, ...] | None
"""Names of columns in their order; None when they are not known before the data is read."""

Scope = Literal["rows", "key", "table"]
Grain = Literal["same", "new"]
OnFail = Literal["warn", "drop", "quarantine", "fail"]


@dataclass(frozen=True)
class Inputs:
    """The other tables a step may read, by alias or full name, and the connection to compose SQL on."""

    connection: Connection
    tables: Mapping[str, Relation] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Relation:
        if name not in self.tables:
            raise StepError(
                f"no table {name!r} among its inputs{did_you_mean(name, self.tables)}",
                hint="add it to `from`",
            )
        return self.tables[name]

    def sql(self, query: str, **relations: Relation) -> Relation:
        """A lazy relation of one SELECT over the given relations, each named by its keyword."""
        views = []
        for name, relation in relations.items():
            views.append(f"{quote(name)} as not materialized (from {viewed(relation)})")
        body = f"select * from (\n{query}\n)"
        return self.connection.sql(f"with {', '.join(views)} {body}" if views else body)


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


class Expectation(Plugin, ABC):
    """A rule on a table. `on_fail` says what a failure does: note it, take the rows out, or stop the run."""

    on_fail: OnFail = "fail"

    @property
    def rule(self) -> str:
        """How reports name it."""
        return self.name


class RowExpectation(Expectation, ABC):
    """A rule that single rows break."""

    @abstractmethod
    def violations(self, rows: Relation, inputs: Inputs) -> Relation:
        """The rows that break it: `_row` (at most once each), `column` (VARCHAR), `value` (VARCHAR)."""


class TableExpectation(Expectation, ABC):
    """A rule on the figures of a whole table; `on_fail` is "warn" or "fail"."""

    @abstractmethod
    def verdict(self, tally: Tally) -> str | None:
        """None when it holds, else one sentence with both the figure and the bound.

        `tally` spans the whole step: its `rows_out` are the rows that would be published.
        """


def quote(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: str) -> str:
    """A text as an SQL literal."""
    return "'" + value.replace("'", "''") + "'"


def viewed(rows: Relation) -> str:
    """The name of a new view on a relation, for SQL on its connection; no other relation has or gets that name."""
    name = (
        f"_view_{next(_numbers)}"  # DuckDB keeps one list of views for all that work side by side
    )
    rows.create_view(name)
    return name


def require(rows: Relation, *names: str) -> None:
    """Raise StepError naming the first column that rows lack, and what they have."""
    columns = [name for name in rows.columns if name not in (ROW, ORIGIN)]
    for name in names:
        if name not in columns:
            raise StepError(
                f"no column {name!r}{did_you_mean(name, columns)}",
                hint=f"the rows have: {', '.join(columns)}",
            )
