"""The SQL behind `cast`: how values are read as a type, and which values are refused.

DuckDB's own casts silently accept too much: `1_000`, ` 12 `, `0x1F` and `1e3` as whole numbers,
`1.9` as 2, `12.345` as 12.35, `nan`. Here a value that would have to be changed or guessed is
refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, field_validator, model_validator

from medallion.errors import StepError
from medallion.sql.date_formats import ISO, ISO_DATE, check_format, check_zone, parsed, timed, zoned
from medallion.sql.duckdb_types import logical_type
from medallion.sql.expressions import INTEGERS, NUMBERS
from medallion.sql.number_formats import Numbers, number_text

if TYPE_CHECKING:
    from duckdb.sqltypes import DuckDBPyType

TRUE = ("true", "t", "yes", "y", "1")
FALSE = ("false", "f", "no", "n", "0")

# The years that Python, Arrow and every store support. DuckDB reads "0000" as 1 BC, and the
# conversion to UTC may cross a year's end.
YEARS = {
    "DATE": "date '0001-01-01' and date '9999-12-31'",
    "TIMESTAMP": "timestamp '0001-01-01' and timestamp '9999-12-31 23:59:59.999999'",
    "TIMESTAMP WITH TIME ZONE": (
        "timestamptz '0001-01-01 00:00:00+00' and timestamptz '9999-12-31 23:59:59.999999+00'"
    ),
}


class DateFormats(BaseModel):
    """A date or timestamp by its formats, tried in order; `iso` stands for ISO 8601.

    `timezone` is the time zone of timestamps without an offset; the result is then in UTC.
    `truncate` drops the part that the type does not hold: a time of day, or nanoseconds.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    date: tuple[str, ...] | None = None
    timestamp: tuple[str, ...] | None = None
    timezone: str | None = None
    truncate: bool = False

    @field_validator("date", "timestamp", mode="before", json_schema_input_type=str | list[str])
    @classmethod
    def _listed(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _checked(self) -> DateFormats:
        if (self.date is None) == (self.timestamp is None):
            raise ValueError("give the formats of either `date` or `timestamp`")
        for form in self.date or ():
            check_format(form, "date")
        for form in self.timestamp or ():
            check_format(form, "timestamp")
        if not (self.date or self.timestamp):
            raise ValueError("give at least one format, such as '%Y-%m-%d'")
        if self.timezone is not None:
            if self.date is not None:
                raise ValueError("a date has no time zone")
            check_zone(self.timezone)
        elif len({zoned(form) for form in self.timestamp or ("",)}) > 1:
            raise ValueError(
                "some formats have an offset and some do not; give the `timezone` of the others"
            )
        return self


@dataclass(frozen=True)
class CastSql:
    """`value` is SQL of the value as the type; `refused` is SQL that is true for a refused one.

    `refused` is never true for NULL.
    """

    value: str
    refused: str


def read(target: str | DateFormats | Numbers, column: str, kind: DuckDBPyType) -> CastSql | None:
    """The SQL that reads a column of a DuckDB type as the target; None when all its values are it.

    `column` is SQL. Raises StepError when values of this type cannot be read as the target.
    """
    wanted = _sql_type(target)
    if str(kind) == wanted:
        return CastSql(column, _refused_year(column, wanted)) if wanted in YEARS else None
    if kind.id == "null":
        return CastSql(f"cast(null as {wanted})", "false")
    if target == "text":
        return CastSql(f"cast({column} as varchar)", "false")
    text = column if str(kind) == "VARCHAR" else f"cast({column} as varchar)"
    if isinstance(target, DateFormats) or target in ("date", "timestamp"):
        formats = (
            target if isinstance(target, DateFormats) else DateFormats.model_validate({target: ISO})
        )
        moment = str(kind) == "DATE" or str(kind).startswith("TIMESTAMP")
        reading = (
            _from_moment(formats, column, str(kind)) if moment else _moment(formats, text, kind.id)
        )
    elif isinstance(target, Numbers):
        reading = _number(target, column, text, wanted, kind)
    elif kind.id in ("varchar", "enum"):
        reading = _from_text(target, text, wanted)
    else:
        reading = _from_number(target, column, wanted, kind)
    if reading is None:
        raise StepError(
            f"{logical_type(str(kind))} cannot be read as {logical_type(wanted)}",
            hint="`derive` the column by an expression instead",
        )
    return reading


def _sql_type(target: str | DateFormats | Numbers) -> str:
    if isinstance(target, DateFormats):
        if target.date is not None:
            return "DATE"
        into_utc = target.timezone or zoned((target.timestamp or ("",))[0])
        return "TIMESTAMP WITH TIME ZONE" if into_utc else "TIMESTAMP"
    if isinstance(target, Numbers):
        target = target.type
    plain = {"integer": "BIGINT", "float": "DOUBLE", "text": "VARCHAR"}
    return plain.get(target, target.upper().replace(" ", ""))


def _number(
    target: Numbers, column: str, text: str, wanted: str, source: DuckDBPyType
) -> CastSql | None:
    kind = source.id
    written = kind in ("varchar", "enum")
    if not written and target.round and target.type == "float" and kind in NUMBERS:
        value = f"try_cast({column} as {wanted})"
        return CastSql(value, f"({column} is not null and {value} is null)")
    if not written and not (target.round and kind in NUMBERS - INTEGERS):
        return _from_number(target.type, column, wanted, source)
    if not written:
        target, text = Numbers(type=target.type, round=target.round), number_text(column, kind)
    plain = target.plain(text)
    if target.round and target.type != "float":
        value = target.rounded(plain, wanted)
        return CastSql(
            value, f"({column} is not null and (not {target.fits(text)} or {value} is null))"
        )
    reading = _from_text(target.type, plain, wanted, rounds=target.round is not None)
    return CastSql(
        reading.value, f"({column} is not null and (not {target.fits(text)} or {reading.refused}))"
    )


def _from_text(target: str, text: str, wanted: str, *, rounds: bool = False) -> CastSql:
    value = f"try_cast({text} as {wanted})"
    if target == "boolean":
        return _boolean(f"lower({text})")
    if target == "float":
        short = f"[+-]?[0-9]{{1,{300 if rounds else 15}}}([.][0-9]*)?"
        shape = "[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?"
        unfit = f"not regexp_full_match({text}, '{shape}') or not isfinite({value})"
        if not rounds:
            long = f"regexp_full_match({text}, '[+-]?[0-9]{{16,}}([.][0-9]*)?')"
            unfit += f" or ({long} and {_whole_changes(text, value)})"
        return CastSql(
            value, f"(case when regexp_full_match({text}, '{short}') then false else {unfit} end)"
        )
    if target == "integer":
        shape = "[+-]?[0-9]+"
        overflow = f"({value} is null and {text} is not null)"
        unfit = f"not regexp_full_match({text}, '{shape}') or {overflow}"
    else:
        unfit = f"not regexp_full_match({text}, '{_decimal_shape(target)}')"
    # Nearly every value is written as DuckDB writes it; that test costs less than the pattern.
    return CastSql(
        value, f"(case when cast({value} as varchar) = {text} then false else {unfit} end)"
    )


def _whole_changes(text: str, value: str) -> str:
    """SQL that is true when the digits before the point differ from those of the float."""
    written = f"try_cast(regexp_extract({text}, '^[+-]?[0-9]+') as hugeint)"
    return f"coalesce({written} <> try_cast(trunc({value}) as hugeint), true)"


def _decimal_shape(target: str) -> str:
    """A pattern of exactly the texts that a decimal holds unchanged; extra zeros are allowed."""
    digits, scale = map(int, re.findall(r"\d+", target))
    before = f"0*[0-9]{{1,{digits - scale}}}" if digits > scale else "0+"
    after = f"[0-9]{{1,{scale}}}0*" if scale else "0+"
    return f"[+-]?({before}([.]({after})?)?|[.]{after})"


def _from_number(target: str, column: str, wanted: str, source: DuckDBPyType) -> CastSql | None:
    """A number as another type; it is refused unless casting it back gives the same number.

    Comparing the two directly would cast both to the float.
    """
    kind = source.id
    if target == "boolean":
        return _boolean(f"cast({column} as varchar)") if kind in INTEGERS else None
    if kind == "boolean" and target == "integer":
        return CastSql(f"cast({column} as bigint)", "false")
    if kind not in NUMBERS:
        return None
    value = f"try_cast({column} as {wanted})"
    # The text of a float gives the decimal with the fewest digits; the float itself, one with more.
    number = f"cast({value} as varchar)" if target == "float" and kind == "decimal" else value
    return CastSql(
        value,
        f"({column} is not null and coalesce(try_cast({number} as {source}) <> {column}, true))",
    )


def _boolean(word: str) -> CastSql:
    yes, no = (", ".join(f"'{one}'" for one in words) for words in (TRUE, FALSE))
    return CastSql(
        f"case when {word} in ({yes}) then true when {word} in ({no}) then false end",
        f"{word} not in ({yes}, {no})",
    )


def _from_moment(formats: DateFormats, column: str, kind: str) -> CastSql:
    """A date or timestamp as another one; time of day or nanoseconds it lacks are refused."""
    wanted = _sql_type(formats)
    zoned_kind = kind in ("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ_NS")
    moment, rest = column, "false"
    if kind.endswith("_NS"):  # truncate; a cast to microseconds rounds, perhaps to the next day
        number = f"epoch_ns({column})"
        rest = f"{number} % 1000 <> 0"
        make = "make_timestamptz" if zoned_kind else "make_timestamp"
        moment = f"{make}(({number} - ({number} % 1000 + 1000) % 1000) // 1000)"
    if zoned_kind and wanted != "TIMESTAMP WITH TIME ZONE":
        moment = f"({moment} at time zone 'UTC')"
    value = (
        moment
        if zoned_kind and not formats.date
        else f"try_cast({moment} as {'date' if formats.date else 'timestamp'})"
    )
    if not zoned_kind and wanted == "TIMESTAMP WITH TIME ZONE":
        value = f"({value} at time zone '{formats.timezone or 'UTC'}')"
    if formats.date:
        rest = f"{rest} or cast({value} as timestamp) <> {moment}"
    lossy = "false" if formats.truncate else rest
    return CastSql(value, f"({column} is not null and ({_beyond(value, wanted)} or {lossy}))")


def _moment(formats: DateFormats, text: str, group: str) -> CastSql | None:
    """A text, or a whole number such as 20240131, as a date or timestamp by its formats."""
    if group not in INTEGERS | {"varchar", "enum"}:
        return None
    wanted = _sql_type(formats)
    if not formats.date:
        value = parsed(text, formats.timestamp or (), formats.timezone)
        return CastSql(value, f"({text} is not null and {_beyond(value, wanted)})")
    iso = (ISO_DATE, ISO) if formats.truncate else (ISO_DATE,)
    forms = [each for form in formats.date for each in (iso if form == ISO else (form,))]
    moment = parsed(text, forms)
    value = f"cast({moment} as date)"
    refused = _beyond(value, wanted)
    if not formats.truncate and any(map(timed, forms)):
        refused = f"({refused} or {value} <> {moment})"
    return CastSql(value, f"({text} is not null and {refused})")


def _refused_year(column: str, wanted: str) -> str:
    """SQL that is true for `infinity` and other values of a type that no reader supports."""
    return f"({column} is not null and {_beyond(column, wanted)})"


def _beyond(value: str, wanted: str) -> str:
    return f"not coalesce({value} between {YEARS[wanted]}, false)"
