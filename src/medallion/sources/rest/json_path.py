"""Values at a path of a JSON text, as they are written in it.

A number that Python would change, such as `1.10` or `1e400`, keeps its digits.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

_SPACE = re.compile(r"[ \t\r\n]*")
_BREAKS = re.compile(r"[\r\n]+")  # between values: a string of JSON has none
_DECODER = json.JSONDecoder()


class PathError(Exception):
    """The text has nothing of the wanted kind at the path."""


def value_at(text: str, path: str) -> Any:
    """The value at a path such as `meta.next`, None when there is none. Raises ValueError."""
    start = _find(text, path)
    return None if start is None else _DECODER.raw_decode(text, start)[0]


def records_at(text: str, path: str) -> list[str]:
    """The objects of the list at a path, each on one line; an empty path is the whole text.

    Raises ValueError for a text that is not JSON, and PathError if there is no list of objects.
    """
    start = _find(text, path)
    where = f"at {path!r}" if path else "at its top"
    if start is None or text[start] != "[":
        kind = "nothing" if start is None else _kind(_DECODER.raw_decode(text, start)[0])
        raise PathError(f"it has {kind} {where}, not a list of records")
    records = []
    for value, raw in _elements(text, start):
        if not isinstance(value, dict):
            raise PathError(f"the list {where} has {_kind(value)}, not a record")
        records.append(_BREAKS.sub(" ", raw))
    return records


def _find(text: str, path: str) -> int | None:
    """Where the value at a path begins."""
    json.loads(text)  # all of it must be JSON
    place = _skip(text, 0)
    for key in filter(None, path.split(".")):
        if text[place] != "{":
            return None
        for name, start in _members(text, place):
            if name == key:
                place = start
                break
        else:
            return None
    return place


def _members(text: str, place: int) -> Iterator[tuple[str, int]]:
    """The keys of the object at a place, and where their values begin."""
    place = _skip(text, place + 1)
    while text[place] != "}":
        name, place = _DECODER.raw_decode(text, place)
        start = _skip(text, _skip(text, place) + 1)
        yield name, start
        place = _after(text, _DECODER.raw_decode(text, start)[1])


def _elements(text: str, place: int) -> Iterator[tuple[Any, str]]:
    """The values of the list at a place, each with its text."""
    place = _skip(text, place + 1)
    while text[place] != "]":
        value, end = _DECODER.raw_decode(text, place)
        yield value, text[place:end]
        place = _after(text, end)


def _after(text: str, end: int) -> int:
    """Where the member after one that ends there begins, or the list or object ends."""
    place = _skip(text, end)
    return _skip(text, place + 1) if text[place] == "," else place


def _skip(text: str, place: int) -> int:
    match = _SPACE.match(text, place)
    return match.end() if match else place


def _kind(value: object) -> str:
    if value is None:
        return "null"
    names = {dict: "an object", list: "a list", str: "a text", bool: "a boolean"}
    return names.get(type(value), "a number")
