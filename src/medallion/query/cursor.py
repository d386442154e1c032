"""Cursors: the position between two pages, as opaque text with a checksum."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from medallion.errors import CallError, GoneError


@dataclass(frozen=True)
class CursorPosition:
    """The end of a page: its release, a digest of its query, and the last row's sorted values."""

    release: str
    query_digest: str
    values: tuple[Any, ...]


def write_cursor(place: CursorPosition) -> str:
    """A cursor as opaque text for use in a URL."""
    content = [place.release, place.query_digest, list(place.values)]
    text = json.dumps([*content, digest_of(content)], separators=(",", ":"))
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(cursor: str) -> CursorPosition:
    """The position in a cursor. Raises CallError when it is damaged."""
    try:
        text = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        release, query_digest, values, digest = json.loads(text)
        if digest != digest_of([release, query_digest, values]):
            raise ValueError(digest)
        texts = all(isinstance(value, str | None) for value in values)
        if not texts or not isinstance(release, str) or not release.isprintable():
            raise TypeError(release, values)
        return CursorPosition(release, query_digest, tuple(values))
    except (ValueError, TypeError, RecursionError):
        raise damaged_cursor() from None


def damaged_cursor() -> CallError:
    """The error for a cursor that no store has written."""
    return CallError("the cursor is damaged", hint="pass it unchanged, or begin again without one")


def gone_error(release: str) -> GoneError:
    """The error for a release that is no longer kept, with which a cursor began."""
    return GoneError(
        f"release {release}, which the cursor began with, is no longer kept",
        hint="begin again without one",
    )


def digest_of(content: object) -> str:
    """A short digest of JSON content."""
    return sha256(json.dumps(content).encode()).hexdigest()[:16]
