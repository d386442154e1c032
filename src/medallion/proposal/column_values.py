"""The values of one column and how often each occurs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, cast

from medallion.contracts import literal, quote
from medallion.sql.expressions import NESTED, WHITE_SPACE, prepare

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb.sqltypes import DuckDBPyType

    from medallion.contracts import Connection, Relation

SHOWN = 3  # values that do not fit
VALUE = '"value"'

# What people write where a value is missing. An empty text and white space are NULL after `trim`.
NULL_WORDS = ("na", "n/a", "#n/a", "null", "none", "nan", "nil", "-", "--", "?", "\\n")


@dataclass(frozen=True)
class Share:
    """How many of some values fit; `misfits` are the most frequent others, with their counts."""

    fitting: int
    total: int
    misfits: tuple[tuple[str, int], ...] = ()

    @property
    def fraction(self) -> float:
        return self.fitting / self.total if self.total else 1.0


class ColumnValues:
    """The distinct values of a column of some rows, without the white space around texts."""

    def __init__(self, rows: Relation, name: str) -> None:
        self.name = name
        self.type: DuckDBPyType = rows.types[rows.columns.index(name)]
        self._connection = _connect(self._counted(rows))
        self.rows = self.count("true")

    @property
    def is_text(self) -> bool:
        return str(self.type) == "VARCHAR"

    @property
    def is_nested(self) -> bool:
        return self.type.id in NESTED

    @cached_property
    def meant(self) -> int:
        """The number of rows with a value that is neither NULL nor a word for it."""
        return self.count(self._is_meant())

    @cached_property
    def spaced(self) -> int:
        """The number of rows whose text has white space around it."""
        return self._number("sum(spaced)")

    @cached_property
    def null_words(self) -> tuple[str, ...]:
        """The values that stand for a missing value, as they are written."""
        if not self.is_text:
            return ()
        words = ", ".join(map(literal, NULL_WORDS))
        query = f"select {VALUE} from counts where lower({VALUE}) in ({words}) order by all"
        return tuple(row[0] for row in self._connection.execute(query).fetchall())

    def count(self, condition: str) -> int:
        """The number of rows whose value meets an SQL condition on `"value"`."""
        return self._number(f"sum(times) filter (where {condition})")

    def share(self, condition: str) -> Share:
        """How many of the values that are neither NULL nor a word for it meet a condition."""
        meant = self._is_meant()
        fitting = self.count(f"{meant} and ({condition})")
        query = f"""select cast({VALUE} as varchar), times from counts
            where {meant} and ({condition}) is not true order by times desc, 1 limit {SHOWN}"""
        return Share(fitting, self.meant, tuple(self._connection.execute(query).fetchall()))

    def largest(self, number: str, condition: str) -> int:
        """The largest value of an SQL expression over values that meet a condition, or 0."""
        return self._number(f"max({number}) filter (where {condition})")

    def most_frequent(self, limit: int) -> list[tuple[str, int]]:
        """The values with the highest counts, the highest first."""
        query = f"""select cast({VALUE} as varchar), times from counts where {self._is_meant()}
            order by times desc, 1 limit {limit}"""
        return self._connection.execute(query).fetchall()

    def once(self) -> Share:
        """How many rows have a value that no other row has."""
        return self.share("times = 1")

    def within(self, others: ColumnValues) -> Share:
        """How many of the values occur in another column."""
        self._connection.register("others", others.table())
        known = f"cast({VALUE} as varchar) in (select cast({VALUE} as varchar) from others)"
        return self.share(known)

    def table(self) -> pa.Table:
        """The distinct values."""
        return self._connection.sql(
            f"select {VALUE} from counts where {VALUE} is not null"
        ).to_arrow_table()

    def _is_meant(self) -> str:
        words = ", ".join(map(literal, self.null_words)) or "''"
        return f"({VALUE} is not null and cast({VALUE} as varchar) not in ({words}))"

    def _counted(self, rows: Relation) -> pa.Table:
        column = quote(self.name)
        if self.is_text:
            ends = f"^{WHITE_SPACE}+|{WHITE_SPACE}+$"
            value = f"nullif(regexp_replace({column}, {literal(ends)}, '', 'g'), '')"
            spaced = f"count(*) filter (where {value} <> {column})"
        else:
            value, spaced = column, "0"
        query = (
            f"select {value} as value, count(*) as times, {spaced} as spaced from rows group by 1"
        )
        return cast("Relation", rows.query("rows", query)).to_arrow_table()

    def _number(self, expression: str) -> int:
        """A whole number computed over the counts, 0 for NULL."""
        return int(
            self._connection.execute(f"select {expression} from counts").fetchall()[0][0] or 0
        )


def _connect(counts: pa.Table) -> Connection:
    import duckdb

    connection = duckdb.connect()
    prepare(connection)
    connection.register("counted", counts)
    connection.execute("create table counts as from counted").fetchall()
    connection.unregister("counted")
    return connection
