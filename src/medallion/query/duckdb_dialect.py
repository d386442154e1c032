"""Validated queries as SQL of DuckDB."""

from __future__ import annotations

from typing import Any

from medallion.query.aggregation import Term
from medallion.query.column_types import Kind
from medallion.query.sql_dialect import SqlDialect, Statement
from medallion.query.stored_integers import scaled
from medallion.query.text_folding import search_pattern


class DuckDbDialect(SqlDialect):
    """DuckDB: timestamps are stored in UTC without a zone; an order says where nulls are."""

    quantile = "quantile_cont"
    ascending = "asc nulls first"
    descending = "desc nulls last"

    def encode(self, kind: Kind, value: Any) -> Any:
        if kind.name == "decimal" or kind.wide:
            return scaled(kind, value)
        return value.replace(tzinfo=None) if kind.zoned else value

    def contains(self, column: str, text: str) -> Statement:
        return f"contains({column}, ?)", [text]

    def search(self, column: str, text: str) -> Statement:
        return f"regexp_matches({column}, ?)", [search_pattern(text)]

    def startswith(self, column: str, prefix: str) -> Statement:
        return f"starts_with({column}, ?)", [prefix]

    def period(self, column: str, term: Term, kind: Kind) -> str:
        return f"date_trunc('{term.form}', {column})"

    def finite(self, expression: str) -> str:
        return f"nullif({expression}, 'nan'::double)"
