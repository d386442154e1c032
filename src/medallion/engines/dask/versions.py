"""The versions that the driver and the workers of a cluster must share."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache
from importlib.metadata import version

from medallion.entry_points import OWN, distribution_of, load, noun, registered
from medallion.errors import ClusterError, PluginError

PACKAGES = (OWN, "duckdb", "pyarrow", "distributed")
# The groups of plugins that tasks use.
GROUPS = tuple(
    f"medallion.{kind}" for kind in ("expectations", "formats", "layers", "storages", "transforms")
)


@cache
def versions() -> dict[str, str]:
    """The versions of Python, of packages, and of the plugins of other packages, by name."""
    packages = {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}}
    return packages | dict(_plugins())


def differences(own: Mapping[str, str], driver: Mapping[str, str]) -> str:
    """What a worker lacks of the driver's versions, for an error; empty if nothing."""
    return ", ".join(
        f"{name} {own.get(name, 'missing')} where the driver has {value}"
        for name, value in driver.items()
        if own.get(name) != value
    )


def versions_differ(worker: str, others: str) -> ClusterError:
    return ClusterError(
        f"worker {worker} has {others}", hint="install the same versions on every worker"
    )


def _plugins() -> Iterator[tuple[str, str]]:
    """Each plugin with its own version and that of its package, if it can be loaded."""
    for group in GROUPS:
        for name, point in registered(group).items():
            if point.dist is None or distribution_of(point) == OWN:
                continue
            with suppress(PluginError):
                plugin = load(group, name, object)
                package = f"{distribution_of(point)} {point.dist.version}"
                number = getattr(plugin, "version", "")
                yield f"{noun(group)} {name!r}", f"{number} ({package})".strip()
