"""Tokens of source files that were written again without a change, so that they are not read whole at every run.

A snapshot holds the token that each file had when its bytes were taken in. A file that was only touched has another;
it is read once, and what it has now is written down next to the snapshot: a cache, which may be lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from pydantic import TypeAdapter, ValidationError

from medallion.errors import DamagedError, MissingError
from medallion.records import Moment, Record, SourceFile
from medallion.storage import Entry, Storage
from medallion.storage.sealed_records import read_record, write_record

RACY = 2.0  # seconds: a file written this shortly before it was read may change unseen in the same tick


class SourceToken(Record):
    """A file's token, the hash of the bytes that it stands for, and when they were read."""

    token: str
    sha256: str
    read: Moment


Tokens = Mapping[str, SourceToken]
_TOKENS = TypeAdapter(dict[str, SourceToken])


def read_tokens(lake: Storage, table: str) -> Tokens:
    """The tokens of a table's files, by name; none when there are none, or they cannot be read."""
    try:
        return _TOKENS.validate_python(read_record(lake, _path(table))["files"])
    except (MissingError, DamagedError, ValidationError, KeyError, TypeError):
        return {}


def write_tokens(lake: Storage, table: str, tokens: Tokens) -> None:
    """Write them down, in place of those before."""
    write_record(lake, _path(table), b'{"files": ' + _TOKENS.dump_json(dict(tokens)) + b"}")


def taken(files: Iterable[SourceFile]) -> dict[str, SourceToken]:
    """The tokens that a snapshot's files had when they were taken in."""
    return {
        file.name: SourceToken(token=file.token, sha256=file.sha256, read=file.arrived)
        for file in files
    }


def unchanged(known: SourceToken, entry: Entry) -> bool:
    """Whether a file certainly has the bytes that its token was written down for."""
    return known.token == entry.token and known.read.timestamp() - entry.modified > RACY


def token_of(entry: Entry, sha256: str, read: datetime) -> SourceToken:
    return SourceToken(token=entry.token, sha256=sha256, read=read)


def _path(table: str) -> str:
    return f"touched/{table}.json"
