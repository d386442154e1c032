"""Pydantic's validation errors as messages in plain words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, get_args

from medallion.errors import did_you_mean
from medallion.plural import count_of

if TYPE_CHECKING:
    from pydantic import BaseModel

Fault = Mapping[str, Any]

_TYPES = {
    "text": ("string_type",),
    "a whole number": ("int_type", "int_parsing", "int_from_float"),
    "a number": ("float_type", "float_parsing", "decimal_type", "decimal_parsing"),
    "true or false": ("bool_type", "bool_parsing"),
    "a list": ("tuple_type", "list_type", "set_type", "frozen_set_type"),
    "a mapping": ("dict_type", "mapping_type", "model_type", "model_attributes_type"),
    "a date": (
        "date_type",
        "date_parsing",
        "date_from_datetime_parsing",
        "date_from_datetime_inexact",
    ),
    "a time": ("datetime_type", "datetime_parsing", "datetime_from_date_parsing"),
}
LONGEST = 60  # characters of a wrong value that are shown
_MAY_BE_SECRET = {"text", "a list", "a mapping"}  # where a wrong value may be a secret
_EXPECTED = {kind: expected for expected, kinds in _TYPES.items() for kind in kinds}
_LIMITS = {
    "greater_than_equal": "must be at least {ge}",
    "greater_than": "must be more than {gt}",
    "less_than_equal": "must be at most {le}",
    "less_than": "must be less than {lt}",
    "string_too_short": "must not be empty",
    "string_too_long": "has more than {max_length} characters",
    "finite_number": "must be a finite number",
}


def message_of(faults: Sequence[Fault], kind: type[BaseModel]) -> str:
    """The message for one place of a model; it has several faults when several types are valid."""
    expected = [_EXPECTED[fault["type"]] for fault in faults if fault["type"] in _EXPECTED]
    if len(expected) < len(faults):
        return _single(next(fault for fault in faults if fault["type"] not in _EXPECTED), kind)
    value = faults[0]["input"]
    unquoted = "text" in expected and isinstance(value, bool | int | float)
    shown = _not_this(value) if _MAY_BE_SECRET.isdisjoint(expected) else ""
    advice = "; put it in quotes" if unquoted else ""
    return f"must be {_either(dict.fromkeys(expected))}{shown}{advice}"


def _single(fault: Fault, kind: type[BaseModel]) -> str:
    name, place, context = fault["type"], fault["loc"], fault.get("ctx", {})
    if name == "extra_forbidden":
        known = known_keys(_model_at(kind, place[:-1]))
        named = f" {place[-1]!r}" if len(place) > 1 else ""
        return f"unknown key{named}{did_you_mean(str(place[-1]), known)}"
    if name == "missing":
        return (
            f"value {place[-1] + 1} is missing"
            if isinstance(place[-1], int)
            else f"{place[-1]!r} is required"
        )
    if name == "literal_error":
        return f"must be {context['expected']}{_not_this(fault['input'])}"
    if name == "string_pattern_mismatch":
        return f"{fault['input']!r} does not match {context['pattern']}"
    if name in ("too_short", "too_long"):
        return _length(context, "least" if name == "too_short" else "most")
    if name in _LIMITS:
        shown = "" if name.startswith("string") else _not_this(fault["input"])
        return _LIMITS[name].format(**context) + shown
    message = str(fault["msg"]).removeprefix("Value error, ")
    return message[:1].lower() + message[1:]


def _not_this(value: object) -> str:
    """The wrong word or number, at a place that cannot hold a secret."""
    text = repr(value).lower() if isinstance(value, bool) else repr(value)
    return f", not {text}" if isinstance(value, int | float | str) and len(text) <= LONGEST else ""


def known_keys(kind: type[BaseModel] | None) -> list[str]:
    """The keys of a model as they are written in YAML."""
    return [info.alias or name for name, info in kind.model_fields.items()] if kind else []


def _model_at(kind: type[BaseModel] | None, place: Sequence[object]) -> type[BaseModel] | None:
    """The model at a place inside another.

    Tags of unions, positions in lists and keys of mappings do not change it.
    """
    for part in place:
        fields = (
            {info.alias or name: info for name, info in kind.model_fields.items()} if kind else {}
        )
        if part in fields:
            kind = _model_in(fields[part].annotation, place)
    return kind


def _model_in(annotation: object, place: Sequence[object]) -> type[BaseModel] | None:
    """The only model in an annotation, or the one whose tag is part of the place."""
    from pydantic import BaseModel

    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    models = []
    for inner in get_args(annotation):
        model = _model_in(inner, place)
        tags = [extra.tag for extra in getattr(inner, "__metadata__", ()) if hasattr(extra, "tag")]
        if model and (not tags or tags[0] in place):
            models.append(model)
    return models[0] if len(models) == 1 else None


def _length(context: Mapping[str, Any], bound: str) -> str:
    if bound == "least" and context["actual_length"] == 0:
        return "must not be empty"
    limit = context["min_length" if bound == "least" else "max_length"]
    return f"must have at {bound} {count_of(limit, 'item')}, not {context['actual_length']}"


def _either(words: Iterable[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last
