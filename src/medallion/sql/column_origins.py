"""Which columns a column is made of, in expressions and queries. SQL is parsed with sqlglot."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from medallion.sql.relations import Columns

if TYPE_CHECKING:
    from sqlglot import exp
    from sqlglot.lineage import Node
    from sqlglot.optimizer.scope import Scope

MAIN = "rows"
"""The name of the rows that a step is applied to, among the tables that it reads."""

ColumnOf = tuple[str, str]
"""A table, by its alias or full name, and one of its columns."""


@dataclass(frozen=True)
class ColumnOrigin:
    """What a column of a step's result is made of.

    `expression` makes it of `columns`; it is empty for a column that is passed on as it is.
    `tables` are those whose rows count, whatever their columns, as in `count()`.
    """

    expression: str = ""
    columns: tuple[ColumnOf, ...] = ()
    tables: tuple[str, ...] = ()


@dataclass(frozen=True)
class StepOrigins:
    """What the columns of a step's result are made of, by name.

    `rows` are the columns that decide which rows, or groups of rows, the result has.
    """

    columns: Mapping[str, ColumnOrigin]
    rows: tuple[ColumnOf, ...] = ()


def passed_on(columns: Iterable[str], table: str = MAIN) -> dict[str, ColumnOrigin]:
    """The origins of columns that are as they are in a table."""
    return {name: ColumnOrigin(columns=((table, name),)) for name in columns}


def made_of(expression: str, columns: Iterable[str]) -> ColumnOrigin:
    """The origin of a column computed from columns of the step's rows; without any, from rows."""
    names = tuple((MAIN, name) for name in dict.fromkeys(columns))
    return ColumnOrigin(expression, names, () if names else (MAIN,))


def columns_in(expression: str, known: Collection[str]) -> tuple[str, ...] | None:
    """The known columns that an SQL expression names; None when it cannot be parsed."""
    import sqlglot
    from sqlglot import exp

    try:
        tree = sqlglot.parse_one(expression, dialect="duckdb")
    except sqlglot.errors.SqlglotError:
        return None
    names = {name.casefold(): name for name in known}
    words = [part.name.casefold() for each in tree.find_all(exp.Column) for part in each.parts]
    return tuple(dict.fromkeys(names[word] for word in words if word in names))


def select_origins(query: str, tables: Mapping[str, Columns]) -> StepOrigins | None:
    """What the columns of a SELECT are made of; None when it cannot be followed.

    `tables` has the columns of each table that it may read, by name.
    """
    import sqlglot
    from sqlglot.optimizer.qualify import qualify
    from sqlglot.optimizer.scope import build_scope

    schema: dict[str, object] = {
        name.lower(): dict.fromkeys(columns, "unknown")
        for name, columns in tables.items()
        if columns is not None and "." not in name
    }
    try:
        tree = qualify(
            sqlglot.parse_one(query, dialect="duckdb"),
            schema=schema,
            dialect="duckdb",
            quote_identifiers=False,
            validate_qualify_columns=False,
        )
        scope = build_scope(tree)
        return None if scope is None else _SelectOrigins(tree, scope, tables).origins()
    except (sqlglot.errors.SqlglotError, AttributeError, KeyError, ValueError):
        return None  # a construct that sqlglot does not know


class _SelectOrigins:
    """The origins of one qualified query."""

    def __init__(self, tree: exp.Expr, scope: Scope, tables: Mapping[str, Columns]) -> None:
        self.tree = tree
        self.scope = scope
        self.names = {name.lower(): name for name in tables}
        self.columns = {
            name.lower(): {column.casefold(): column for column in columns or ()}
            for name, columns in tables.items()
        }

    def origins(self) -> StepOrigins:
        from sqlglot.lineage import lineage

        nodes = lineage(None, self.tree, {}, dialect="duckdb", scope=self.scope)
        columns = {name: self._origin(node) for name, node in nodes.items()}
        return StepOrigins(columns, tuple(dict.fromkeys(self._rows())))

    def _origin(self, node: Node) -> ColumnOrigin:
        from sqlglot import exp

        leaves = [each for each in node.walk() if not each.downstream]
        origins = [self._column(leaf) for leaf in leaves]
        columns = tuple(dict.fromkeys(column for column in origins if column))
        whole = any(leaf.expression.find(exp.Star, exp.Columns) for leaf in leaves)
        tables = self._tables() if whole or not columns else ()
        computed = node
        while len(computed.downstream) == 1 and _bare(computed.expression):
            computed = computed.downstream[0]
        bare = _bare(computed.expression)
        text = computed.expression.unalias().sql(dialect="duckdb")
        return ColumnOrigin("" if bare else text, columns, tables)

    def _column(self, leaf: Node) -> ColumnOf | None:
        """The column of a table at the end of a path."""
        from sqlglot import exp

        if not isinstance(leaf.source, exp.Table):
            return None
        table = leaf.source.name.lower()
        column = leaf.name.rpartition(".")[2].strip('"').casefold()
        if column not in self.columns.get(table, {}):
            return None
        return self.names[table], self.columns[table][column]

    def _tables(self) -> tuple[str, ...]:
        from sqlglot import exp

        read = [table.name.lower() for table in self.tree.find_all(exp.Table)]
        return tuple(dict.fromkeys(self.names[name] for name in read if name in self.names))

    def _rows(self) -> Iterator[ColumnOf]:
        """The columns of conditions, joins and groups."""
        from sqlglot import exp

        clauses = (exp.Where, exp.Join, exp.Group, exp.Having, exp.Qualify)
        for scope in self.scope.traverse():
            for column in scope.columns:
                source = scope.sources.get(column.table)
                clause = column.find_ancestor(*clauses, exp.Select)
                if isinstance(source, exp.Table) and isinstance(clause, clauses):
                    table, name = source.name.lower(), column.name.casefold()
                    if name in self.columns.get(table, {}):
                        yield self.names[table], self.columns[table][name]


def _bare(expression: exp.Expr) -> bool:
    from sqlglot import exp

    return isinstance(expression.unalias(), exp.Column | exp.Table | exp.Identifier)
