"""SQL that reads texts as numbers by declared separators and rounding, on their digits alone."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import BaseModel, ConfigDict, field_validator, model_validator

from medallion.errors import did_you_mean
from medallion.sql.relations import literal

NAMES = ("integer", "decimal", "float", "boolean", "text", "date", "timestamp")

_DECIMAL = re.compile(r"decimal\(\s*(\d+)\s*,\s*(\d+)\s*\)")
_EXPONENT = "([eE][+-]?[0-9]+)?"


def check_type(text: str) -> str:
    """The name of a type, unchanged. Raises ValueError with the nearest one when it is unknown."""
    word = re.match(r"\s*(\w*)", text)[1]  # type: ignore[index]
    if word != "decimal" and text in NAMES:
        return text
    match = _DECIMAL.fullmatch(text)
    if word == "decimal" and match is None:
        raise ValueError(
            f"{text!r}: write how many digits in all and after the point, such as decimal(12,2)"
        )
    if match is None:
        raise ValueError(f"{text!r} is not a known type{did_you_mean(word, NAMES)}")
    digits, scale = int(match[1]), int(match[2])
    if not (1 <= digits <= 38 and scale <= digits):
        raise ValueError(
            f"{text!r}: a decimal has 1 to 38 digits, of which no more after the point than in all"
        )
    return text


class Numbers(BaseModel):
    """A number and its notation: separators, and the rounding of digits that the type lacks."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: str
    decimal: str = "."
    thousands: str = ""
    round: Literal["half_even", "half_up"] | None = None
    zeros: bool = False

    @field_validator("type")
    @classmethod
    def _number(cls, text: str) -> str:
        if check_type(text) not in ("integer", "float") and not text.startswith("decimal"):
            raise ValueError(
                f"{text!r} has no such settings; they are for integer, decimal(p,s) and float"
            )
        return text

    @model_validator(mode="after")
    def _consistent(self) -> Numbers:
        marks = [self.decimal, *([self.thousands] if self.thousands else [])]
        if any(len(mark) != 1 or mark.isalnum() or mark in "+-[]^\\" for mark in marks):
            raise ValueError(
                "`decimal` and `thousands` are one character each, such as ',' and '.'"
            )
        if self.decimal == self.thousands:
            raise ValueError("`decimal` and `thousands` cannot be the same character")
        if self.round == "half_up" and self.type == "float":
            raise ValueError("a float is always rounded half_even, to the nearest float")
        if self.zeros and self.type != "integer":
            raise ValueError("`zeros` is for integer: it reads 1.0 as 1")
        return self

    def fits(self, text: str) -> str:
        """SQL that is true for a text in this notation."""
        whole = "[0-9]*"
        if self.thousands:
            whole = f"([0-9]{{1,3}}([{self.thousands}][0-9]{{3}})+|[0-9]*)"
        exponent = _EXPONENT if self.type == "float" else ""
        shape = f"[+-]?{whole}([{self.decimal}][0-9]*)?{exponent}"
        return f"(regexp_full_match({text}, {literal(shape)}) and regexp_matches({text}, '[0-9]'))"

    def plain(self, text: str) -> str:
        """SQL of such a text with a decimal point and without thousands separators."""
        if self.thousands:
            text = f"replace({text}, {literal(self.thousands)}, '')"
        if self.decimal != ".":
            text = f"replace({text}, {literal(self.decimal)}, '.')"
        return f"regexp_replace({text}, '[.]0*$', '')" if self.zeros else text

    def rounded(self, plain: str, wanted: str) -> str:
        """SQL of a plain text of digits rounded to the type, NULL when it does not fit."""
        scale = int(re.findall(r"\d+", self.type)[1]) if self.type != "integer" else 0
        exact = f"decimal(38,{scale})"
        sign = f"regexp_extract({plain}, '^[+-]?')"
        whole = f"coalesce(nullif(regexp_extract({plain}, '^[+-]?([0-9]*)', 1), ''), '0')"
        fraction = f"regexp_extract({plain}, '[.]([0-9]*)$', 1)"
        digits = f"({whole} || rpad(left({fraction}, {scale}), {scale}, '0'))"
        point = f"({sign} || {whole} || '.' || rpad(left({fraction}, {scale}), {scale}, '0'))"
        rest = f"rtrim(substr({fraction}, {scale + 1}), '0')"
        away = f"{rest} >= '5'"  # from zero
        if self.round == "half_even":
            odd = f"right({digits}, 1) in ('1', '3', '5', '7', '9')"
            away = f"({rest} > '5' or ({rest} = '5' and {odd}))"
        unit = f"cast('{'0.' + '0' * (scale - 1) + '1' if scale else '1'}' as {exact})"
        step = (
            f"case when not {away} then cast(0 as {exact}) "
            f"when {sign} = '-' then -{unit} else {unit} end"
        )
        return f"try_cast(try(try_cast({point} as {exact}) + {step}) as {wanted})"


def number_text(column: str, kind: str) -> str:
    """SQL of a number as a text of digits; a float by the fewest digits that identify it."""
    text = f"cast({column} as varchar)"
    if kind not in ("float", "double"):
        return text
    sign = f"regexp_extract({text}, '^-?')"
    digits = f"replace(regexp_extract({text}, '^-?([0-9.]+)e', 1), '.', '')"
    exponent = f"try_cast(regexp_extract({text}, 'e(.+)$', 1) as integer)"
    return (
        f"(case when contains({text}, 'e-') "
        f"then {sign} || '0.' || repeat('0', -{exponent} - 1) || {digits} "
        f"when contains({text}, 'e') then {sign} || rpad({digits}, {exponent} + 1, '0') "
        f"else {text} end)"
    )
