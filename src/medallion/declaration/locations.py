"""The locations of lake, layers, sources and databases, and which may not contain one another.

Locations are compared as the operating system sees them: relative paths, `..`, symbolic links and
other spellings of one URL are resolved first.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from medallion.declaration import source_pattern
from medallion.declaration.location import Location, locate
from medallion.declaration.models import Declaration, Source
from medallion.storage import is_known, keeps_lakes, unknown_storage
from medallion.storage.chained_url import unchained

Trail = tuple[str | int, ...]
Fault = tuple[Trail, str]

# The folders of every lake.
RESERVED = (
    *("candidates", "corrections", "damaged", "quarantine", "releases", "runs", "snapshots"),
    *("touched", "writes"),
)
_READ_ONLY = "{} is only read from; keep the lake in a folder or a bucket"
LAKE_MARKS = ("lake.json", "current.json")
LAYER_MARK = "layer.json"  # in a layer with a `path` of its own: the pipeline that owns it
# An example of every kind of record in a lake.
RECORDS = (
    *LAKE_MARKS,
    "lease.json",
    "stamp.json",
    "plain.json",
    "exports.json",
    *(f"{folder}/record.json" for folder in RESERVED),
)
_RECORD_FILES = tuple((record,) for record in RECORDS if "/" not in record)


def faults(declaration: Declaration, base: Path) -> Iterator[Fault]:
    """(path in the declaration, message) of each location that conflicts with another."""
    lake = locate(declaration.lake, base)
    layers = {
        name: locate(layer.path or f"{declaration.lake}/{name}", base)
        for name, layer in declaration.layers.items()
    }
    for other in _other_lakes(lake, lake):
        yield ("lake",), f"is inside another lake, {other}; choose a folder of its own"
    for name, layer in declaration.layers.items():
        if layer.path and not is_known(layer.path):
            yield (
                ("layers", name, "path"),
                unknown_storage(layer.path).message,
            )
        elif layer.path and not keeps_lakes(layer.path):
            yield ("layers", name, "path"), _READ_ONLY.format(layer.path)
    if is_known(declaration.lake) and not keeps_lakes(declaration.lake):
        yield ("lake",), _READ_ONLY.format(declaration.lake)
    for name, place in layers.items():
        trail = ("layers", name, "path") if declaration.layers[name].path else ("layers", name)
        yield from ((trail, message) for message in _layer_faults(name, place, lake, layers))
    yield from _source_faults(declaration, lake, layers, base)
    yield from _export_faults(declaration)
    yield from _file_faults(declaration, lake, layers, base)


def _layer_faults(
    name: str, place: Location, lake: Location, layers: dict[str, Location]
) -> Iterator[str]:
    if lake.below(place) is not None:
        yield (
            f"layer {name!r} would be at {place.shown}, which contains the lake itself; "
            "choose a folder of its own"
        )
        return
    inside = place.below(lake)
    if inside and inside[0] in RESERVED:
        yield (
            f"layer {name!r} would be in {inside[0]!r}, where the lake keeps records; "
            "choose another name or path"
        )
    for other, elsewhere in layers.items():
        if other == name:
            break
        if place.below(elsewhere) is not None or elsewhere.below(place) is not None:
            yield (
                f"layers {other!r} and {name!r} are at {elsewhere.shown} and {place.shown}; "
                "give each its own folder"
            )
    for another in _other_lakes(place, lake):
        yield (
            f"layer {name!r} would be at {place.shown}, but {another} is another lake; "
            "choose a folder of its own"
        )


def _source_fault(source: str) -> str:
    """What is wrong with the URL of a source, or an empty text."""
    if not is_known(source):
        return unknown_storage(source, "file").message
    if unchained(unchained(source)[1])[1]:
        return f"{source} is in an archive within an archive: unpack the outer one, and name that"
    return ""


def _source_faults(
    declaration: Declaration, lake: Location, layers: dict[str, Location], base: Path
) -> Iterator[Fault]:
    for trail, source in _sources(declaration):
        if fault := _source_fault(source):
            yield trail, fault
        root, rest = source_pattern.split(source)
        if "://" in source and "://" not in root:
            yield trail, f"{source} names no folder; write {root}//FOLDER/{rest}"
            continue
        folder = locate(root, base)
        whole = locate(source, base) if source_pattern.names_one_file(rest) else folder
        for layer, place in layers.items():
            if folder.below(place) is not None or whole.below(place) is not None:
                yield (
                    trail,
                    (
                        f"{source} is inside layer {layer!r}, {place.shown}; "
                        "keep sources and layers in separate folders"
                    ),
                )
            elif (below := place.below(folder)) and _matches_layer(
                declaration, layer, rest, "/".join(below)
            ):
                yield (
                    trail,
                    (
                        f"{source} would match the files of layer {layer!r}, {place.shown}; "
                        "keep them in separate folders"
                    ),
                )
        if _matches_records(lake, folder, rest):
            yield (
                trail,
                (
                    f"{source} would match records of the lake, {lake.shown}; "
                    "keep sources and the lake in separate folders"
                ),
            )


def _sources(declaration: Declaration) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """(path in the declaration, source as it is written) of each source."""
    for name in declaration.names():
        table = declaration.table(name)
        if isinstance(table, Source) and not table.pulled:
            path = ("tables", *name.split(".", 1), "source")
            places = (
                [path]
                if isinstance(table.source, str)
                else [(*path, n) for n in range(len(table.patterns))]
            )
            yield from zip(places, table.patterns, strict=True)


def _matches_records(lake: Location, folder: Location, rest: str) -> bool:
    """Whether a source's pattern, below a folder, matches records of the lake."""
    inside = folder.below(lake)
    if inside:
        return inside[0] in RESERVED
    below = lake.below(folder)
    if below is None:
        return False
    pattern = source_pattern.regex(rest)
    return any(pattern.fullmatch("/".join((*below, record))) for record in RECORDS)


