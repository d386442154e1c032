"""The pointer of a lake, `current.json`: which release is published, switched by compare-and-swap."""

from __future__ import annotations

import json
from dataclasses import dataclass

from medallion.errors import LeaseError, StorageError
from medallion.identifiers import now
from medallion.storage import Storage
from medallion.storage.sealed_records import damaged, is_older, seal, unseal

POINTER = "current.json"
FORMAT = 1  # of lakes that this version writes; it reads no newer one
HISTORY = 1000  # published ids that the pointer remembers


@dataclass(frozen=True)
class Pointer:
    """What the lake points at: the published `release`, all that ever were `published`, and the version for a swap.

    A release that was written down by a run killed before the switch is in no `published`. `sequence` counts
    publications, `token` is the fencing token of the newest writer that switched it, `format` that of the lake.
    """

    release: str | None = None
    published: tuple[str, ...] = ()
    version: str | None = None
    sequence: int = 0
    token: int = 0
    format: int = FORMAT


def read_pointer(storage: Storage) -> Pointer:
    """The pointer as it is now. Raises MissingError, DamagedError, and StorageError for a newer format."""
    data, version = storage.read(POINTER)
    try:
        body = json.loads(data)
        if is_older(body):  # of before lakes had a format; what it names cannot be read
            return Pointer(None, tuple(body["published"]), version, format=0)
        if body.get("format", FORMAT) <= FORMAT:
            unseal(data)
            counters = body["sequence"], body["token"], body["format"]
            return Pointer(body["release"], tuple(body["published"]), version, *counters)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise damaged(storage, POINTER) from error
    raise newer_format(storage.url, body["format"])


def swap_pointer(storage: Storage, latter: Pointer, former: Pointer) -> None:
    """Replace the pointer that was read. Raises LeaseError, ConflictError or ExistsError when another has."""
    if latter.token < former.token:
        raise LeaseError(
            f"{storage.url}: a newer writer has switched the release",
            hint="nothing was published; run again",
        )
    body = {
        "format": FORMAT,
        "release": latter.release,
        "at": now().isoformat(),
        "sequence": latter.sequence,
        "token": latter.token,
        "published": latter.published,
    }
    data = seal(json.dumps(body).encode())
    if former.version is None:
        storage.create(POINTER, data)
    else:
        storage.swap(POINTER, data, former.version)
    storage.sync([POINTER])


def older_format(url: str, found: int) -> StorageError:
    """The error for a lake that an earlier version of medallion has written."""
    return StorageError(
        f"{url}: the lake has format {found}, and this version of medallion writes format {FORMAT}",
        hint="medallion run --full computes it again from its sources, in the new format",
    )


def newer_format(url: str, found: int) -> StorageError:
    """The error for a lake that a later version of medallion has written."""
    return StorageError(
        f"{url}: the lake has format {found}, and this version of medallion reads formats up to {FORMAT}",
        hint="upgrade medallion",
    )
