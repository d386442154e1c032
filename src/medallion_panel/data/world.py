"""The countries of the world as polygons, from a file of the package: no request leaves the
machine.

`world.json` is `countries-110m.json` of npm's world-atlas 2.0.2 (ISC), derived from Natural Earth
(public domain). It is TopoJSON: borders are arcs of quantised differences, which neighbouring
countries share.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from itertools import pairwise
from math import log, pi, radians, tan
from typing import Any

from babel import Locale

Ring = list[tuple[float, float]]

_ALIASES = {
    "united states": "united states of america",
    "usa": "united states of america",
    "uk": "united kingdom",
    "great britain": "united kingdom",
    "czech republic": "czechia",
    "the netherlands": "netherlands",
    "bosnia & herzegovina": "bosnia and herz.",
    "bosnia and herzegovina": "bosnia and herz.",
    "dominican republic": "dominican rep.",
    "central african republic": "central african rep.",
    "south sudan": "s. sudan",
    "north macedonia": "macedonia",
    "côte d’ivoire": "côte d'ivoire",
    "ivory coast": "côte d'ivoire",
    "türkiye": "turkey",
    "korea": "south korea",
    "democratic republic of the congo": "dem. rep. congo",
    "solomon islands": "solomon is.",
    "western sahara": "w. sahara",
    "equatorial guinea": "eq. guinea",
    "falkland islands": "falkland is.",
    "swaziland": "eswatini",
}
_HIDDEN = ("antarctica",)


@cache
def countries() -> dict[str, tuple[str, tuple[tuple[tuple[float, float], ...], ...]]]:
    """Every country by its name in lower case, as (name, outer rings in longitude and latitude)."""
    world = json.loads(files(__package__).joinpath("world.json").read_text())
    arcs = [_arc(arc, world["transform"]) for arc in world["arcs"]]
    polygons_by_name = {}
    for geometry in world["objects"]["countries"]["geometries"]:
        name = geometry["properties"]["name"]
        if name.lower() not in _HIDDEN:
            polygons = (
                geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
            )
            rings = [part for polygon in polygons for part in _split(_ring(polygon[0], arcs))]
            polygons_by_name[name.lower()] = (name, tuple(tuple(ring) for ring in rings))
    return polygons_by_name


def country_key(value: str) -> str | None:
    """The key in `countries()` of an English name or two-letter code, None if not on the map."""
    word = value.strip()
    if len(word) == 2 and word.isalpha():
        word = str(Locale("en").territories.get(word.upper(), word))
    word = word.lower()
    word = _ALIASES.get(word, word)
    return word if word in countries() else None


def mercator(ring: Sequence[tuple[float, float]]) -> tuple[list[float], list[float]]:
    """A ring as the x and y of Web Mercator, in degrees of the equator."""
    return [x for x, _ in ring], [_north(y) for _, y in ring]


def _north(latitude: float) -> float:
    bounded = max(-84.0, min(84.0, latitude))
    return log(tan(pi / 4 + radians(bounded) / 2)) * 180 / pi


def _arc(arc: list[list[int]], transform: dict[str, list[float]]) -> Ring:
    """An arc of differences as points in degrees."""
    (sx, sy), (tx, ty) = transform["scale"], transform["translate"]
    x = y = 0
    points = []
    for dx, dy in arc:
        x, y = x + dx, y + dy
        points.append((x * sx + tx, y * sy + ty))
    return points


def _ring(numbers: Sequence[int], arcs: Sequence[Ring]) -> Ring:
    """A ring of arcs by number; the complement `~n` stands for arc n reversed."""
    points: Ring = []
    for number in numbers:
        arc = arcs[number] if number >= 0 else arcs[~number][::-1]
        points += arc[1:] if points else arc
    return points


def _split(ring: Ring) -> Iterator[Ring]:
    """A ring that crosses the antimeridian (Russia, Fiji), cut into one part on each side."""
    if not any(abs(a[0] - b[0]) > 180 for a, b in pairwise(ring)):
        yield ring
        return
    unrolled, shift = [ring[0]], 0.0
    for (before, _), (x, y) in pairwise(ring):
        shift += 360.0 if x - before < -180 else -360.0 if x - before > 180 else 0.0
        unrolled.append((x + shift, y))
    for low, high, back in ((-180.0, 180.0, 0.0), (180.0, 540.0, -360.0), (-540.0, -180.0, 360.0)):
        part = [(min(high, max(low, x)) + back, y) for x, y in unrolled]
        if max(x for x, _ in part) - min(x for x, _ in part) > 0:
            yield part


def shapes() -> list[dict[str, Any]]:
    """Every ring with its country, for drawing."""
    return [
        {"key": key, "name": name, "xs": mercator(ring)[0], "ys": mercator(ring)[1]}
        for key, (name, rings) in countries().items()
        for ring in rings
    ]
