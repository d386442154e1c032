"""`trim`: cut white space off both ends of texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from medallion.contracts import Inputs, Transform, quote, require
from medallion.errors import StepError
from medallion.sql.column_transform import replace
from medallion.sql.expressions import SomeNames, kinds, public

if TYPE_CHECKING:
    from medallion.contracts import Relation

# Unicode's White_Space; \p{Z} brings the no-break, thin and ideographic spaces.
SPACE = r"[\t-\r \x{85}\p{Z}]"


class Trim(Transform):
    r"""Cuts white space off both ends of texts; a text that held nothing else becomes NULL.

    All Unicode white space counts: tabs, line ends, no-break spaces. Bare, it trims every text column;
    given `columns`, only those.

    ```yaml
    steps:
      - trim
      - trim: [name, email]
    ```

    Errors: StepError when a listed column is missing or holds no text.
    """

    name = "trim"
    value_field = "columns"
    keeps_columns = True

    columns: SomeNames | None = None

    def apply(self, rows: Relation, inputs: Inputs) -> Relation:
        kind = kinds(rows)
        require(rows, *(self.columns or ()))
        for column in self.columns or ():
            if kind[column] != "varchar":
                raise StepError(
                    f"column {column!r} is {kind[column].upper()}, no text",
                    hint="leave it out of `trim`",
                )
        chosen = self.columns or [column for column in public(rows) if kind[column] == "varchar"]
        return replace(rows, {column: stripped(quote(column)) for column in chosen})


def stripped(text: str) -> str:
    """SQL of a text without white space at its ends, NULL when nothing is left.

    The tests ahead of the regular expression let nearly every value pass at a fifth of its cost: one of ASCII alone
    whose first and last characters both come after the space.
    """
    clean = f"{text} >= '!' and {text} < chr(127) and reverse({text}) >= '!' and strlen({text}) = length({text})"
    cut = rf"nullif(regexp_replace({text}, '^{SPACE}+|{SPACE}+$', '', 'g'), '')"
    return f"case when {clean} then {text} else {cut} end"
