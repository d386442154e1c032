"""Databases that tables are pulled from: what each of them implements, and what they share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Self

from medallion.contracts import CatalogTable, literal, quote
from medallion.databases.relation import Relation
from medallion.sources.increments import Bound, CursorRange


class SqlConnection(ABC):
    """An open connection. All that it reads is of one moment."""

    @abstractmethod
    def token(self) -> str:
        """A text that is equal while nothing in the database has changed; empty if unknown."""

    # SQL of table, constraint, place, column, other table and column. A table has a row without
    # constraint, and one for each column of its primary key, or of a foreign key.
    catalog: ClassVar[str]

    @abstractmethod
    def all(self, query: str, label: str) -> Sequence[Sequence[Any]]:
        """The rows of a query. Raises SourceError or UnreachableError."""

    def one(self, query: str, label: str) -> Sequence[Any]:
        """The first row of a query, or nothing."""
        return next(iter(self.all(query, label)), ())

    def tables(self, label: str) -> list[CatalogTable]:
        """The tables by name. Those in another than the default schema have it in their name."""
        keys: dict[str, dict[int, str]] = {}
        foreign: dict[tuple[str, str], list[tuple[str, str, str | None]]] = {}
        for table, constraint, place, column, other, referred in self.all(self.catalog, label):
            key = keys.setdefault(table, {})
            if other is not None:
                foreign.setdefault((table, str(constraint)), []).append((column, other, referred))
            elif constraint is not None:
                key[int(place)] = column
        ordered = {table: tuple(name for _, name in sorted(keys[table].items())) for table in keys}
        references: dict[str, dict[str, tuple[str, str]]] = {table: {} for table in keys}
        for (table, _), columns in foreign.items():
            column, other, referred = columns[0]
            target = (referred,) if referred else ordered.get(other, ())
            if len(columns) == len(target) == 1:
                references[table][column] = (other, target[0])
        return [CatalogTable(name, ordered[name], references[name]) for name in sorted(keys)]

    @abstractmethod
    def pull(self, relation: Relation) -> Iterator[bytes]:
        """A `typed_csv` file of the rows, by primary key if there is one."""

    def within(self, relation: Relation, cursor: str, values: CursorRange) -> Relation:
        """The rows of a relation whose `cursor` is in a range."""
        column, terms = relation.quoted(cursor), []
        for bound, sign in ((values.begin, ">="), (values.end, "<")):
            if bound is not None:
                terms.append(f"{column} {sign} {self.bound(relation, cursor, bound)}")
        condition = " and ".join(terms)
        if terms and values.end is None:
            condition = f"({condition} or {column} is null)"
        return replace(relation, condition=condition)

    def cut(
        self, relation: Relation, cursor: str, lag: int | str, begin: Bound | None
    ) -> tuple[Bound | None, bool]:
        """The largest value of the cursor, less the lag, and whether it is after `begin`."""
        cut = f"max({relation.quoted(cursor)})"
        if lag:
            cut = self.less(relation, cursor, cut, lag)
        after = "false" if begin is None else f"({cut}) > {self.bound(relation, cursor, begin)}"
        end, later = self.one(
            f"select {self.as_text(cut)}, {after} from {relation.origin()}", relation.label
        )
        return end, bool(int(later or 0))

    def bound(self, relation: Relation, cursor: str, bound: Bound) -> str:
        """SQL of a value of the cursor."""
        return literal(bound) if isinstance(bound, str) else str(bound)

    def less(self, relation: Relation, cursor: str, value: str, lag: int | str) -> str:
        """SQL of a value of the cursor, less a number or an interval."""
        return f"{value} - {f'interval {literal(lag)}' if isinstance(lag, str) else lag}"

    def as_text(self, value: str) -> str:
        """SQL of a value as it is kept in the release."""
        return f"({value})::text"


class SqlDatabase(ABC):
    """A database at a URL. `schemes` are those of its URLs."""

    schemes: ClassVar[tuple[str, ...]]

    def __init__(self, url: str) -> None:
        self.url = url

    def located(self, base: Path) -> Self:
        """The same database; a relative path is relative to `base`."""
        return self

    @property
    @abstractmethod
    def label(self) -> str:
        """Its name for people, without user, password and options."""

    @abstractmethod
    def connect(self) -> AbstractContextManager[SqlConnection]:
        """Open it. Raises SourceError or UnreachableError."""

    def check(self) -> None:  # noqa: B027 (most URLs need no check)
        """Raise ValueError for a URL that cannot be one of such a database."""

    def quoted(self, name: str) -> str:
        """SQL of a name."""
        return quote(name)
