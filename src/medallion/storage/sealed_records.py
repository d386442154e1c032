"""Sealed records: every JSON record of a lake ends with a checksum.

Its last field, `sha256`, is the SHA-256 of all bytes before it. A damaged record is recognised, and
any reader can read the record as one JSON object.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from medallion.errors import DamagedError
from medallion.storage import Storage

_FIELD, _END = b',\n "sha256": "', b'"\n}\n'
_TAIL = len(_FIELD) + 64 + len(_END)


def seal(body: bytes) -> bytes:
    """A JSON object with at least one field, with its checksum appended as the last one."""
    head = body.rstrip()[:-1].rstrip()
    return head + _tail(head)


def unseal(data: bytes) -> bytes:
    """The record, if its checksum matches. Raises ValueError."""
    head = data[:-_TAIL]
    if data[-_TAIL:] != _tail(head):
        raise ValueError("its checksum does not match")
    return data


def _tail(head: bytes) -> bytes:
    return _FIELD + hashlib.sha256(head).hexdigest().encode() + _END


def write_record(storage: Storage, path: str, body: bytes) -> None:
    """Write a JSON object with its checksum."""
    storage.put(path, seal(body))


def read_record(storage: Storage, path: str) -> Any:
    """A record as plain data. Raises MissingError, and DamagedError when its checksum differs."""
    data, _ = storage.read(path)
    try:
        return json.loads(unseal(data))
    except ValueError as error:
        raise damaged(storage, path) from error


def damaged(storage: Storage, path: str) -> DamagedError:
    """The error for a record whose checksum differs."""
    return DamagedError(
        f"{storage.url}/{path}: is damaged, or not of this version", hint="medallion repair"
    )


def is_older(data: bytes) -> bool:
    """Whether a record has no checksum: it was written before lakes had a format.

    Raises ValueError for other bytes than JSON.
    """
    body = json.loads(data)
    if not isinstance(body, dict) or "format" in body or "sha256" in body:
        return False
    # A flipped bit in the name of the checksum leaves its value where it was.
    digest = hashlib.sha256(data[:-_TAIL]).hexdigest().encode()
    return data[-64 - len(_END) : -len(_END)] != digest
