"""What Pydantic finds wrong with a value, in our words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, get_args

from medallion.errors import did_you_mean

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
_MAY_BE_SECRET = {"text", "a list", "a mapping"}  # what may hold a secret
_WANTED = {kind: wanted for wanted, kinds in _TYPES.items() for kind in kinds}
_LIMITS = {
    "greater_than_equal": "must be at least {ge}",
    "greater_than": "must be more than {gt}",
    "less_than_equal": "must be at most {le}",
    "less_than": "must be less than {lt}",
    "string_too_short": "must not be empty",
    "string_too_long": "has more than {max_length} characters",
    "finite_number": "must be a finite number",
}


def said(faults: Sequence[Fault], kind: type[BaseModel]) -> str:
    """What is wrong at one place of a model; several faults stand there when a value may be of several types."""
    wanted = [_WANTED[fault["type"]] for fault in faults if fault["type"] in _WANTED]
    if len(wanted) < len(faults):
        return _one(next(fault for fault in faults if fault["type"] not in _WANTED), kind)
    value = faults[0]["input"]
    quoting = (
        "; put it in quotes" if "text" in wanted and isinstance(value, bool | int | float) else ""
    )
    shown = _instead(value) if _MAY_BE_SECRET.isdisjoint(wanted) else ""
    return f"must be {_either(dict.fromkeys(wanted))}{shown}{quoting}"


def _one(fault: Fault, kind: type[BaseModel]) -> str:
    name, place, context = fault["type"], fault["loc"], fault.get("ctx", {})
    if name == "extra_forbidden":
        known = known_keys(_model_at(kind, place[:-1]))
        named = f" {place[-1]!r}" if len(place) > 1 else ""
        return f"unknown key{named}{did_you_mean(str(place[-1]), known)}"
    if name == "missing":
        return (
            f"value {place[-1] + 1} is missing"
            if isinstance(place[-1], int)
            else f"{place[-1]!r} is needed"
        )
    if name == "literal_error":
        return f"must be {context['expected']}{_instead(fault['input'])}"
    if name == "string_pattern_mismatch":
        return f"{fault['input']!r} does not fit {context['pattern']}"
    if name in ("too_short", "too_long"):
        return _length(context, "least" if name == "too_short" else "most")
    if name in _LIMITS:
        shown = "" if name.startswith("string") else _instead(fault["input"])
        return _LIMITS[name].format(**context) + shown
    message = str(fault["msg"]).removeprefix("Value error, ")
    return message[:1].lower() + message[1:]


def _instead(value: object) -> str:
    """The wrong word or number, at a place that is for no secret."""
    text = repr(value).lower() if isinstance(value, bool) else repr(value)
    return f", not {text}" if isinstance(value, int | float | str) and len(text) <= LONGEST else ""


def known_keys(kind: type[BaseModel] | None) -> list[str]:
    """The keys of a model as they are written."""
    return [info.alias or name for name, info in kind.model_fields.items()] if kind else []


def _model_at(kind: type[BaseModel] | None, place: Sequence[object]) -> type[BaseModel] | None:
    """The model at a place inside another; tags of unions, positions and keys of mappings lead nowhere else."""
    for part in place:
        fields = (
            {info.alias or name: info for name, info in kind.model_fields.items()} if kind else {}
        )
        if part in fields:
            kind = _model_in(fields[part].annotation, place)
    return kind


def _model_in(annotation: object, place: Sequence[object]) -> type[BaseModel] | None:
    """The one model that an annotation speaks of, or the one whose tag is part of the place."""
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
    return f"must hold {limit} at {bound}, not {context['actual_length']}"


def _either(words: Iterable[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last
