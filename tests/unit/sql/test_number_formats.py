"""The names of types that users write, and the settings of numbers."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from medallion.sql.number_formats import NAMES, Numbers, check_type


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
