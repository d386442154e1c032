"""The pattern of a `source`: the folder in which its files are, and which of the files match."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from medallion.storage.chained_url import innermost, unchained

if TYPE_CHECKING:
    from medallion.storage import Entry, Storage

_START = re.compile(r"(?:[a-z][\w+.-]*://)?(?:\.{0,2}/)*")  # that no folder's name matches
_WILD = re.compile(r"[*?\[]")
_IPV6 = re.compile(r"(?<=://)([^/]*@)?\[[\da-f]*:[^\]/]*\]", re.IGNORECASE)  # may have a zone
_TOKENS = re.compile(r"\*\*/|\*\*|\*|\?|\[[^\]]+\]|.")
_EXPRESSIONS = {"**/": r"(?:[^/.][^/]*/)*", "**": r".*", "*": r"(?!(?<![^/])\.)[^/]*", "?": r"[^/]"}


def split(source: str) -> tuple[str, str]:
    """The folder or URL below which all files of a source are, and the rest of the pattern.

    Of the files of an archive, `zip://MEMBERS::ARCHIVE`, the first is `zip://::ARCHIVE`. Of a file
    on a web server, it has the query, which may be a secret and is no part of the file's name.
    """
    members, archive = unchained(source)
    scheme, _, path = members.partition("://")
    if archive:
        return f"{scheme}://::{archive}", path
    if scheme in ("http", "https"):
        place, mark, query = source.partition("?")
        folder, _, name = place.rpartition("/")
        return f"{folder}{mark}{query}", name
    pattern = PurePosixPath(source)
    named = PurePosixPath(_IPV6.sub("host", source)).parts
    wild = next((n for n, part in enumerate(named) if _WILD.search(part)), len(named) - 1)
    root = str(PurePosixPath(*pattern.parts[:wild]))
    if "://" in source:
        root = root.replace(f"{scheme}:/", f"{scheme}://", 1)
    return root, str(PurePosixPath(*pattern.parts[wild:]))


def label(root: str, path: str) -> str:
    """What a file is called whose `path` below the root matches."""
    if root == ".":
        return path
    place, mark, query = innermost(root).partition("?" if "://" in root else "\0")
    return f"{place}/{path}{mark}{query}"


def excludes(pattern: str, name: str) -> bool:
    """Whether a pattern matches the name of a file; `**/` stands for the scheme of a URL, too."""
    expression = regex(pattern)
    return any(expression.fullmatch(each) for each in (name, _START.sub("", name, count=1)))


def without_query(name: str) -> str:
    """The name of a file without the query of its URL."""
    return name.partition("?")[0] if name.startswith(("http://", "https://")) else name


def names_one_file(rest: str) -> bool:
    """Whether the rest of a pattern is the name of one file."""
    return "/" not in rest and not _WILD.search(rest)


def matching(storage: Storage, rest: str) -> list[Entry]:
    """The files of a storage that the rest of a pattern matches, sorted by path."""
    if names_one_file(rest) or not storage.lists:
        entry = storage.info(rest)
        return [entry] if entry else []
    pattern = regex(rest)
    return [entry for entry in storage.list("") if pattern.fullmatch(entry.path)]


def regex(rest: str) -> re.Pattern[str]:
    """A glob as a regular expression.

    `*` and `?` match within one folder, `**/` any number of folders; hidden files match by name
    only.
    """
    expression = ""
    for token in _TOKENS.findall(rest):
        expression += _EXPRESSIONS.get(token) or (
            token if token.startswith("[") else re.escape(token)
        )
    return re.compile(expression)
