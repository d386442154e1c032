"""`trim`: remove white space from both ends of texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from medallion.contracts import Inputs, Transform, quote, require
from medallion.errors import StepError
from medallion.sql.column_transform import replace
from medallion.sql.duckdb_types import type_of
from medallion.sql.expressions import WHITE_SPACE, SomeNames, kinds, public

if TYPE_CHECKING:
    from medallion.contracts import Relation


class Trim(Transform):
    r"""Removes white space from both ends of texts; a text of white space alone becomes NULL.

    All Unicode white space counts: tabs, line ends, no-break spaces. By default, it trims every
    text column; with `columns`, only those.

    ```yaml
    steps:
      - trim
      - trim: [name, email]
    ```

    Raises StepError when a listed column is missing or is not text.
    """

    name = "trim"
    value_field = "columns"
    keeps_columns = True

    columns: SomeNames | None = None

    def changes(self, columns: tuple[str, ...]) -> tuple[str, ...]:
        return columns if self.columns is None else self.columns

    def apply(self, rows: Relation, inputs: Inputs) -> Relation:
        kind = kinds(rows)
        require(rows, *(self.columns or ()))
        for column in self.columns or ():
            if kind[column] != "varchar":
                raise StepError(
                    f"column {column!r} is {type_of(rows, column)}, not text",
                    hint="leave it out of `trim`",
                )
        columns = self.columns or [column for column in public(rows) if kind[column] == "varchar"]
        return replace(rows, {column: stripped(quote(column)) for column in columns})


def stripped(text: str) -> str:
    """SQL of a text without white space at its ends, NULL when nothing is left.

    The tests before the regular expression cost a fifth of it and hold for nearly every value: one
    of ASCII characters whose first and last both sort after the space.
    """
    ascii_only = f"{text} < chr(127) and strlen({text}) = length({text})"
    clean = f"{text} >= '!' and {text}[-1] >= '!' and {ascii_only}"
    cut = rf"nullif(regexp_replace({text}, '^{WHITE_SPACE}+|{WHITE_SPACE}+$', '', 'g'), '')"
    return f"case when {clean} then {text} else {cut} end"
