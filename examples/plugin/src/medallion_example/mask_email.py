"""`mask_email`: hide the person in an e-mail address and keep the domain."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from medallion.contracts import Inputs, Transform, quote, require
from pydantic import field_validator

if TYPE_CHECKING:
    from medallion.contracts import Relation


class MaskEmail(Transform):
    """Masks the local part of e-mail addresses: `ann@example.org` becomes `a***@example.org`.

    A value that is not an address is masked completely (`***`), in case somebody typed a name into
    the wrong column.

    - `columns`: one column or several.

    ```yaml
    steps:
      - mask_email: email
      - mask_email: [email, second_email]
    ```

    Errors: StepError when a column is missing.
    """

    name: ClassVar[str] = "mask_email"
    value_field: ClassVar[str | None] = "columns"

    columns: tuple[str, ...]

    @field_validator("columns", mode="before")
    @classmethod
    def _one_or_several(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value

    def apply(self, rows: Relation, inputs: Inputs) -> Relation:
        require(rows, *self.columns)
        masked = ", ".join(
            f"{_masked_sql(quote(column))} as {quote(column)}" for column in self.columns
        )
        return rows.project(f"* replace ({masked})")


def _masked_sql(column: str) -> str:
    address = rf"regexp_matches({column}, '^[^@\s]+@[^@\s]+$')"
    masked = f"regexp_replace({column}, '^(.)[^@]*', '\\1***')"
    return f"case when {address} then {masked} when {column} is not null then '***' end"
