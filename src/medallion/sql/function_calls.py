"""Calls such as `sum(amount)` and `quantile(amount, 0.95)` in `aggregate`, `pivot` and `window`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from medallion.errors import StepError, did_you_mean
from medallion.sql.duckdb_types import type_of
from medallion.sql.expressions import INTEGERS, NUMBERS, kinds
from medallion.sql.relations import ROW, literal, quote, require

if TYPE_CHECKING:
    from medallion.sql.relations import Relation

_CALL = re.compile(r"\s*(\w+)\s*\((.*)\)\s*", re.DOTALL)
EXACT = INTEGERS - {"hugeint", "uhugeint"} | {"decimal"}
"""The kinds of numbers whose sums and means do not depend on the order of the rows."""

_ARGUMENTS = re.compile(r'\s*(?:"((?:[^"]|"")+)"|([^",()]*[^",()\s]))\s*(?:,\s*(\d+|\d*\.\d+)\s*)?')


@dataclass(frozen=True)
class Function:
    """An SQL function that a call may name.

    `sql` has the placeholders {column}, {number}, {row} and {clause} (what follows the function's
    parenthesis). `column` is "yes", "no" or "maybe"; `number` says which number may follow it:
    "rows" (a whole one) or "fraction" (from 0 to 1); `default` is used when it is left out.
    `numeric` functions take only numbers, `exact` ones keep sums of whole numbers whole, and
    `between` ones may return a value between two others, for which the scale of a decimal would be
    too coarse. `exact_sql` is used instead of `sql` for numbers of EXACT kinds.
    """

    sql: str
    column: str = "yes"
    number: str = ""
    default: str | None = None
    numeric: bool = False
    exact: bool = False
    between: bool = False
    exact_sql: str = ""


AGGREGATES: Mapping[str, Function] = {
    "count": Function("count({column}){clause}", column="maybe"),
    "count_distinct": Function("count(distinct {column}){clause}"),
    "sum": Function("sum({column}){clause}", numeric=True, exact=True),
    "mean": Function(
        "cast(avg({column}){clause} as double)",
        numeric=True,
        exact_sql="(cast(sum({column}){clause} as double) / count({column}){clause})",
    ),
    "min": Function("min({column}){clause}"),
    "max": Function("max({column}){clause}"),
    "median": Function("median({column}){clause}", between=True),
    "quantile": Function(
        "quantile_cont({column}, {number}){clause}", number="fraction", between=True
    ),
    "stddev": Function("stddev_samp({column}){clause}", numeric=True),
    "variance": Function("var_samp({column}){clause}", numeric=True),
    "first": Function("arg_min_null({column}, {row}){clause}"),
    "last": Function("arg_max_null({column}, {row}){clause}"),
}


@dataclass(frozen=True)
class Call:
    """One `function(column, number)`; `text` is what the user wrote."""

    text: str
    function: Function
    column: str | None
    number: str | None

    @property
    def name(self) -> str:
        """The function's name."""
        return self.text.partition("(")[0].strip()

    def sql(self, rows: Relation, clause: str = "", **places: str) -> str:
        """The call as SQL over these rows. Raises StepError when the column is missing or unfit."""
        places = {"number": self.number or "", "row": ROW, "clause": clause, **places}
        if self.column is None:
            return self.function.sql.format(column="*", **places)
        require(rows, self.column)
        kind = kinds(rows)[self.column]
        double = "::double" if self.function.between and kind == "decimal" else ""
        template = (self.function.exact_sql if kind in EXACT else "") or self.function.sql
        sql = template.format(column=quote(self.column) + double, **places)
        if not self.function.numeric:
            return sql
        if kind not in NUMBERS and not (self.function.exact and kind == "boolean"):
            raise StepError(
                f"{self.text}: {self.column!r} is {type_of(rows, self.column)}, not a number",
                hint="`cast` it first",
            )
        if kind in ("float", "double") and "{clause}" in self.function.sql:
            sql = _finite(sql, quote(self.column), self.text, places["clause"])
        whole = self.function.exact and (kind in INTEGERS or kind == "boolean")
        return f"cast({sql} as bigint)" if whole else sql


def _finite(sql: str, column: str, text: str, clause: str) -> str:
    """SQL of a figure; it is an error when finite numbers give an infinite one."""
    valid = f"{sql} is null or isfinite({sql}) or not bool_and(isfinite({column})){clause}"
    overflow = literal(f"{text} leaves the range of float64")
    return f"case when {valid} then {sql} else error({overflow}) end"


def parse_call(text: str, functions: Mapping[str, Function]) -> Call:
    """Parse `function(column)` or `function(column, number)`. Raises ValueError otherwise."""
    match = _CALL.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a call such as `sum(amount)`")
    name, inside = match[1], match[2].strip()
    function = functions.get(name)
    if function is None:
        raise ValueError(f"there is no function {name!r}{did_you_mean(name, functions)}")
    if not inside or (inside == "*" and function.column != "no"):
        if function.column == "yes":
            raise ValueError(f"{name}() needs a column: `{name}(column)`")
        return Call(text, function, None, None)
    arguments = _ARGUMENTS.fullmatch(inside)
    if arguments is None or function.column == "no":
        needs = (
            "nothing"
            if function.column == "no"
            else "one column, not an expression; `derive` a column first"
        )
        raise ValueError(f"{text!r}: {name}() takes {needs}")
    column = arguments[1].replace('""', '"') if arguments[1] else arguments[2]
    return Call(text, function, column, _number(text, function, arguments[3]))


def check_calls(calls: Mapping[str, str], functions: Mapping[str, Function]) -> None:
    """Raise ValueError naming the first new column whose call is not valid."""
    for name, text in calls.items():
        try:
            parse_call(text, functions)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from error


def _number(text: str, function: Function, number: str | None) -> str | None:
    if number is None:
        if function.number and function.default is None:
            example = "0.95" if function.number == "fraction" else "3"
            raise ValueError(
                f"{text!r} lacks its number: `{text.rstrip().removesuffix(')')}, {example})`"
            )
        return function.default
    if not function.number:
        raise ValueError(f"{text!r} takes no number")
    if function.number == "rows" and not (number.isdigit() and int(number) > 0):
        raise ValueError(f"{text!r}: {number} is not a whole number of rows from 1 up")
    if function.number == "fraction" and float(number) > 1:
        raise ValueError(f"{text!r}: {number} is not between 0 and 1")
    return number
