"""What the columns of one table are made of: the answers of its steps, one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from medallion.contracts import MAIN, ColumnOrigin, Columns, StepOrigins, Transform
from medallion.declaration.models import Table


class ColumnName(NamedTuple):
    """A column of a table, by the table's full name; an empty `column` stands for its rows."""

    table: str
    column: str

    def __str__(self) -> str:
        return f"{self.table}.{self.column}" if self.column else f"the rows of {self.table}"


@dataclass(frozen=True)
class StepExpression:
    """What a step computes: its place below the table, such as `steps[1].cast`, and its text."""

    step: str
    text: str


@dataclass(frozen=True)
class Derivation:
    """How a column is made of columns of other tables.

    `inputs` are these columns, and `expressions` what the steps compute, in their order. `unknown`
    says why it cannot be followed; its inputs are then the rows of all tables that were read.
    """

    inputs: tuple[ColumnName, ...] = ()
    expressions: tuple[StepExpression, ...] = ()
    unknown: str = ""


@dataclass(frozen=True)
class TableLineage:
    """The derivations of a table's columns by name, and the columns that decide its rows."""

    columns: Mapping[str, Derivation]
    rows: tuple[ColumnName, ...]


def table_lineage(
    table: Table, columns: Mapping[str, Columns], stages: Iterable[Columns]
) -> TableLineage:
    """What the columns of a table are made of.

    Parameters: `columns` are those of the tables that it reads, by full name; `stages` its own
    after each step, None where they are not known.
    """
    following = _Following(table, columns)
    for position, (step, after) in enumerate(zip(table.steps, stages, strict=True)):
        following.step(f"steps[{position}].{step.name}", step, after)
    return TableLineage(following.columns or {}, tuple(following.rows))


class _Following:
    """The steps of one table, used once."""

    def __init__(self, table: Table, columns: Mapping[str, Columns]) -> None:
        self.reads = table.reads()
        self.main = table.main
        self.names = {alias: columns.get(read) for alias, read in self.reads.items()}
        main = columns.get(self.main)
        self.columns = (
            None
            if main is None
            else {name: Derivation((ColumnName(self.main, name),)) for name in main}
        )
        self.rows: dict[ColumnName, None] = {}

    def step(self, place: str, step: Transform, after: Columns) -> None:
        """Follow a step, whose result has the columns `after` as far as they are known."""
        origins = None
        if self.columns is not None:
            rows = tuple(self.columns)
            main = next(alias for alias, read in self.reads.items() if read == self.main)
            origins = step.column_origins(rows, {**self.names, main: rows})
        made = {} if origins is None else dict(self._made(place, origins))
        if after is None:
            self.columns = made if origins is not None else None
            return
        by_case = {name.casefold(): derivation for name, derivation in made.items()}
        lost = Derivation(
            tuple(ColumnName(read, "") for read in self.reads.values()),
            (StepExpression(place, ""),),
            f"{place} cannot be followed",
        )
        self.columns = {name: by_case.get(name.casefold(), lost) for name in after}

    def _made(self, place: str, origins: StepOrigins) -> Iterator[tuple[str, Derivation]]:
        for column in origins.rows:
            self.rows.update(dict.fromkeys(self._derivation(column).inputs))
        for name, origin in origins.columns.items():
            yield name, self._combined(place, origin)

    def _combined(self, place: str, origin: ColumnOrigin) -> Derivation:
        parts = [self._derivation(column) for column in origin.columns]
        inputs = [name for part in parts for name in part.inputs]
        inputs += [ColumnName(self._table(table), "") for table in origin.tables]
        expressions = [each for part in parts for each in part.expressions]
        expressions += [StepExpression(place, origin.expression)] if origin.expression else []
        return Derivation(
            tuple(dict.fromkeys(inputs)),
            tuple(dict.fromkeys(expressions)),
            next((part.unknown for part in parts if part.unknown), ""),
        )

    def _derivation(self, column: tuple[str, str]) -> Derivation:
        table, name = column
        if self._table(table) != self.main:
            return Derivation((ColumnName(self._table(table), name),))
        return (self.columns or {}).get(name, Derivation())

    def _table(self, alias: str) -> str:
        """The full name of a table; that of the main one for the rows of a step."""
        return self.main if alias == MAIN else self.reads[alias]
