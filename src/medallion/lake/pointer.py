"""The pointer of a lake, `current.json`: the published release, switched by compare-and-swap."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from medallion.errors import DamagedError, LeaseError, MissingError, StorageError
from medallion.identifiers import now
from medallion.records import Release
from medallion.storage import Storage
from medallion.storage.sealed_records import damaged, is_older, seal, unseal

POINTER = "current.json"
FORMAT = 4  # of lakes that this version writes; it reads no newer one
HISTORY = 1000  # published ids that the pointer remembers


@dataclass(frozen=True)
class Pointer:
    """The published `release`, all ids that were ever `published`, and the `version` for a swap.

    The release of a run that was killed before the switch is not in `published`. `sequence` counts
    publications, `token` is the fencing token of the newest writer that switched the pointer, and
    `format` that of the lake. Since `held`, runs leave candidates and publish nothing.
    """

    release: str | None = None
    published: tuple[str, ...] = ()
    version: str | None = None
    sequence: int = 0
    token: int = 0
    format: int = FORMAT
    held: datetime | None = None

    def moved_to(self, release: Release, token: int) -> Pointer:
        """The pointer that a writer with this fencing token replaces this one by."""
        earlier = (ident for ident in self.published if ident != release.id)
        published = (*earlier, release.id)[-HISTORY:]
        sequence = max(self.sequence, release.sequence)
        return Pointer(release.id, published, self.version, sequence, token, held=self.held)


def held_since(moment: datetime) -> str:
    """Since when publication is on hold, for messages."""
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def read_pointer(storage: Storage) -> Pointer:
    """The current pointer. Raises MissingError, DamagedError; StorageError for a newer format."""
    data, version = storage.read(POINTER)
    try:
        body = json.loads(data)
        if is_older(data):  # from before lakes had a format
            return Pointer(None, tuple(body["published"]), version, format=0)
        if body.get("format", FORMAT) <= FORMAT:
            unseal(data)
            # The releases of an older format cannot be read.
            release = body["release"] if body["format"] == FORMAT else None
            counters = body["sequence"], body["token"], body["format"]
            held = datetime.fromisoformat(body["held"]) if body.get("held") else None
            return Pointer(release, tuple(body["published"]), version, *counters, held)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise damaged(storage, POINTER) from error
    raise newer_format(storage.url, body["format"])


def swap_pointer(storage: Storage, latter: Pointer, former: Pointer) -> None:
    """Replace the pointer `former`, which was read, by `latter`.

    Raises LeaseError, ConflictError or ExistsError when another writer has replaced it.
    """
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
        **({"held": latter.held.isoformat()} if latter.held else {}),
    }
    data = seal(json.dumps(body).encode())
    if former.version is None:
        storage.create(POINTER, data)
    else:
        storage.swap(POINTER, data, former.version)
    storage.sync([POINTER])


def fence_pointer(storage: Storage, token: int) -> None:
    """Write a token into the pointer, so that every switch by a writer with a smaller one fails.

    That is an overtaken writer, which did not release the lease. A lost pointer cannot be switched.
    """
    with suppress(DamagedError, MissingError):
        pointer = read_pointer(storage)
        if pointer.format == FORMAT and pointer.token < token:
            swap_pointer(storage, replace(pointer, token=token), pointer)


def older_format(url: str, number: int) -> StorageError:
    """The error for a lake that an earlier version of medallion wrote."""
    return StorageError(
        f"{url}: the lake has format {number}, "
        f"and this version of medallion writes format {FORMAT}",
        hint="medallion run --full recomputes it from its sources, in the new format",
    )


def newer_format(url: str, number: int) -> StorageError:
    """The error for a lake that a later version of medallion wrote."""
    return StorageError(
        f"{url}: the lake has format {number}, "
        f"and this version of medallion reads formats up to {FORMAT}",
        hint="upgrade medallion",
    )
