"""medallion.yaml as plain data, with the place of every value in its file, and `${VAR}` filled in.

Scalars follow YAML 1.2's core schema, so that `no`, `on`, `12:30` and `2024-01-01` stay text.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from math import isfinite
from pathlib import Path
from typing import Any

import yaml

from medallion.declaration.variables import Variables, read_dotenv
from medallion.declaration.yaml_syntax import UNTAGGED, Mark, compose, mark_of, place_of
from medallion.errors import DeclarationError, Problem
from medallion.secrets import SECRETS

Step = str | int

_TAGS = (UNTAGGED, "tag:yaml.org,2002:str", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq")

_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER = re.compile(r"[-+]?[0-9]+")
_OTHER_BASE = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_SPECIAL_FLOAT = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")


@dataclass(frozen=True)
class _Location:
    """Where a value begins and ends, and by key or position where the key of each below it is."""

    mark: Mark
    children: dict[Step, tuple[Mark, _Location]] = field(default_factory=dict)
    end: Mark = (0, 0)


@dataclass(frozen=True)
class Document:
    """A declaration as read: `data` consists of plain dicts, lists and scalars.

    `variables` are the names of those that it refers to.
    """

    data: dict[str, Any]
    _file: str
    _root: _Location
    variables: frozenset[str] = frozenset()
    _lines: tuple[str, ...] = ()

    def place(self, path: Sequence[Step], *, key: bool = False) -> str:
        """`medallion.yaml:14:9`, the place of the value at a YAML path (`key=True`: of its key).

        Line and column count from 1. A path that does not exist has the place of its nearest
        existing ancestor.
        """
        mark, location = self._location(path)
        return place_of(self._file, mark if key else location.mark)

    def place_of_word(self, path: Sequence[Step], word: str) -> str:
        """The place of a word in the value at a YAML path; that of the value without such a word.

        A word in an expression is one, too, such as `amount` in `sum(amount)`.
        """
        _, location = self._location(path)
        (first, column), (last, end) = location.mark, location.end
        pattern = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)")
        for number in range(first, min(last + 1, len(self._lines))):
            begin = column if number == first else 0
            stop = end if number == last else len(self._lines[number])
            if match := pattern.search(self._lines[number], begin, stop):
                return place_of(self._file, (number, match.start()))
        return place_of(self._file, location.mark)

    def _location(self, path: Sequence[Step]) -> tuple[Mark, _Location]:
        """Where the key and the value at a YAML path are, or at its longest part that exists."""
        mark, location = self._root.mark, self._root
        for step in self.existing(path):
            mark, location = location.children[step]
        return mark, location

    def existing(self, path: Sequence[Step]) -> tuple[Step, ...]:
        """The longest part of a YAML path that exists."""
        location = self._root
        for length, step in enumerate(path):
            if step not in location.children:
                return tuple(path[:length])
            _, location = location.children[step]
        return tuple(path)


def read(path: Path, environment: Mapping[str, str] | None = None) -> Document:
    """Read a declaration and fill in its variables.

    Variables come from `environment` (by default the process's own), then from a `.env` file in the
    folder of the declaration. Raises DeclarationError with every Problem: no such file, YAML that
    cannot be read, duplicate keys, variables that are not set.
    """
    problems: list[Problem] = []
    file, settings = _shown(path), path.parent / ".env"

    def complain(line: int, message: str) -> None:
        problems.append(Problem(place_of(_shown(settings), (line - 1, 0)), "", message))

    values = read_dotenv(settings, complain)
    values |= os.environ if environment is None else environment
    SECRETS.add_variables(values)
    variables = Variables(values)
    data: dict[str, Any] = {}
    location = _Location((0, 0))
    try:
        root = compose(path, file, problems)
        if root:
            data, location = _DocumentBuilder(file, variables, problems).value(root, ())
    except RecursionError:
        problems.append(Problem(file, "", "this is nested too deeply"))
    if problems:
        raise DeclarationError(problems)
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    return Document(data, file, location, frozenset(variables.names), tuple(lines))


def dotted(path: Sequence[Step]) -> str:
    """A YAML path as people write it: `tables.silver.purchases.steps[1].cast`."""
    return "".join(
        f"[{step}]" if isinstance(step, int) else f".{step}" for step in path
    ).removeprefix(".")


class _DocumentBuilder:
    """Builds the values of a YAML tree and their locations in one walk, and collects problems."""

    def __init__(self, file: str, variables: Variables, problems: list[Problem]) -> None:
        self.file = file
        self.variables = variables
        self.problems = problems
        self._done: dict[yaml.Node, tuple[Any, _Location]] = {}
        self._open: set[yaml.Node] = set()

    def value(self, node: yaml.Node, path: tuple[Step, ...]) -> tuple[Any, _Location]:
        """The value of a node; an anchored one is built once for all its aliases."""
        if node in self._open:
            self._problem(node, path, "this anchor contains an alias of itself")
            return None, _Location(mark_of(node))
        if node not in self._done:
            self._open.add(node)
            self._done[node] = self._build(node, path)
            self._open.remove(node)
        return self._done[node]

    def _build(self, node: yaml.Node, path: tuple[Step, ...]) -> tuple[Any, _Location]:
        if node.tag not in _TAGS:
            tag = node.tag.replace("tag:yaml.org,2002:", "!!")
            self._problem(node, path, f"the tag {tag} is not supported; write the value without it")
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            items = [self.value(item, (*path, number)) for number, item in enumerate(node.value)]
            children: dict[Step, tuple[Mark, _Location]] = {
                number: (location.mark, location) for number, (_, location) in enumerate(items)
            }
            return [item for item, _ in items], _location(node, children)
        text = self.variables.fill(node.value, lambda message: self._problem(node, path, message))
        SECRETS.add_url(text)
        return _resolve(text) if node.tag == UNTAGGED else text, _location(node, {})

    def _mapping(
        self, node: yaml.MappingNode, path: tuple[Step, ...]
    ) -> tuple[dict[str, Any], _Location]:
        data: dict[str, Any] = {}
        children: dict[Step, tuple[Mark, _Location]] = {}
        own: dict[str, Mark] = {}
        for key, item in node.value:
            name = self._key(key, path)
            if name is None:
                continue
            if name in own:
                first = place_of(self.file, own[name])
                self._problem(
                    key,
                    (*path, name),
                    f"duplicate key; the first is at {first}",
                )
            own[name] = mark_of(key)
            if name != "<<" or key.tag != UNTAGGED:
                data[name], location = self.value(item, (*path, name))
                if "tables" not in path:  # there, names are those of columns
                    SECRETS.add_setting(name, data[name])
                children[name] = (mark_of(key), location)
        # Own keys win over merged ones, wherever `<<` is among them.
        for merged, locations in self._merged(node, path):
            data = {**merged, **data}
            children = {**locations, **children}
        return data, _location(node, children)

    def _merged(
        self, node: yaml.MappingNode, path: tuple[Step, ...]
    ) -> Iterable[tuple[dict[str, Any], dict[Step, tuple[Mark, _Location]]]]:
        for key, item in node.value:
            if key.tag != UNTAGGED or key.value != "<<":
                continue
            for source in item.value if isinstance(item, yaml.SequenceNode) else [item]:
                if isinstance(source, yaml.MappingNode):
                    data, location = self.value(source, path)
                    yield data or {}, location.children
                else:
                    self._problem(
                        source, (*path, "<<"), "`<<` takes a mapping, or a list of mappings"
                    )

    def _key(self, node: yaml.Node, path: tuple[Step, ...]) -> str | None:
        if not isinstance(node, yaml.ScalarNode):
            self._problem(node, path, "a key must be text")
            return None
        if node.tag == UNTAGGED and not isinstance(_resolve(node.value), str):
            if node.value == "null" and path[:1] == ("tables",) and path[3:4] == ("format",):
                return "null"  # a setting of the format, not a value of the data
            self._problem(
                node, path, f"the key {node.value or 'null'} is not text; put it in quotes"
            )
            return None
        return str(node.value)

    def _problem(self, node: yaml.Node, path: tuple[Step, ...], message: str) -> None:
        self.problems.append(Problem(place_of(self.file, mark_of(node)), dotted(path), message))


def _location(node: yaml.Node, children: dict[Step, tuple[Mark, _Location]]) -> _Location:
    return _Location(mark_of(node), children, (node.end_mark.line, node.end_mark.column))


def _resolve(text: str) -> str | int | float | bool | None:
    """A plain scalar by the core schema."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _OTHER_BASE.fullmatch(text):
        return int(text, 0)
    if _FLOAT.fullmatch(text):
        number = float(text)
        # A number of more digits than a float keeps stays text.
        return number if isfinite(number) and Decimal(repr(number)) == Decimal(text) else text
    if _SPECIAL_FLOAT.fullmatch(text):
        return float(text.replace(".", ""))
    return text


def _shown(path: Path) -> str:
    """A path for messages: relative when it is below the current folder."""
    folder = Path.cwd()
    return str(
        path.relative_to(folder) if path.is_absolute() and path.is_relative_to(folder) else path
    )
