"""`cast`: convert columns to types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, Discriminator, Field, Tag

from medallion.contracts import ASIDE, ROW, Inputs, Transform, literal, quote, require
from medallion.errors import StepError
from medallion.sql.casting import CastSql, DateFormats, read
from medallion.sql.column_transform import replace
from medallion.sql.number_formats import Numbers, check_type

if TYPE_CHECKING:
    from medallion.contracts import Relation


def _form(value: object) -> str:
    if isinstance(value, Numbers) or (isinstance(value, Mapping) and "type" in value):
        return "numbers"
    return "formats" if isinstance(value, (Mapping, DateFormats)) else "type"


Target = Annotated[
    Annotated[str, AfterValidator(check_type), Tag("type")]
    | Annotated[DateFormats, Tag("formats")]
    | Annotated[Numbers, Tag("numbers")],
    Discriminator(_form),
]


class Cast(Transform):
    """Converts columns to types. Rows with an invalid value are quarantined; NULL stays NULL.

    | type | reads |
    | --- | --- |
    | `integer` | whole numbers of up to 64 bits: `12`, `-7` |
    | `decimal(p,s)` | numbers of `p` digits, `s` of them after the point; more are refused |
    | `float` | numbers, also `1.5e3`; not `nan`, `inf`, or an integer or decimal it would change |
    | `boolean` | true/false, t/f, yes/no, y/n, 1/0, in any case |
    | `text` | everything |
    | `date` | `2024-01-31`, or declared formats: `{date: ["%Y-%m-%d", "%d/%m/%Y"]}` |
    | `timestamp` | ISO 8601 without offset, or `{timestamp: [formats], timezone: Europe/Paris}` |

    A value that the type would change is refused, also in a column that already has a type: a time
    of day in a `date`, nanoseconds in a `timestamp`, 9007199254740993 in a `float`. To accept the
    loss, ask for it: `{date: iso, truncate: true}` drops the time of day (of a timestamp with a
    time zone: that of UTC).

    Declare other notations of numbers by a mapping: `{type: "decimal(12,2)", decimal: ",",
    thousands: "."}` reads `1.234,56`. `round: half_even` (or `half_up`) rounds digits that an
    integer or decimal does not hold, instead of refusing them; it rounds the digits as written. A
    float is rounded `half_even`, to the nearest float. `{type: integer, zeros: true}` reads `1.0`
    as 1, and still refuses `1.5`.

    Formats are tried in order; a date is never guessed. A value with the length and separators of
    some formats is only tried by those. With a `timezone`, or formats with an offset (`%z`), the
    timestamp is converted to UTC; a local time that occurs twice or is skipped by a clock change is
    read as winter time. Years go from 1 to 9999: others, and `infinity`, are refused also where a
    column has the type already. Spaces around a value are refused: `trim` first.

    ```yaml
    steps:
      - trim
      - cast:
          quantity: integer
          amount: decimal(12,2)
          rate: {type: "decimal(8,4)", decimal: ",", round: half_even}
          purchase_date: {date: ["%Y-%m-%d", "%d/%m/%Y"]}
          seen_at: {timestamp: iso, timezone: UTC}
          seen_on: {date: iso, truncate: true}
    ```

    Raises StepError when a column is missing, or its type cannot be converted to the target.
    """

    name = "cast"
    keeps_columns = True
    version = 6
    value_field = "columns"

    columns: dict[str, Target] = Field(min_length=1)

    def changes(self, columns: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name for name in columns if name in self.columns)

    def set_aside(self, rows: Relation, inputs: Inputs) -> Relation | None:
        refused = {
            name: reading.refused
            for name, reading in self._readings(rows).items()
            if reading.refused != "false"
        }
        if not refused:
            return None
        column = " ".join(f"when {test} then {literal(name)}" for name, test in refused.items())
        value = " ".join(
            f"when {test} then cast({quote(name)} as varchar)" for name, test in refused.items()
        )
        return rows.filter(" or ".join(refused.values())).project(
            f"{ROW}, 'quarantined' as fate, 'cast' as rule, "
            f"case {column} end as column, case {value} end as value"
        )

    def judge(self, rows: Relation, inputs: Inputs) -> Relation | None:
        readings = self._readings(rows)
        rejections = [
            f"when {reading.refused} then to_json({{fate: 'quarantined', rule: 'cast', "
            f'"column": {literal(name)}, "value": cast({quote(name)} as varchar)}})'
            for name, reading in readings.items()
            if reading.refused != "false"
        ]
        if not rejections:
            return None
        values = ", ".join(
            f"{reading.value} as {quote(name)}" for name, reading in readings.items()
        )
        return rows.project(
            f"* replace ({values}), cast(case {' '.join(rejections)} end as varchar) as {ASIDE}"
        )

    def apply(self, rows: Relation, inputs: Inputs) -> Relation:
        return replace(
            rows, {name: reading.value for name, reading in self._readings(rows).items()}
        )

    def _readings(self, rows: Relation) -> dict[str, CastSql]:
        require(rows, *self.columns)
        readings = {}
        for name, target in self.columns.items():
            try:
                reading = read(target, quote(name), rows.types[rows.columns.index(name)])
            except StepError as error:
                raise StepError(f"column {name!r}: {error.message}", hint=error.hint) from error
            if reading is not None:
                readings[name] = reading
        return readings
