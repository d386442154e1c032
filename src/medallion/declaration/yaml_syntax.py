"""The syntax tree of a YAML file, or in plain words why it has none."""

from __future__ import annotations

import re
from pathlib import Path

import yaml
from yaml.reader import Reader

from medallion.errors import DeclarationError, Problem

Mark = tuple[int, int]
"""Line and column of a node, from 0."""

UNTAGGED = "!untagged"
_Loader = type(
    "_Loader",
    (getattr(yaml, "CSafeLoader", yaml.SafeLoader),),
    {"yaml_implicit_resolvers": {None: [(UNTAGGED, re.compile(""))]}},
)

# What PyYAML says (a part of it), in plain words.
_TAB = "a tab where only spaces are allowed; indent with spaces"
_UNCLOSED = "a '[' or '{' that begins here is not closed, or a ',' is missing in it"
_UNQUOTED = "a quote that begins here is not closed"
_MISFIT = "this does not fit the lines above; check the indentation, quotes and brackets"
_PLACED_AT_BEGINNING = (_UNCLOSED, _UNQUOTED)
_PLAIN_WORDS = (
    (
        "mapping values are not allowed",
        "a ':' is not allowed here; quote the text, or check the indentation",
    ),
    (
        "block sequence entries are not",
        "a '-' is not allowed here; begin the list on the next line, indented",
    ),
    (
        "could not find expected ':'",
        "a ':' is missing after this key, or the text is indented too little",
    ),
    ("expected ',' or", _UNCLOSED),
    ("end of stream", _UNQUOTED),
    (
        "undefined alias",
        "there is no anchor of this name above; write `&name` where the value first occurs",
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


def compose(path: Path, file: str, problems: list[Problem]) -> yaml.Node | None:
    """The tree of a file's one document; None when a problem was added.

    Raises DeclarationError when the file cannot be read at all. `file` is its name in messages.
    """
    text = _text(path, file)
    if match := Reader.NON_PRINTABLE.search(text):
        before = text[: match.start()]
        place = place_of(file, (before.count("\n"), len(before) - before.rfind("\n") - 1))
        message = f"the control character {match.group()!a} is not allowed in YAML"
        problems.append(Problem(place, "", message))
        return None
    try:
        root: yaml.Node | None = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        problems.append(_syntax_problem(file, text, error))
        return None
    if root is None or (isinstance(root, yaml.ScalarNode) and not root.value):
        message = "the file is empty; `medallion init` writes one to begin with"
        problems.append(Problem(file, "", message))
    elif not isinstance(root, yaml.MappingNode):
        message = "a declaration is a mapping, beginning with `name: …`"
        problems.append(Problem(place_of(file, mark_of(root)), "", message))
    else:
        return root
    return None


def _text(path: Path, file: str) -> str:
    """The text of a file. Raises DeclarationError when there is none, or it is not UTF-8."""
    cause = None
    if path.is_dir():
        raise DeclarationError([Problem(file, "", "this is a folder; name the file in it")])
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        message = "there is no such file; `medallion init` writes one"
    except UnicodeDecodeError as error:
        message = f"this is not UTF-8 text, from byte {error.start} on"
    except OSError as error:
        message, cause = f"this cannot be read: {error.strerror}", error
    raise DeclarationError([Problem(file, "", message)]) from cause


def _syntax_problem(file: str, text: str, error: yaml.MarkedYAMLError) -> Problem:
    reason = error.problem or error.context or ""
    mark = error.problem_mark or error.context_mark
    if mark and _line(text, mark.line)[mark.column :].startswith("\t"):
        return Problem(place_of(file, (mark.line, mark.column)), "", _TAB)
    message = next((words for part, words in _PLAIN_WORDS if part in reason), reason)
    if message in _PLACED_AT_BEGINNING and error.context_mark:
        mark = error.context_mark
    return Problem(place_of(file, (mark.line, mark.column)) if mark else file, "", message)


def _line(text: str, number: int) -> str:
    return "".join(text.splitlines()[number : number + 1])


def mark_of(node: yaml.Node) -> Mark:
    """Where a node begins."""
    return node.start_mark.line, node.start_mark.column


def place_of(file: str, mark: Mark) -> str:
    """`medallion.yaml:14:9`: line and column count from 1 there."""
    return f"{file}:{mark[0] + 1}:{mark[1] + 1}"
