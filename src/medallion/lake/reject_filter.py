"""Which rejected rows are wanted: by rule, by file and by column."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, TypeAlias, TypedDict

from medallion.contracts import literal
from medallion.errors import CallError, did_you_mean
from medallion.records import Snapshot

if TYPE_CHECKING:
    from medallion.contracts import Relation

Names: TypeAlias = str | Collection[str]

UNREADABLE = "format"  # the rule of records that could not be split into fields


class RowChoice(TypedDict, total=False):
    """Which rows to list: of a release or run, and by names of rules, files and columns."""

    release: str | None
    run: str | None
    rule: Names
    file: Names
    column: Names


@dataclass(frozen=True)
class KnownNames:
    """The rules that may reject rows, and the columns that they may name."""

    rules: frozenset[str] = frozenset()
    columns: frozenset[str] = frozenset()

    @classmethod
    def of(cls, tables: Mapping[str, Snapshot], table: str | None) -> KnownNames:
        """Those of all tables of a release, or of one of them and the tables that it reads."""
        snapshots = [tables[table]] if table else list(tables.values())
        inputs = [tables[name] for each in snapshots for name in each.inputs if name in tables]
        uses = (use for each in snapshots for use in each.made_by if use.role != "layer")
        columns = (column.name for each in (*snapshots, *inputs) for column in each.columns)
        return cls(frozenset(use.name for use in uses) | {UNREADABLE}, frozenset(columns))


@dataclass(frozen=True)
class RejectFilter:
    """Rows of any of some rules, files and columns; without names, of all.

    A file is named by its path, by the end of it, or by a pattern of either, such as `2026-*.csv`.
    """

    rules: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()

    @classmethod
    def of(cls, rule: Names = (), file: Names = (), column: Names = ()) -> RejectFilter:
        """A filter by one name or several."""
        return cls(_listed(rule), _listed(file), _listed(column))

    def __bool__(self) -> bool:
        return bool(self.rules or self.files or self.columns)

    def condition(self, rows: Relation, known: Callable[[], KnownNames]) -> str:
        """SQL of the wanted ones among some rejects.

        Parameters: `known` are names that may be given although no row has them. Raises CallError
        for an unknown rule or column.
        """
        groups = rows.project('rule, file, "column"').distinct().fetchall()
        rules = {rule for rule, _, _ in groups}
        columns = {column for _, _, column in groups if column is not None}
        members = {name for column in columns for name in _members(column)}
        if not (rules.issuperset(self.rules) and members.issuperset(self.columns)):
            names = known()
            _require("rule", self.rules, rules | names.rules)
            _require("column", self.columns, members | names.columns)
        parts = ["true"]
        if self.rules:
            parts.append(_any_of("rule", self.rules))
        if self.files:
            names_of_files = {file for _, file, _ in groups if file is not None}
            parts.append(_any_of("file", filter(self._names, names_of_files)))
        if self.columns:
            wanted = {*self.columns}
            named = (column for column in columns if wanted & _members(column))
            parts.append(_any_of('"column"', named))
        return " and ".join(parts)

    def _names(self, file: str) -> bool:
        return any(
            file == pattern or fnmatchcase(file, pattern) or fnmatchcase(file, f"*/{pattern}")
            for pattern in self.files
        )


ALL = RejectFilter()


def require_table(table: str, place: str, tables: Collection[str]) -> None:
    """Raise CallError when a table is not among those of a release or a run, its `place`."""
    if table not in tables:
        raise CallError(f"there is no table {table!r} in {place}{did_you_mean(table, tables)}")


def _listed(names: Names) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)


def _members(column: str) -> set[str]:
    """The columns that the `column` of a reject names: several for a key, such as `id, day`."""
    return {column, *column.split(", ")}


def _require(kind: str, names: Iterable[str], known: Collection[str]) -> None:
    for name in names:
        if name not in known:
            raise CallError(f"there is no {kind} {name!r}{did_you_mean(name, known)}")


def _any_of(column: str, values: Iterable[str]) -> str:
    listed = ", ".join(map(literal, sorted(values)))
    return f"{column} in ({listed})" if listed else "false"
