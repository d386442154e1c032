"""The names of types that users write, and the settings of numbers."""

from __future__ import annotations

from decimal import Decimal

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from medallion.sql.number_formats import NAMES, Numbers, check_type, number_text


@pytest.mark.parametrize(
    "text",
    [*(name for name in NAMES if name != "decimal"), "decimal(38,38)", "decimal( 1 , 0 )"],
)
def test_a_known_type_is_accepted(text: str) -> None:
    assert check_type(text) == text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("decimal", "write how many digits"),
        ("decimal(12)", "write how many digits"),
        ("decimal(39,2)", "1 to 38 digits"),
        ("decimal(0,0)", "1 to 38 digits"),
        ("decimal(2,3)", "1 to 38 digits"),
        ("integr", "not a known type; did you mean 'integer'"),
        ("integer(3)", "not a known type"),
        ("", "not a known type"),
    ],
)
def test_another_type_is_refused_with_what_to_write(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        check_type(text)


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"type": "date"}, "has no such settings"),
        ({"type": "float", "decimal": "1"}, "one character each"),
        ({"type": "float", "thousands": "--"}, "one character each"),
        ({"type": "float", "decimal": ",", "thousands": ","}, "cannot be the same"),
        ({"type": "float", "round": "half_up"}, "always rounded half_even"),
        ({"type": "decimal(3,1)", "zeros": True}, "`zeros` is for integer"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(
    settings: dict[str, object], reason: str
) -> None:
    with pytest.raises(ValidationError, match=reason):
        Numbers.model_validate(settings)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_the_digits_of_a_float_are_the_fewest_that_identify_it(number: float) -> None:
    sql = number_text("x", "double")
    ((text,),) = duckdb.execute(f"select {sql} from (select $1::double as x)", [number]).fetchall()
    assert "e" not in text
    assert Decimal(text) == Decimal(repr(number))


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (6.5e-5, "0.000065"),
        (-1e-10, "-0.0000000001"),
        (1e16, "10000000000000000"),
        (1.2345678901234567e19, "12345678901234567000"),
        (0.1, "0.1"),
        (12.0, "12.0"),
    ],
)
def test_a_float_is_written_without_an_exponent(number: float, text: str) -> None:
    sql = number_text("x", "double")
    ((answer,),) = duckdb.execute(
        f"select {sql} from (select $1::double as x)", [number]
    ).fetchall()
    assert answer == text
