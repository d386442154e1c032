"""`normalize`: unify the case, accents and spaces of texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BeforeValidator, Field

from medallion.contracts import Inputs, Transform, quote, require
from medallion.errors import StepError
from medallion.sql.column_transform import replace
from medallion.sql.duckdb_types import type_of
from medallion.sql.expressions import WHITE_SPACE, kinds

if TYPE_CHECKING:
    from medallion.contracts import Relation

Operation = Literal["lower", "upper", "title", "strip_accents", "collapse_spaces"]

_LETTER = r"[\p{L}\p{M}\p{N}]"
_OTHER = r"[^\p{L}\p{M}\p{N}]"
# A lone letter after an apostrophe belongs to the word before it: Don't, but O'Neill.
_PIECES = rf"{_LETTER}+[''’]\p{{L}}(?:{_OTHER}|$)|{_LETTER}+|{_OTHER}+"

_SPACES = f"{WHITE_SPACE}+|{WHITE_SPACE}+$', '', 'g'), '{WHITE_SPACE}+"

_SQL: dict[Operation, str] = {
    "lower": "lower({0})",
    "upper": "upper({0})",
    "title": "array_to_string(list_transform(regexp_extract_all(lower({0}), '"
    + _PIECES.replace("{", "{{").replace("}", "}}")
    + "'), lambda piece: upper(piece[1]) || piece[2:]), '')",
    "strip_accents": "strip_accents({0})",
    "collapse_spaces": "regexp_replace(regexp_replace({0}, '^"
    + _SPACES.replace("{", "{{").replace("}", "}}")
    + "', ' ', 'g')",
}


def _as_list(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Operations = Annotated[
    tuple[Operation, ...],
    BeforeValidator(_as_list, json_schema_input_type=Operation | list[Operation]),
    Field(min_length=1),
]


class Normalize(Transform):
    """Unifies texts: for each column one operation or several, applied in order.

    - `lower`, `upper`: lower or upper case;
    - `title`: each word capitalized (`jean-luc o'neill` → `Jean-Luc O'Neill`);
    - `strip_accents`: `é` → `e`;
    - `collapse_spaces`: every run of white space becomes one space; both ends are trimmed.

    ```yaml
    steps:
      - normalize: {name: [collapse_spaces, title], email: lower}
    ```

    Raises StepError when a column is missing or is not text.
    """

    name = "normalize"
    value_field = "columns"
    keeps_columns = True

    columns: dict[str, Operations] = Field(min_length=1)

    def changes(self, columns: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name for name in columns if name in self.columns)

    def apply(self, rows: Relation, inputs: Inputs) -> Relation:
        require(rows, *self.columns)
        kind = kinds(rows)
        for name in self.columns:
            if kind[name] != "varchar":
                raise StepError(
                    f"column {name!r} is {type_of(rows, name)}, not text",
                    hint="leave it out of `normalize`",
                )
        return replace(
            rows, {name: _compose(name, operations) for name, operations in self.columns.items()}
        )


def _compose(name: str, operations: tuple[Operation, ...]) -> str:
    expression = quote(name)
    for operation in operations:
        expression = _SQL[operation].format(expression)
    return expression
