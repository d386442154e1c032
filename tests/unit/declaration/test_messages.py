"""Pydantic's errors in plain words."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, Tag, ValidationError, field_validator

from medallion.declaration.messages import LONGEST, known_keys, message_of


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")

    from_: str = Field(alias="from", default="")
    keep: Literal["first", "last"] = "first"


class Other(BaseModel):
    model_config = ConfigDict(extra="forbid")

    colour: str = ""


class Outer(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: str = ""
    whole: int = 0
    number: float = 0
    flag: bool = False
    day: date | None = None
    at: datetime | None = None
    texts: tuple[str, ...] = ()
    mapping: dict[str, int] = {}
    pair: tuple[int, int] = (0, 0)
    either: str | list[str] = ""
    amount: int | float | str = 0
    some: Annotated[list[int], Field(min_length=1, max_length=2)] = [1]
    word: Annotated[str, Field(min_length=1, max_length=3, pattern="^[a-z]*$")] = "a"
    low: Annotated[int, Field(ge=1, lt=10)] = 1
    finite: Annotated[float, Field(gt=0, le=9, allow_inf_nan=False)] = 1
    inner: Inner = Inner()
    inners: list[Inner] = []
    tagged: Annotated[Inner, Tag("inner")] | Annotated[Other, Tag("other")] | None = None
    even: int = 0

    @field_validator("even")
    @classmethod
    def _even(cls, value: int) -> int:
        if value % 2:
            raise ValueError("Must be even")
        return value


def message(**fields: Any) -> str:
    with pytest.raises(ValidationError) as error:
        Outer.model_validate(fields)
    return message_of(error.value.errors(), Outer)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"text": 5}, "must be text; put it in quotes"),
        ({"text": True}, "must be text; put it in quotes"),
        ({"text": ["s3cret"]}, "must be text"),
        ({"whole": "x"}, "must be a whole number, not 'x'"),
        ({"whole": 1.5}, "must be a whole number, not 1.5"),
        ({"number": "x"}, "must be a number, not 'x'"),
        ({"flag": "maybe"}, "must be true or false, not 'maybe'"),
        ({"day": "2025-02-30"}, "must be a date, not '2025-02-30'"),
        ({"at": "noon"}, "must be a time, not 'noon'"),
        ({"texts": "s3cret"}, "must be a list"),
        ({"mapping": "s3cret"}, "must be a mapping"),
        ({"either": 5}, "must be text or a list; put it in quotes"),
        ({"amount": []}, "must be a whole number, a number or text"),
        ({"pair": [1]}, "value 2 is missing"),
        ({"some": []}, "must not be empty"),
        ({"some": [1, 2, 3]}, "must have at most 2 items, not 3"),
        ({"word": ""}, "must not be empty"),
        ({"word": "abcd"}, "has more than 3 characters"),
        ({"word": "É"}, "'É' does not match ^[a-z]*$"),
        ({"low": 0}, "must be at least 1, not 0"),
        ({"low": 10}, "must be less than 10, not 10"),
        ({"finite": 0}, "must be more than 0.0, not 0"),
        ({"finite": 9.5}, "must be at most 9.0, not 9.5"),
        ({"finite": float("nan")}, "must be a finite number, not nan"),
        ({"inner": {"keep": "frist"}}, "must be 'first' or 'last', not 'frist'"),
        ({"even": 3}, "must be even"),
    ],
)
def test_a_wrong_value_says_what_it_must_be(fields: dict[str, Any], expected: str) -> None:
    assert message(**fields) == expected


def test_a_wrong_value_is_shown_unless_it_is_long() -> None:
    assert message(whole="x" * (LONGEST - 2)) == f"must be a whole number, not '{'x' * 58}'"
    assert message(whole="x" * (LONGEST - 1)) == "must be a whole number"
    assert message(low=False) == "must be at least 1, not false"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"texst": 1}, "unknown key; did you mean 'text'"),
        ({"inner": {"kep": "first"}}, "unknown key 'kep'; did you mean 'keep'"),
        ({"inner": {"form": "x"}}, "unknown key 'form'; did you mean 'from'"),
        ({"inners": [{}, {"kep": "first"}]}, "unknown key 'kep'; did you mean 'keep'"),
        ({"inner": {"qqq": 1}}, "unknown key 'qqq'"),
    ],
)
def test_an_unknown_key_is_named_with_a_key_of_the_same_model(
    fields: dict[str, Any], expected: str
) -> None:
    assert message(**fields).startswith(expected)


def test_the_model_of_a_union_is_known_by_its_tag() -> None:
    fault = {"type": "extra_forbidden", "loc": ("tagged", "other", "color"), "input": 1}
    assert message_of([fault], Outer).startswith("unknown key 'color'; did you mean 'colour'")
    fault = {"type": "extra_forbidden", "loc": ("tagged", "color"), "input": 1}
    assert message_of([fault], Outer) == "unknown key 'color'"


def test_a_missing_key_is_named() -> None:
    fault = {"type": "missing", "loc": ("inner", "from"), "input": {}}
    assert message_of([fault], Outer) == "'from' is required"


def test_keys_are_those_written_in_yaml() -> None:
    assert known_keys(Inner) == ["from", "keep"]
    assert known_keys(None) == []
