"""The elements of an XML document, in bounded memory; entities are never expanded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO
from xml.parsers import expat

CHUNK = 1 << 16  # bytes


def safe_parser(namespaces: bool = False) -> expat.XMLParserType:
    """A parser that refuses entities of the document's own, with ValueError.

    `namespaces`: names are `{uri}name`; else they are as written.
    """
    parser = expat.ParserCreate(namespace_separator="}") if namespaces else expat.ParserCreate()
    parser.buffer_text = True
    parser.EntityDeclHandler = _refuse
    parser.SkippedEntityHandler = _refuse
    return parser


def chunks(file: IO[bytes]) -> Iterator[tuple[bytes, bool]]:
    """The bytes of a file in parts, and whether each is the last one, which is empty."""
    while chunk := file.read(CHUNK):
        yield chunk, False
    yield b"", True


def local(name: str) -> str:
    """The name of an element or attribute without its prefix."""
    return name.rpartition(":")[2]


def elements(file: IO[bytes]) -> Iterator[tuple[str, dict[str, str], str]]:
    """Each element: its name, its attributes, and the name of the element around it."""
    parser = safe_parser()
    found: list[tuple[str, dict[str, str], str]] = []
    open_names = [""]

    def start(name: str, attributes: dict[str, str]) -> None:
        found.append((local(name), attributes, open_names[-1]))
        open_names.append(local(name))

    def end(_: str) -> None:
        open_names.pop()

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    for chunk, last in chunks(file):
        parser.Parse(chunk, last)
        yield from found
        found.clear()


def _refuse(*_: object) -> int:
    raise ValueError("it declares or uses entities of its own, which are not expanded")
