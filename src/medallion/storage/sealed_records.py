"""The checksum that every JSON record of a lake ends with.

The last field, `sha256`, is the SHA-256 of all bytes before it. A record is whole or known to be damaged, and still is
one JSON object for any reader.
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
    """A JSON object, which has a field at least, with its checksum as the last one."""
    head = body.rstrip()[:-1].rstrip()
    return head + _tail(head)


def unseal(data: bytes) -> bytes:
    """The record, which is what was written. Raises ValueError."""
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
    """A record as plain data. Raises MissingError, and DamagedError when it is not what was written."""
    data, _ = storage.read(path)
    try:
        return json.loads(unseal(data))
    except ValueError as error:
        raise damaged(storage, path) from error


def damaged(storage: Storage, path: str) -> DamagedError:
    """The error for a record that is not what was written."""
    return DamagedError(
        f"{storage.url}/{path}: is damaged, or not of this version", hint="medallion repair"
    )


def is_older(body: object) -> bool:
    """Whether a record was written before lakes had a format: without a checksum."""
    return isinstance(body, dict) and "format" not in body and "sha256" not in body
