"""The records of an XML file: elements at a path, as nested values, in bounded memory."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from medallion.formats.text_lines import MAX_RECORD, TOO_LONG
from medallion.workbooks.xml_events import safe_parser

TEXT = "text"  # the key of the text of an element that has attributes or elements

_MAX_DEPTH = 100  # levels of elements below a record
_MAX_STACK = 1000  # levels of the file
_MAX_PATHS = 20  # for a message
_NIL = "http://www.w3.org/2001/XMLSchema-instance}nil"

Path = tuple[str, ...]
Value = Any
"""An element: its text, or a mapping of lists of values by name."""


@dataclass
class _Element:
    name: str
    members: dict[str, list[Value]] = field(default_factory=dict)
    text: list[str] = field(default_factory=list)
    nil: bool = False


@dataclass
class Shapes:
    """What the elements at each path need: `lists` are repeated, `objects` have parts."""

    lists: set[Path] = field(default_factory=set)
    objects: set[Path] = field(default_factory=lambda: {()})


@dataclass(frozen=True)
class XmlRecord:
    """A record, and why it is rejected, if it is."""

    value: Value
    fault: str = ""


class XmlRecords:
    """Reads the elements at a path below the root.

    `path` are names with the namespace they must have, or None for any: `(("uri", "book"),)`. The
    name `*` is any name. Raises ExpatError, and ValueError for entities and excessive nesting.
    """

    def __init__(self, path: Iterable[tuple[str | None, str]], attribute_prefix: str) -> None:
        self.shapes = Shapes()
        self.paths: dict[str, None] = {}  # of the first elements, for messages
        self.names: dict[str, None] = {}  # of the elements that are records
        self._path = tuple(path)
        self._prefix = attribute_prefix
        self._open: list[str] = []
        self._stack: list[_Element] = []
        self._trail: list[str] = []
        self._size = 0
        self._fault = ""
        self._records: list[XmlRecord] = []

    def read(self, chunks: Iterable[bytes]) -> Iterator[XmlRecord]:
        """The records, in order. `shapes` is complete at the end."""
        parser = safe_parser(namespaces=True)
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        for chunk in chunks:
            parser.Parse(chunk, False)
            yield from self._records
            self._records.clear()
        parser.Parse(b"", True)
        yield from self._records

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._open.append(name)
        if len(self._open) > _MAX_STACK:
            raise ValueError(f"its elements nest more than {_MAX_STACK} levels deep")
        if not self._stack:
            if len(self.paths) < _MAX_PATHS:
                self.paths["/".join(map(_local, self._open))] = None
            if not self._is_record():
                return
            self._size, self._fault = 0, ""
        else:
            self._trail.append(_local(name))
            if len(self._stack) > _MAX_DEPTH:
                self._fault = f"nested more than {_MAX_DEPTH} levels deep"
        element = _Element(_local(name))
        for key, value in attributes.items():
            if key == _NIL:
                element.nil = value in ("true", "1")
            elif not self._fault:
                self._grow(value)
                element.members[self._prefix + _local(key)] = [value]
        self._stack.append(element)

    def _characters(self, text: str) -> None:
        if self._stack and not self._fault:
            self._grow(text)
            self._stack[-1].text.append(text)

    def _grow(self, text: str) -> None:
        self._size += len(text) + 16
        if self._size > MAX_RECORD:
            self._fault = TOO_LONG

    def _end(self, name: str) -> None:
        self._open.pop()
        if not self._stack:
            return
        element = self._stack.pop()
        value = self._value(element)
        if self._stack:
            self._add(element.name, value)
            self._trail.pop()
        else:
            self.names[_local(name)] = None
            self._records.append(XmlRecord(None if self._fault else value, self._fault))

    def _value(self, element: _Element) -> Value:
        text = "".join(element.text).strip()
        if not element.members:
            return None if element.nil else text or None
        if not self._fault:
            self.shapes.objects.add(tuple(self._trail))
        if text:
            element.members.setdefault(TEXT, []).append(text)
        return element.members

    def _add(self, name: str, value: Value) -> None:
        """Add an element to the one around it."""
        members = self._stack[-1].members
        if self._fault:
            members.clear()
            return
        self._grow(name)
        values = members.setdefault(name, [])
        values.append(value)
        if len(values) > 1:
            self.shapes.lists.add(tuple(self._trail))

    def _is_record(self) -> bool:
        return len(self._open) == len(self._path) + 1 and all(
            wanted in ("*", _local(name)) and uri in (None, _uri(name))
            for (uri, wanted), name in zip(self._path, self._open[1:], strict=True)
        )


def json_line(record: Value, shapes: Shapes, lists: Collection[str]) -> str:
    """A record as a line of JSON, in the shapes that all records need.

    `lists` are the names of elements that are lists even where none is repeated.
    """
    return json.dumps(_shaped(record, (), shapes, lists), ensure_ascii=False)


def _shaped(value: Value, path: Path, shapes: Shapes, lists: Collection[str]) -> Value:
    if not isinstance(value, Mapping):
        if path in shapes.objects:
            return {TEXT: value} if value is not None else ({} if not path else None)
        return value
    shaped = {}
    for name, items in value.items():
        place = (*path, name)
        values = [_shaped(item, place, shapes, lists) for item in items]
        shaped[name] = values if place in shapes.lists or name in lists else values[0]
    return shaped


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _uri(name: str) -> str:
    return name.rpartition("}")[0]
