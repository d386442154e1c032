"""The owner of a lake: one pipeline, by an id that is created once and stored in `lake.json`.

A layer with its own `path` records in its `layer.json` which lake its tables belong to.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from pydantic import ValidationError

from medallion.declaration.location import locate
from medallion.declaration.locations import LAYER_MARK
from medallion.errors import DamagedError, ExistsError, MissingError, OwnershipError, StorageError
from medallion.identifiers import next_id, now
from medallion.lake.lake import Lake
from medallion.lake.pointer import FORMAT, newer_format
from medallion.lake.record_files import set_aside
from medallion.records import Moment, Record
from medallion.storage import Storage, open_storage
from medallion.storage.sealed_records import read_record, seal, write_record

PATH = "lake.json"

# The files that record the owner of a folder, and their field with the id of the lake.
_MARKS = {PATH: "id", LAYER_MARK: "lake"}
_LOST = "medallion adopt makes it this pipeline's lake again"


class LakeIdentity(Record):
    """The owner of a lake: `id` is created once, `pipeline` is the name in the declaration.

    `format` is the lake's when it was created; `former` are the pipelines that owned it before.
    """

    format: int
    id: str
    pipeline: str
    created: Moment
    former: tuple[str, ...] = ()


class LayerOwner(Record):
    """The lake that the tables of a folder outside it belong to: its id, place and pipeline."""

    lake: str
    place: str
    pipeline: str


def read_identity(lake: Lake) -> LakeIdentity | None:
    """The owner of a lake, or None before the first write.

    Raises StorageError when its format is newer, and DamagedError.
    """
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
    """The lake's identity, if it is this pipeline's or there is none. Raises OwnershipError."""
    identity = read_identity(lake)
    if identity and identity.pipeline != pipeline:
        raise OwnershipError(
            f"{lake.storage.url} is the lake of pipeline {identity.pipeline!r}, "
            f"and this one is {pipeline!r}",
            hint="give this pipeline a `lake` of its own; medallion adopt takes this one over",
        )
    return identity


def claim(lake: Lake, pipeline: str, *, full: bool) -> LakeIdentity:
    """The lake's identity, created by the first write; the caller holds the lease.

    Raises OwnershipError when the lake is another pipeline's or its identity is lost, and
    StorageError when its format is newer, or older and this is not a `full` run.
    """
    identity = check_owner(lake, pipeline)
    if identity and full:
        return identity
    if identity:
        with suppress(DamagedError):
            lake.pointer()  # raises StorageError for an older format
        return identity
    lost = OwnershipError(
        f"{lake.storage.url}/{PATH} is lost: the owner of the lake is unknown", hint=_LOST
    )
    try:
        pointer = lake.pointer(older=full)
    except DamagedError as error:  # `repair` fixes it, in a lake that is this pipeline's
        raise lost from error
    if pointer.version is not None and pointer.format == FORMAT:
        raise lost
    _check_place(lake, pipeline)
    identity = _new(pipeline)
    try:
        lake.storage.create(PATH, seal(_encoded(identity)))
    except ExistsError:
        return claim(lake, pipeline, full=full)
    lake.storage.sync([PATH])
    return identity


def adopt(lake: Lake, pipeline: str, *, diverged: bool) -> LakeIdentity:
    """Make it this pipeline's lake, whichever pipeline owned it; the caller holds the lease.

    `diverged` says that another lake of the same id, such as the original of this copy, has
    published since: then this one gets a new id.
    """
    try:
        identity = read_identity(lake)
    except DamagedError:
        set_aside(lake.storage, lake.storage, PATH, next_id(None))
        identity = None
    if identity is None:
        identity = _new(pipeline)
    elif diverged:
        identity = identity.model_copy(update={"id": uuid4().hex, "pipeline": pipeline})
    elif identity.pipeline != pipeline:
        former = (*identity.former, identity.pipeline)
        identity = identity.model_copy(update={"pipeline": pipeline, "former": former})
    else:
        return identity
    write_record(lake.storage, PATH, _encoded(identity))
    lake.storage.sync([PATH])
    return identity


def check_everywhere(lake: Lake, pipeline: str, *, remote: bool = True) -> None:
    """Raise OwnershipError when the lake, or a layer's own `path`, is another pipeline's.

    Without `remote`, those on an object store are not checked.
    """
    if not remote and lake.storage.root is None:
        return
    identity = check_owner(lake, pipeline)
    for layer, storage in layers_apart(lake):
        if remote or storage.root is not None:
            check_layer(lake, pipeline, identity, layer, storage)


def layers_apart(lake: Lake) -> list[tuple[str, Storage]]:
    """The layers that have their own `path`, by name."""
    return [
        (name, lake.layer_storage(name, layer)) for name, layer in lake.layers.items() if layer.path
    ]


def read_layer_owner(storage: Storage) -> LayerOwner | None:
    """The owner of a folder of tables outside its lake, if one is recorded. Raises DamagedError."""
    try:
        return LayerOwner.model_validate(read_record(storage, LAYER_MARK))
    except MissingError:
        return None
    except (DamagedError, ValidationError) as error:
        hint = "medallion adopt makes the layer this pipeline's again"
        raise DamagedError(f"{storage.url}/{LAYER_MARK}: is damaged", hint=hint) from error


def check_layer(
    lake: Lake, pipeline: str, identity: LakeIdentity | None, name: str, storage: Storage
) -> bool:
    """Whether a layer's own `path` is recorded as this lake's.

    Raises OwnershipError, naming both, when it is another lake's or this lake is a copy of that
    one.
    """
    owner = read_layer_owner(storage)
    if owner is None:
        return False
    place = locate(lake.url, lake.base or Path()).shown
    theirs = (
        f"layer {name!r} at {storage.url} holds tables of pipeline {owner.pipeline!r}, "
        f"whose lake is {owner.place}"
    )
    if identity is None or owner.lake != identity.id:
        raise OwnershipError(
            f"{theirs}, and this is pipeline {pipeline!r} with the lake {place}",
            hint="give the layer another `path`; medallion adopt takes this one over",
        )
    if owner.place != place:
        raise OwnershipError(
            f"{theirs}, and {place} is a copy of that lake, or the lake was moved there",
            hint="give a copy's layers a `path` of their own; after a move, run medallion adopt",
        )
    return True


def claim_layers(lake: Lake, identity: LakeIdentity) -> None:
    """Record this lake as the owner of its layers with their own `path`, under the lease.

    Raises OwnershipError when one is another lake's, or is inside one.
    """
    for name, storage in layers_apart(lake):
        if check_layer(lake, identity.pipeline, identity, name, storage):
            continue
        _check_around(lake, identity.pipeline, identity, storage, f"layer {name!r}")
        with suppress(ExistsError):
            storage.create(LAYER_MARK, seal(_layer_owner(lake, identity)))
        storage.sync([LAYER_MARK])
        check_layer(lake, identity.pipeline, identity, name, storage)


def adopt_layers(lake: Lake, identity: LakeIdentity) -> None:
    """Record this lake as their owner, whichever it was before. The caller holds the lease."""
    for name, storage in layers_apart(lake):
        try:
            read_layer_owner(storage)
        except DamagedError:
            set_aside(lake.storage, storage, LAYER_MARK, f"{next_id(None)}/{name}")
        write_record(storage, LAYER_MARK, _layer_owner(lake, identity))
        storage.sync([LAYER_MARK])


def _check_place(lake: Lake, pipeline: str) -> None:
    """Raise OwnershipError when a new lake would be inside another lake, or in its layers."""
    check_layer(lake, pipeline, None, "of another lake", lake.storage)
    for name, layer in lake.layers.items():
        if not layer.path:
            check_layer(lake, pipeline, None, name, lake.layer_storage(name, layer))
    _check_around(lake, pipeline, None, lake.storage, "the lake")


def _check_around(
    lake: Lake, pipeline: str, identity: LakeIdentity | None, storage: Storage, what: str
) -> None:
    """Raise OwnershipError when a folder is inside another lake or its layers, or contains one."""
    places = [
        (open_storage(url, options=lake.options), mark)
        for url in _parents(storage.url)
        for mark in _MARKS
    ]
    with suppress(StorageError):  # a folder that this user cannot read
        places += [
            (storage, entry.path) for entry in storage.list("") if _is_mark_below(entry.path)
        ]
    for place, path in places:
        with suppress(StorageError):  # absent, another program's, or unreadable
            folder, _, mark = path.rpartition("/")
            body = read_record(place, path)
            if isinstance(body, dict) and body.get(_MARKS[mark]) != (
                identity.id if identity else None
            ):
                where = f"hold {storage.url}/{folder}" if folder else f"be inside {place.url}"
                raise OwnershipError(
                    f"{what} at {storage.url} would {where}, "
                    f"which pipeline {body.get('pipeline')!r} uses, "
                    f"and this is pipeline {pipeline!r}",
                    hint="choose a folder of its own",
                )


def _is_mark_below(path: str) -> bool:
    """Whether an object records the owner of a folder further down."""
    folder, _, name = path.rpartition("/")
    return bool(folder) and name in _MARKS


def _parents(url: str) -> Iterator[str]:
    """The folders that contain a location, up to the root or the bucket."""
    scheme, separator, rest = url.rpartition("://")
    if not separator:
        yield from map(str, Path(url).resolve().parents)
        return
    parts = rest.split("/")
    yield from (f"{scheme}://{'/'.join(parts[:count])}" for count in range(len(parts) - 1, 0, -1))


def _layer_owner(lake: Lake, identity: LakeIdentity) -> bytes:
    place = locate(lake.url, lake.base or Path()).shown
    return _encoded(LayerOwner(lake=identity.id, place=place, pipeline=identity.pipeline))


def _new(pipeline: str) -> LakeIdentity:
    return LakeIdentity(format=FORMAT, id=uuid4().hex, pipeline=pipeline, created=now())


def _encoded(record: Record) -> bytes:
    return record.model_dump_json(indent=1).encode()
