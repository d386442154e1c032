"""Where lake, layers and sources are, and what may not be inside what.

Locations are compared as the operating system sees them: relative paths, `..`, symbolic links and other
spellings of one URL are resolved first.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from medallion import source_pattern
from medallion.config import Declaration, Source

Fault = tuple[tuple[str | int, ...], str]

RESERVED = ("damaged", "quarantine", "releases", "runs", "snapshots", "touched", "writes")  # folders of every lake
LAKE_MARKS = ("lake.json", "current.json")
LAYER_MARK = "layer.json"  # in a layer with a `path` of its own: whose tables they are


@dataclass(frozen=True)
class Location:
    """A folder, or a prefix of a bucket. `parts` are its path; `path` is None when it is remote."""

    shown: str
    parts: tuple[str, ...]
    path: Path | None = None

    def below(self, other: Location) -> tuple[str, ...] | None:
        """The parts of the path from `other` down to this location; None when it is not inside."""
        if self.parts[: len(other.parts)] == other.parts:
            return self.parts[len(other.parts) :]
        if self.path is None or other.path is None or not other.path.exists():
            return None
        for depth, folder in enumerate((self.path, *self.path.parents)):
            if folder.exists() and folder.samefile(other.path):  # a bind mount, or a name in another case
                return self.parts[len(self.parts) - depth :]
        return None


def locate(url: str, base: Path) -> Location:
    """The location of a URL or of a local path, a relative one being taken from `base`."""
    scheme, separator, rest = url.partition("://")
    if not separator or scheme == "file":
        path = Path(os.path.realpath(base / (rest if separator else url)))
        return Location(str(path), path.parts, path)
    parts: list[str] = []
    for part in rest.split("/"):
        if part == "..":
            parts = parts[:1] + parts[1:-1]  # never above the bucket
        elif part not in ("", "."):
            parts.append(part)
    return Location(f"{scheme}://{'/'.join(parts)}", (f"{scheme}:", *parts))


def faults(declaration: Declaration, base: Path) -> Iterator[Fault]:
    """What is where it may not be: (path in the declaration, message) each."""
    lake = locate(declaration.lake, base)
    layers = {
        name: locate(layer.path or f"{declaration.lake}/{name}", base) for name, layer in declaration.layers.items()
    }
    for other in _other_lakes(lake, lake):
        yield ("lake",), f"is inside another lake, {other}; choose a folder of its own"
    for name, place in layers.items():
        trail = ("layers", name, "path") if declaration.layers[name].path else ("layers", name)
        yield from ((trail, message) for message in _bad_layer(name, place, lake, layers))
    yield from _bad_sources(declaration, layers, base)


def _bad_layer(name: str, place: Location, lake: Location, layers: dict[str, Location]) -> Iterator[str]:
    if lake.below(place) is not None:
        yield f"layer {name!r} would be at {place.shown}, which holds the lake itself; choose a folder of its own"
        return
    inside = place.below(lake)
    if inside and inside[0] in RESERVED:
        yield f"layer {name!r} would be in {inside[0]!r}, where the lake keeps records; choose another name or path"
    for other, elsewhere in layers.items():
        if other == name:
            break
        if place.below(elsewhere) is not None or elsewhere.below(place) is not None:
            yield f"layers {other!r} and {name!r} are at {elsewhere.shown} and {place.shown}; give each its own folder"
    for another in _other_lakes(place, lake):
        yield f"layer {name!r} would be at {place.shown}, but {another} is another lake; choose a folder of its own"


def _bad_sources(declaration: Declaration, layers: dict[str, Location], base: Path) -> Iterator[Fault]:
    for name in declaration.names():
        table = declaration.table(name)
        if not isinstance(table, Source):
            continue
        trail = ("tables", *name.split(".", 1), "source")
        root, rest = source_pattern.split(table.source)
        folder = locate(root, base)
        whole = locate(table.source, base) if source_pattern.names_one_file(rest) else folder
        for layer, place in layers.items():
            if folder.below(place) is not None or whole.below(place) is not None:
                yield trail, f"{table.source} is inside layer {layer!r}, {place.shown}; keep sources and layers apart"
            elif (below := place.below(folder)) and _takes(declaration, layer, rest, "/".join(below)):
                yield (
                    trail,
                    f"{table.source} would take in the files of layer {layer!r}, {place.shown}; keep them apart",
                )


def _takes(declaration: Declaration, layer: str, rest: str, folder: str) -> bool:
    """Whether a source's pattern matches what a layer in a folder below it may write."""
    wanted = source_pattern.regex(rest)
    ending = rest.rpartition("/")[2].rpartition("*")[2]
    digits = "0" * 64
    if declaration.layers[layer].path and wanted.fullmatch(f"{folder}/{LAYER_MARK}"):
        return True
    for table in declaration.tables.get(layer, {}):
        names = (f"objects/{digits}{ending}", f"records/{digits}.parquet", f"{digits}/part-0.parquet")
        paths = [f"{folder}/{table}.parquet", *(f"{folder}/{table}/{name}" for name in names)]
        if any(wanted.fullmatch(path) for path in paths):
            return True
    return False


def _other_lakes(place: Location, lake: Location) -> Iterator[str]:
    """Local lakes, other than our own, that a location is inside of or that lie directly in it."""
    if place.path is None:
        return
    folders = [*place.path.parents] if place is lake else [place.path, *place.path.parents, *_folders(place.path)]
    for folder in folders:
        if folder != lake.path and _is_lake(folder) and not (lake.path and lake.path.exists() and _same(folder, lake)):
            yield str(folder)


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
