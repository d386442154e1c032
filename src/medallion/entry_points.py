"""Entry points of all installed distributions, each name with one owner; nothing is imported."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import metadata
from importlib.metadata import Distribution, EntryPoint

OWN = "medallion-lake"


@dataclass(frozen=True)
class Defect:
    """An entry point that cannot be used, and why."""

    group: str
    name: str
    distribution: str
    reason: str


@dataclass(frozen=True)
class Registry:
    """The usable entry points by group and name, those whose name is contested, and the defects.

    A name is contested when several distributions register it, and medallion does not.
    """

    points: Mapping[str, Mapping[str, EntryPoint]] = field(default_factory=dict)
    contested: Mapping[tuple[str, str], tuple[EntryPoint, ...]] = field(default_factory=dict)
    defects: tuple[Defect, ...] = ()


@cache
def registry(groups: tuple[str, ...]) -> Registry:
    """The entry points of these groups. Cached: looking through all distributions is slow."""
    installed = metadata.entry_points()
    by_name: dict[tuple[str, str], dict[str, EntryPoint]] = defaultdict(dict)
    for point in (point for group in groups for point in installed.select(group=group)):
        known = by_name[point.group, point.name]
        # One distribution may be installed in two places, and registers its entry points twice.
        if point.value not in known or distribution_of(point) == OWN:
            known[point.value] = point
    usable: dict[str, dict[str, EntryPoint]] = {group: {} for group in groups}
    contested: dict[tuple[str, str], tuple[EntryPoint, ...]] = {}
    defects: list[Defect] = []
    for (group, name), rivals in by_name.items():
        ours = [point for point in rivals.values() if distribution_of(point) == OWN]
        usable[group][name] = (ours or list(rivals.values()))[0]
        if not ours and len(rivals) > 1:
            contested[group, name] = tuple(rivals.values())
        if ours:
            reason = "the name is taken by a plugin of medallion itself"
            others = (point for point in rivals.values() if point is not ours[0])
            defects += [
                Defect(group, name, distribution_of(point), f"{point.value}: {reason}")
                for point in others
            ]
    return Registry(usable, contested, tuple(defects))


def distribution_of(point: EntryPoint) -> str:
    """The name of the distribution that registers an entry point."""
    return _name(point.dist) if point.dist else OWN


@cache
def _name(distribution: Distribution) -> str:
    try:
        return distribution.metadata["Name"] or str(distribution.locate_file(""))
    except Exception:  # without readable metadata, its location names it
        return str(distribution.locate_file(""))
