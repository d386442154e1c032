"""Entry points of all installed distributions, each name with one owner, imported when needed.

Built-in plugins are registered through the same entry points as those of other packages. One that
cannot be loaded is an error where it is used, naming its distribution; elsewhere it is left out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from medallion.errors import NotInstalledError, PluginError, did_you_mean

if TYPE_CHECKING:
    from importlib.metadata import Distribution, EntryPoint

OWN = "medallion-lake"
GROUPS = "medallion."  # the groups whose name begins so


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
def registry() -> Registry:
    """All entry points for medallion. Cached: looking through all distributions is slow."""
    from importlib import metadata

    installed = metadata.entry_points()
    groups = [group for group in installed.groups if group.startswith(GROUPS)]
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


def registered(group: str) -> Mapping[str, EntryPoint]:
    """The entry points of a group by name, without importing any.

    A name that medallion itself registers cannot be taken by another package.
    """
    return registry().points.get(group, {})


def load(group: str, name: str, base: type) -> type[Any]:
    """The class registered under `name`, a subclass of `base`.

    Raises PluginError with the nearest name, the extra to install, or the distribution whose plugin
    cannot be loaded.
    """
    point = registered(group).get(name)
    if point is None:
        raise PluginError(
            f"there is no {noun(group)} {name!r}{did_you_mean(name, registered(group))}"
        )
    rivals = registry().contested.get((group, name))
    if rivals:
        who = " and ".join(sorted(f"{rival.value} of {distribution_of(rival)}" for rival in rivals))
        raise PluginError(
            f"{noun(group)} {name!r} is registered twice: by {who}", hint="uninstall one of them"
        )
    loaded = _loaded(point)
    if not (isinstance(loaded, type) and issubclass(loaded, base)):
        raise broken(point, f"{point.value} is not a {base.__name__} class")
    return loaded


def broken(point: EntryPoint, reason: str) -> PluginError:
    """The error for a plugin that cannot be loaded."""
    owner = distribution_of(point)
    return PluginError(
        f"{noun(point.group)} {point.name!r} of {owner} cannot be loaded: {reason}",
        hint=f"upgrade it, or remove it with: pip uninstall {owner}",
    )


def noun(group: str) -> str:
    """The word for a plugin of a group: `transform`, `sink`."""
    return group.rpartition(".")[2].removesuffix("s")


def _loaded(point: EntryPoint) -> object:
    """The object of an entry point. Raises PluginError, whatever the import of the module does."""
    module, _, attribute = point.value.partition(":")
    attribute = attribute.partition("[")[0].strip()
    try:
        return getattr(import_module(module.strip()), attribute)
    except (Exception, SystemExit) as error:
        package = (error.name or "").partition(".")[0] if isinstance(error, ImportError) else ""
        if isinstance(error, ModuleNotFoundError) and package != module.partition(".")[0]:
            raise NotInstalledError(
                f"{noun(point.group)} {point.name!r} needs {error.name or error}, "
                "which is not installed",
                hint=f"pip install '{_requirement(point)}'",
            ) from error
        raise broken(point, f"{type(error).__name__}: {error}") from error


def _requirement(point: EntryPoint) -> str:
    owner = distribution_of(point)
    return f"{owner}[{','.join(point.extras)}]" if point.extras else owner


def distribution_of(point: EntryPoint) -> str:
    """The name of the distribution that registers an entry point."""
    return _name(point.dist) if point.dist else OWN


@cache
def _name(distribution: Distribution) -> str:
    try:
        return distribution.metadata["Name"] or str(distribution.locate_file(""))
    except Exception:  # without readable metadata, its location names it
        return str(distribution.locate_file(""))
