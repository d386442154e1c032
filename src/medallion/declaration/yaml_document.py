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
from yaml.reader import Reader

from medallion.declaration.variables import Variables, read_dotenv
from medallion.errors import DeclarationError, Problem
from medallion.secrets import SECRETS

Step = str | int
Mark = tuple[int, int]

_UNTAGGED = "!untagged"
_TAGS = (_UNTAGGED, "tag:yaml.org,2002:str", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq")
_Loader = type(
    "_Loader",
    (getattr(yaml, "CSafeLoader", yaml.SafeLoader),),
    {"yaml_implicit_resolvers": {None: [(_UNTAGGED, re.compile(""))]}},
)

_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER = re.compile(r"[-+]?[0-9]+")
_OTHER_BASE = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_SPECIAL_FLOAT = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")

_TAB = "a tab stands where only spaces may; indent with spaces"
_UNCLOSED = "a '[' or '{' that begins here is not closed, or a ',' is missing in it"
_UNQUOTED = "a quote that begins here is not closed"
_MISFIT = "this does not fit the lines above; check the indentation, quotes and brackets"
_TOLD_WHERE_BEGUN = (_UNCLOSED, _UNQUOTED)
_PLAIN_WORDS = (
    (
        "mapping values are not allowed",
        "a ':' cannot stand here; quote the text, or check the indentation",
    ),
    (
        "block sequence entries are not",
        "a '-' cannot stand here; begin the list on the next line, indented",
    ),
    (
        "could not find expected ':'",
        "a ':' is missing after this key, or the text is indented too little",
    ),
    ("expected ',' or", _UNCLOSED),
    ("end of stream", _UNQUOTED),
    (
        "undefined alias",
        "there is no anchor of this name above; write `&name` where the value first stands",
    ),
    (
        "but found another document",
        "a second document begins; a declaration is one document, without '---' inside",
    ),
    ("cannot start any token", "text cannot begin with this character; put it in quotes"),
    ("violates indentation", _TAB),
    (
        "unknown escape character",
        "a backslash in double quotes begins an escape; use single quotes",
    ),
    ("did not find expected", _MISFIT),
    ("expected <block end>", _MISFIT),
)


@dataclass(frozen=True)
class _Spot:
    """Where a value stands, and by key or position where its key stands and the value below it."""

    mark: Mark
    children: dict[Step, tuple[Mark, _Spot]] = field(default_factory=dict)


@dataclass(frozen=True)
class Document:
    """A declaration as read: `data` is plain dicts, lists and scalars."""

    data: dict[str, Any]
    _file: str
    _root: _Spot

    def place(self, path: Sequence[Step], *, key: bool = False) -> str:
        """`medallion.yaml:14:9`, where the value at a YAML path stands (`key=True`: its key).

        Line and column count from 1. For a path that is not there, its nearest existing ancestor.
        """
        mark, spot = self._root.mark, self._root
        for step in self.existing(path):
            mark, spot = spot.children[step]
        return _place(self._file, mark if key else spot.mark)

    def existing(self, path: Sequence[Step]) -> tuple[Step, ...]:
        """The longest part of a YAML path that is there."""
        spot = self._root
        for length, step in enumerate(path):
            if step not in spot.children:
                return tuple(path[:length])
            _, spot = spot.children[step]
        return tuple(path)


def read(path: Path, environment: Mapping[str, str] | None = None) -> Document:
    """Read a declaration; variables come from `environment` (the process's own), then from `.env` beside the file.

    Raises DeclarationError with every Problem found: no such file, YAML that cannot be read,
    duplicate keys, variables that are not set.
    """
    problems: list[Problem] = []
    file, settings = _shown(path), path.parent / ".env"

    def complain(line: int, message: str) -> None:
        problems.append(Problem(_place(_shown(settings), (line - 1, 0)), "", message))

    values = read_dotenv(settings, complain)
    values |= os.environ if environment is None else environment
    SECRETS.add_variables(values)
    variables = Variables(values)
    data: dict[str, Any] = {}
    spot = _Spot((0, 0))
    try:
        root = _compose(path, file, problems)
        if root:
            data, spot = _Reading(file, variables, problems).value(root, ())
    except RecursionError:
        problems.append(Problem(file, "", "this is nested too deeply"))
    if problems:
        raise DeclarationError(problems)
    return Document(data, file, spot)


def dotted(path: Sequence[Step]) -> str:
    """A YAML path as people write it: `tables.silver.purchases.steps[1].cast`."""
    return "".join(
        f"[{step}]" if isinstance(step, int) else f".{step}" for step in path
    ).removeprefix(".")


class _Reading:
    """One walk through a YAML tree: builds values and their spots, and gathers problems."""

    def __init__(self, file: str, variables: Variables, problems: list[Problem]) -> None:
        self.file = file
        self.variables = variables
        self.problems = problems
        self._done: dict[yaml.Node, tuple[Any, _Spot]] = {}
        self._open: set[yaml.Node] = set()

    def value(self, node: yaml.Node, path: tuple[Step, ...]) -> tuple[Any, _Spot]:
        """The value of a node; an anchored one is built once for all its aliases."""
        if node in self._open:
            self._problem(node, path, "this anchor holds an alias of itself")
            return None, _Spot(_mark(node))
        if node not in self._done:
            self._open.add(node)
            self._done[node] = self._build(node, path)
            self._open.remove(node)
        return self._done[node]

    def _build(self, node: yaml.Node, path: tuple[Step, ...]) -> tuple[Any, _Spot]:
        if node.tag not in _TAGS:
            tag = node.tag.replace("tag:yaml.org,2002:", "!!")
            self._problem(node, path, f"the tag {tag} is not read here; write the value without it")
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            items = [self.value(item, (*path, number)) for number, item in enumerate(node.value)]
            children: dict[Step, tuple[Mark, _Spot]] = {
                number: (spot.mark, spot) for number, (_, spot) in enumerate(items)
            }
            return [item for item, _ in items], _Spot(_mark(node), children)
        text = self.variables.fill(node.value, lambda message: self._problem(node, path, message))
        SECRETS.add_url(text)
        return _resolve(text) if node.tag == _UNTAGGED else text, _Spot(_mark(node))

    def _mapping(
        self, node: yaml.MappingNode, path: tuple[Step, ...]
    ) -> tuple[dict[str, Any], _Spot]:
        data: dict[str, Any] = {}
        children: dict[Step, tuple[Mark, _Spot]] = {}
        own: dict[str, Mark] = {}
        for key, item in node.value:
            name = self._key(key, path)
            if name is None:
                continue
            if name in own:
                first = _place(self.file, own[name])
                self._problem(
                    key,
                    (*path, name),
                    f"this key stands here a second time; the first is at {first}",
                )
            own[name] = _mark(key)
            if name != "<<" or key.tag != _UNTAGGED:
                data[name], spot = self.value(item, (*path, name))
                if "tables" not in path:  # there, names are those of columns
                    SECRETS.add_setting(name, data[name])
                children[name] = (_mark(key), spot)
        # Own keys win over merged ones wherever the `<<` stands.
        for merged, spots in self._merged(node, path):
            data = {**merged, **data}
            children = {**spots, **children}
        return data, _Spot(_mark(node), children)

    def _merged(
        self, node: yaml.MappingNode, path: tuple[Step, ...]
    ) -> Iterable[tuple[dict[str, Any], dict[Step, tuple[Mark, _Spot]]]]:
        for key, item in node.value:
            if key.tag != _UNTAGGED or key.value != "<<":
                continue
            for source in item.value if isinstance(item, yaml.SequenceNode) else [item]:
                if isinstance(source, yaml.MappingNode):
                    data, spot = self.value(source, path)
                    yield data or {}, spot.children
                else:
                    self._problem(
                        source, (*path, "<<"), "`<<` takes a mapping, or a list of mappings"
                    )

    def _key(self, node: yaml.Node, path: tuple[Step, ...]) -> str | None:
        if not isinstance(node, yaml.ScalarNode):
            self._problem(node, path, "a key must be text")
            return None
        if node.tag == _UNTAGGED and not isinstance(_resolve(node.value), str):
            if node.value == "null" and path[:1] == ("tables",) and path[3:4] == ("format",):
                return "null"  # a setting of the format, and no value of anyone's data
            self._problem(
                node, path, f"the key {node.value or 'null'} is no text; put it in quotes"
            )
            return None
        return str(node.value)

    def _problem(self, node: yaml.Node, path: tuple[Step, ...], message: str) -> None:
        self.problems.append(Problem(_place(self.file, _mark(node)), dotted(path), message))


def _compose(path: Path, file: str, problems: list[Problem]) -> yaml.Node | None:
    """The tree of a file's one document. Raises DeclarationError when there is no file."""
    if path.is_dir():
        raise DeclarationError([Problem(file, "", "this is a folder; name the file in it")])
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise DeclarationError(
            [Problem(file, "", "there is no such file; `medallion init` makes one")]
        ) from None
    except UnicodeDecodeError as error:
        raise DeclarationError(
            [Problem(file, "", f"this is not UTF-8 text, from byte {error.start} on")]
        ) from None
    except OSError as error:
        raise DeclarationError(
            [Problem(file, "", f"this cannot be read: {error.strerror}")]
        ) from error
    found = Reader.NON_PRINTABLE.search(text)
    if found:
        before = text[: found.start()]
        place = _place(file, (before.count("\n"), len(before) - before.rfind("\n") - 1))
        problems.append(
            Problem(place, "", f"the control character {found.group()!a} cannot stand in YAML")
        )
        return None
    try:
        root: yaml.Node | None = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        problems.append(_syntax_problem(file, text, error))
        return None
    if root is None or (isinstance(root, yaml.ScalarNode) and not root.value):
        problems.append(
            Problem(file, "", "the file is empty; `medallion init` makes one to begin with")
        )
    elif not isinstance(root, yaml.MappingNode):
        problems.append(
            Problem(
                _place(file, _mark(root)),
                "",
                "a declaration is a mapping, beginning with `name: …`",
            )
        )
    else:
        return root
    return None


def _syntax_problem(file: str, text: str, error: yaml.MarkedYAMLError) -> Problem:
    said = error.problem or error.context or ""
    mark = error.problem_mark or error.context_mark
    if mark and _line(text, mark.line)[mark.column :].startswith("\t"):
        return Problem(_place(file, (mark.line, mark.column)), "", _TAB)
    message = next((words for part, words in _PLAIN_WORDS if part in said), said)
    if message in _TOLD_WHERE_BEGUN and error.context_mark:
        mark = error.context_mark
    return Problem(_place(file, (mark.line, mark.column)) if mark else file, "", message)


def _line(text: str, number: int) -> str:
    return "".join(text.splitlines()[number : number + 1])


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
        # one of more digits than a float keeps stays as it is written
        return number if isfinite(number) and Decimal(repr(number)) == Decimal(text) else text
    if _SPECIAL_FLOAT.fullmatch(text):
        return float(text.replace(".", ""))
    return text


def _mark(node: yaml.Node) -> Mark:
    return node.start_mark.line, node.start_mark.column


def _place(file: str, mark: Mark) -> str:
    return f"{file}:{mark[0] + 1}:{mark[1] + 1}"


def _shown(path: Path) -> str:
    """A path as short as it can be: relative to where the user stands when it lies below."""
    folder = Path.cwd()
    return str(
        path.relative_to(folder) if path.is_absolute() and path.is_relative_to(folder) else path
    )
