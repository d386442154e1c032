"""Values at a path of a JSON text, as they are written in it.

A number that Python would change, such as `1.10` or `1e400`, keeps its digits.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

_SPACE = re.compile(r"[ \t\r\n]*")
_SEPARATOR = re.compile(r"[ \t\r\n]*,?[ \t\r\n]*")
_BREAKS = re.compile(r"[\r\n]+")  # between values: a string of JSON has none
_DECODER = json.JSONDecoder()


class PathError(Exception):
    """The text has nothing of the wanted kind at the path."""


class JsonText:
    """A JSON text, decoded once. Raises ValueError for another text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._value = json.loads(text)

    def value_at(self, path: str) -> Any:
        """The value at a path such as `meta.next`, None when there is none."""
        value = self._value
        for key in _keys(path):
            value = value.get(key) if isinstance(value, dict) else None
        return value

    def records_at(self, path: str) -> list[str]:
        """The objects of the list at a path, each on one line; an empty path is the whole text.

        Raises PathError if there is no list of objects.
        """
        start = _find(self._text, path)
        where = f"at {path!r}" if path else "at its top"
        if start is None or self._text[start] != "[":
            kind = "nothing" if start is None else _kind(self.value_at(path))
            raise PathError(f"it has {kind} {where}, not a list of records")
        records = []
        for value, raw in _elements(self._text, start):
            if not isinstance(value, dict):
                raise PathError(f"the list {where} has {_kind(value)}, not a record")
            records.append(_BREAKS.sub(" ", raw) if "\n" in raw or "\r" in raw else raw)
        return records


def _keys(path: str) -> list[str]:
    return [key for key in path.split(".") if key]


def _find(text: str, path: str) -> int | None:
    """Where the value at a path of a valid text begins."""
    place = _skip(text, 0)
    for key in _keys(path):
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
    match = _SEPARATOR.match(text, end)
    return match.end() if match else end


def _skip(text: str, place: int) -> int:
    match = _SPACE.match(text, place)
    return match.end() if match else place


def _kind(value: object) -> str:
    if value is None:
        return "null"
    names = {dict: "an object", list: "a list", str: "a text", bool: "a boolean"}
    return names.get(type(value), "a number")
