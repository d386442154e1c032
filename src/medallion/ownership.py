"""Whose lake it is: one pipeline's, by an id made once and kept in `lake.json`."""

from __future__ import annotations

from uuid import uuid4

from pydantic import ValidationError

from medallion.errors import DamagedError, ExistsError, MissingError, OwnershipError, StorageError
from medallion.identifiers import now
from medallion.lake import Lake
from medallion.lake_pointer import FORMAT, newer_format
from medallion.records import LakeIdentity
from medallion.storage.sealing import read_record, seal, write_record

PATH = "lake.json"

_LOST = "medallion adopt makes it this pipeline's lake again"


def read_identity(lake: Lake) -> LakeIdentity | None:
    """Whose lake it is, or None before the first write. Raises StorageError when its format is a newer one."""
    try:
        body = read_record(lake.storage, PATH)
    except MissingError:
        return None
    except DamagedError as error:
        raise DamagedError(error.message, hint=_LOST) from error
    if isinstance(body, dict) and isinstance(body.get("format"), int) and body["format"] > FORMAT:
        raise newer_format(lake.storage.url, body["format"])
    try:
        return LakeIdentity.model_validate(body)
    except ValidationError as error:
        raise DamagedError(f"{lake.storage.url}/{PATH}: is damaged", hint=_LOST) from error


def check_owner(lake: Lake, pipeline: str) -> LakeIdentity | None:
    """The lake's identity, if it is this pipeline's or nobody's. Raises OwnershipError naming both."""
    identity = read_identity(lake)
    if identity and identity.pipeline != pipeline:
        raise OwnershipError(
            f"{lake.storage.url} is the lake of pipeline {identity.pipeline!r}, and this one is {pipeline!r}",
            hint="give this pipeline a `lake` of its own; medallion adopt takes this one over",
        )
    return identity


def claim(lake: Lake, pipeline: str, *, full: bool) -> LakeIdentity:
    """The lake's identity, made at the first write; the caller holds the lease.

    Raises OwnershipError when it is another pipeline's, or its identity is lost; StorageError when its format is
    newer, or older and this is no `full` run.
    """
    identity = check_owner(lake, pipeline)
    if identity:
        return identity
    pointer = lake.pointer()
    if pointer.format < FORMAT and not full:
        raise StorageError(
            f"{lake.storage.url}: the lake has format {pointer.format}, and this version of medallion "
            f"writes format {FORMAT}",
            hint="medallion run --full computes it again from its sources, in the new format",
        )
    if pointer.version is not None and pointer.format == FORMAT:
        raise OwnershipError(f"{lake.storage.url}/{PATH} is lost: nothing says whose lake this is", hint=_LOST)
    identity = _new(pipeline)
    try:
        lake.storage.create(PATH, seal(_encoded(identity)))
    except ExistsError:
        return claim(lake, pipeline, full=full)
    lake.storage.sync([PATH])
    return identity


def adopt(lake: Lake, pipeline: str, *, parted: bool) -> LakeIdentity:
    """Make it this pipeline's lake, whose ever it was; the caller holds the lease.

    `parted` says that a lake of the same id went another way, as a copy does: then it becomes one of its own.
    """
    try:
        identity = read_identity(lake)
    except DamagedError:
        identity = None
    if identity is None:
        identity = _new(pipeline)
    elif parted:
        identity = identity.model_copy(update={"id": uuid4().hex, "pipeline": pipeline})
    elif identity.pipeline != pipeline:
        former = (*identity.former, identity.pipeline)
        identity = identity.model_copy(update={"pipeline": pipeline, "former": former})
    else:
        return identity
    write_record(lake.storage, PATH, _encoded(identity))
    lake.storage.sync([PATH])
    return identity


def _new(pipeline: str) -> LakeIdentity:
    return LakeIdentity(format=FORMAT, id=uuid4().hex, pipeline=pipeline, created=now())


def _encoded(identity: LakeIdentity) -> bytes:
    return identity.model_dump_json(indent=1).encode()
