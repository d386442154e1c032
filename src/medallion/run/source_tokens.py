"""Tokens of source files that were touched without a change, so that no run reads them whole again.

A snapshot holds the token that each file had when its bytes were ingested. A file that was only
touched has another token; it is read once, and its new token is recorded next to the snapshot, in a
cache that may be lost. So is the cursor of a file that was pulled again with the same bytes: it
says when all rows were last pulled.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from pydantic import Field, JsonValue, TypeAdapter, ValidationError

from medallion.errors import DamagedError, MissingError
from medallion.records import Moment, Record, SourceFile
from medallion.storage import Entry, Storage
from medallion.storage.sealed_records import read_record, write_record

# Seconds: a file written this shortly before it was read may change again within one clock tick.
RACY = 2.0


class SourceToken(Record):
    """A file's token and cursor, the hash of the bytes they belong to, and when they were read."""

    token: str
    sha256: str
    read: Moment
    cursor: JsonValue = Field(default=None, exclude_if=lambda cursor: cursor is None)


Tokens = Mapping[str, SourceToken]
_TOKENS = TypeAdapter(dict[str, SourceToken])


def read_tokens(lake: Storage, table: str) -> Tokens:
    """The tokens of a table's files, by name; empty when there are none or they cannot be read."""
    try:
        return _TOKENS.validate_python(read_record(lake, _path(table))["files"])
    except (MissingError, DamagedError, ValidationError, KeyError, TypeError):
        return {}


def write_tokens(lake: Storage, table: str, tokens: Tokens) -> None:
    """Replace the recorded tokens of a table's files."""
    write_record(lake, _path(table), b'{"files": ' + _TOKENS.dump_json(dict(tokens)) + b"}")


def snapshot_tokens(files: Iterable[SourceFile]) -> dict[str, SourceToken]:
    """The tokens that a snapshot's files had when they were ingested."""
    return {
        file.name: SourceToken(
            token=file.token, sha256=file.sha256, read=file.arrived, cursor=file.cursor
        )
        for file in files
    }


def last_pulled(known: Mapping[str, SourceFile], touched: Tokens) -> list[SourceFile]:
    """The files of a snapshot, by name, as the last pull found them.

    These are their tokens and cursors of that pull if it found exactly these files with the same
    bytes. Otherwise they are those of the snapshot: cursors of different pulls do not fit together.
    """
    is_same = touched.keys() == known.keys() and all(
        token.sha256 == known[name].sha256 and token.cursor is not None
        for name, token in touched.items()
    )
    if not is_same:
        return list(known.values())
    return [
        file.model_copy(update={"token": touched[name].token, "cursor": touched[name].cursor})
        for name, file in known.items()
    ]


def is_unchanged(known: SourceToken, entry: Entry) -> bool:
    """Whether a file certainly has the bytes that its token was recorded for."""
    return known.token == entry.token and known.read.timestamp() - entry.modified > RACY


def token_of(entry: Entry, sha256: str, read: datetime, cursor: JsonValue = None) -> SourceToken:
    return SourceToken(token=entry.token, sha256=sha256, read=read, cursor=cursor)


def _path(table: str) -> str:
    return f"touched/{table}.json"