def _export_faults(declaration: Declaration) -> Iterator[Fault]:
    """Exports to places that nothing can be written to."""
    for number, export in enumerate(declaration.export):
        folder, _ = export.place
        if not is_known(folder):
            yield ("export", number, "file"), unknown_storage(folder).message
        elif not keeps_lakes(folder):
            message = f"{folder} is only read from; export to a folder or a bucket"
            yield ("export", number, "file"), message


def _written_files(declaration: Declaration, base: Path) -> Iterator[tuple[Trail, str, Location]]:
    """(path in the declaration, what it is, location) of each database file and exported file."""
    for label, item in declaration.sinks.items():
        if path := item.sink.located(base).file():
            what = f"the database of sink {label!r}"
            yield ("sinks", label, "url"), what, locate(str(path), base)
    for number, export in enumerate(declaration.export):
        yield ("export", number, "file"), "a file of `export`", locate(export.file, base)


def _file_faults(
    declaration: Declaration, lake: Location, layers: dict[str, Location], base: Path
) -> Iterator[Fault]:
    """Files of databases and exports in places where other files are written or read."""
    files: list[tuple[str, Location]] = []
    for trail, what, file in _written_files(declaration, base):
        for other, elsewhere in files:
            if elsewhere.below(file) == ():
                yield trail, f"{file.shown} is already {other}; give each its own file"
        files.append((what, file))
        for layer, place in layers.items():
            if file.below(place) is not None and lake.below(place) is None:
                yield (
                    trail,
                    f"{file.shown} is inside layer {layer!r}, {place.shown}; choose another place",
                )
        inside = file.below(lake)
        if lake.below(file) is not None or (
            inside and (inside[0] in RESERVED or inside in _RECORD_FILES)
        ):
            message = f"{file.shown} is where the lake keeps records"
            yield trail, f"{message}; choose another name, such as serving.db"
        for _, source in _sources(declaration):
            if _matches(source, file, base):
                yield (
                    trail,
                    f"{file.shown} would be a file of the source {source}; choose another place",
                )


def _matches(source: str, file: Location, base: Path) -> bool:
    root, rest = source_pattern.split(source)
    below = file.below(locate(root, base))
    return below is not None and bool(source_pattern.regex(rest).fullmatch("/".join(below)))


def _matches_layer(declaration: Declaration, layer: str, rest: str, folder: str) -> bool:
    """Whether a source's pattern matches what a layer in a folder below it may write."""
    pattern = source_pattern.regex(rest)
    ending = rest.rpartition("/")[2].rpartition("*")[2]
    digits = "0" * 64
    if declaration.layers[layer].path and pattern.fullmatch(f"{folder}/{LAYER_MARK}"):
        return True
    for table in declaration.tables.get(layer, {}):
        names = (
            f"objects/{digits}{ending}",
            f"records/{digits}-0.parquet",
            f"records/{digits}.json",
            f"{digits}/part-0.parquet",
        )
        paths = [f"{folder}/{table}.parquet", *(f"{folder}/{table}/{name}" for name in names)]
        if any(pattern.fullmatch(path) for path in paths):
            return True
    return False


def _other_lakes(place: Location, lake: Location) -> Iterator[str]:
    """Other local lakes that contain a location, or that are directly in it."""
    if place.path is None:
        return
    for folder in near(place.path, below=place is not lake):
        if (
            folder != lake.path
            and _is_lake(folder)
            and not (lake.path and lake.path.exists() and _same(folder, lake))
        ):
            yield str(folder)


def near(path: Path, *, below: bool) -> list[Path]:
    """The folders where another lake would be in the way: around a folder, and directly in it."""
    return [path, *path.parents, *_folders(path)] if below else [*path.parents]


def _is_lake(folder: Path) -> bool:
    try:
        return any((folder / mark).is_file() for mark in LAKE_MARKS) and (folder / "runs").is_dir()
    except OSError:
        return False


def _same(folder: Path, lake: Location) -> bool:
    return lake.path is not None and folder.samefile(lake.path)


def _folders(folder: Path) -> list[Path]:
    try:
        return [Path(entry) for entry in os.scandir(folder) if entry.is_dir()]
    except OSError:
        return []
