"""Validated queries as SQL of PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from medallion.contracts import Kind, Metric, Sort, Term, fold
from medallion.query.sql_dialect import SqlDialect, Statement, column_sql, double
from medallion.query.text_folding import accents, letters_folded_to
from medallion.sinks.postgres.database import qualified

_ZERO = "\0"  # no stored text has this character


class PostgresDialect(SqlDialect):
    """PostgreSQL: a schema before each table; an order says where nulls are.

    The columns `required` are never null: their order is as PostgreSQL's primary keys have it.
    """

    ascending = "asc nulls first"
    descending = "desc nulls last"
    native_decimals = True

    def __init__(self, schema: str, required: Sequence[str] = ()) -> None:
        self.schema = schema
        self.required = required

    def relation(self, table: str) -> str:
        return qualified(self.schema, table)

    def encode(self, kind: Kind, value: Any) -> Any:
        return value

    def direction(self, sort: Sort) -> str:
        if sort.field in self.required:
            return "desc" if sort.descending else "asc"
        return super().direction(sort)

    def compare(self, column: str, operator: str, value: Any) -> Statement:
        if not isinstance(value, str) or _ZERO not in value:
            return super().compare(column, operator, value)
        if operator == "eq":
            return "false", []
        if operator == "ne":
            return f"{column} is not null", []
        # The text before U+0000 is the greatest stored text that is less.
        below = operator in ("lt", "lte")
        return f"{column} {'<=' if below else '>'} ?", [value.partition(_ZERO)[0]]

    def unstorable(self, value: Any) -> bool:
        return isinstance(value, str) and _ZERO in value

    def contains(self, column: str, text: str) -> Statement:
        return ("false", []) if _ZERO in text else (f"strpos({column}, ?) > 0", [text])

    def startswith(self, column: str, prefix: str) -> Statement:
        return ("false", []) if _ZERO in prefix else super().startswith(column, prefix)

    def search(self, column: str, text: str) -> Statement:
        """The text, where it is ASCII, is searched in lower case; a regular expression is slow."""
        folded = fold(text)
        if _ZERO in folded:
            return "false", []
        ascii_only = f"octet_length({column}) = length({column})"
        pattern = "".join(map(_letter_class, folded))
        in_ascii = f"strpos(lower({column}), ?) > 0"
        elsewhere = f"regexp_replace({column}, ?, '', 'g') ~ ?"
        return (
            f"case when {ascii_only} then {in_ascii} else {elsewhere} end",
            [folded, _accent_class(), pattern],
        )

    def period(self, column: str, term: Term, kind: Kind) -> str:
        # Neither the zone of the session nor that of the server matters.
        moment = f"{column} at time zone 'UTC'" if kind.zoned else f"cast({column} as timestamp)"
        return f"date_trunc('{term.form}', {moment})"

    def finite(self, expression: str) -> str:
        return f"nullif({expression}, 'NaN'::double precision)"

    def quantile_of(self, value: str, fraction: float) -> str:
        return f"percentile_cont({fraction!r}) within group (order by {value})"

    def metric(self, metric: Metric, kinds: Mapping[str, Kind]) -> str:
        kind = kinds[metric.column] if metric.column else Kind("integer")
        column = column_sql(metric.column or "")
        match metric.function:
            case "min" | "max" if (
                kind.name == "boolean"
            ):  # PostgreSQL has no order of booleans here
                return f"bool_{'and' if metric.function == 'min' else 'or'}({column})"
            case "sum" if kind.name == "float":
                return self.finite(f"sum({column})")
            case "mean" if not metric.weight:
                # Its average of floating point squares the values, which may overflow.
                value = f"sum({column}) / nullif(count({column}), 0)"
                return self.finite(value if kind.name == "float" else double(f"avg({column})"))
        return super().metric(metric, kinds)


@cache
def _letter_class(letter: str) -> str:
    """A class of all letters that fold to this one, for a regular expression of PostgreSQL."""
    return f"[{''.join(map(_escaped, letters_folded_to(letter)))}]"


@cache
def _accent_class() -> str:
    """A regular expression for accents."""
    return f"[{''.join(f'{_escaped(first)}-{_escaped(last)}' for first, last in accents())}]+"


def _escaped(letter: str) -> str:
    return letter if letter.isalnum() else f"\\U{ord(letter):08x}"
