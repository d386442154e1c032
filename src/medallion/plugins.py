"""Entry points → plugin classes, imported on first use.

Built-in plugins are registered through the same entry points as anybody else's, so the registry
knows no difference between them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from medallion.contracts import Plugin
from medallion.errors import PluginError, did_you_mean

TRANSFORMS = "medallion.transforms"
EXPECTATIONS = "medallion.expectations"
FORMATS = "medallion.formats"
LAYERS = "medallion.layers"
SINKS = "medallion.sinks"
ENGINES = "medallion.engines"
SECTIONS = "medallion.sections"
GROUPS = (FORMATS, LAYERS, TRANSFORMS, EXPECTATIONS, SINKS, ENGINES, SECTIONS)

DISTRIBUTION = "medallion-lake"


@cache
def registered(group: str) -> Mapping[str, EntryPoint]:
    """The entry points of a group by name, without importing any.

    Raises PluginError when two distributions register one name.
    """
    found: dict[str, EntryPoint] = {}
    for point in installed().select(group=group):
        other = found.get(point.name)
        if other is not None and other.value != point.value:
            raise PluginError(f"{group}: {point.name!r} is registered twice: {other.value} and {point.value}")
        found[point.name] = point
    return found


@cache
def find(group: str, name: str) -> type[Plugin]:
    """The plugin class registered under `name`. Raises PluginError with the nearest name, or the extra to install."""
    point = registered(group).get(name)
    if point is None:
        raise PluginError(f"there is no {_noun(group)} {name!r}{did_you_mean(name, registered(group))}")
    module, _, attribute = point.value.partition(":")
    try:
        found = getattr(import_module(module), attribute)
    except ImportError as error:
        if (error.name or "").partition(".")[0] == module.partition(".")[0]:
            raise  # a fault in the plugin's own package: no extra would mend it
        raise PluginError(
            f"{_noun(group)} {name!r} needs {error.name or error}, which is not installed",
            hint=f"pip install '{_requirement(point)}'",
        ) from error
    if not (isinstance(found, type) and issubclass(found, Plugin)):
        raise PluginError(f"{point.value} is registered as {_noun(group)} {name!r} but is no Plugin class")
    return found


def build(group: str, value: object, **shared: Any) -> Plugin:
    """Make a plugin from what a user wrote: `trim`, `{cast: {…}}` or `{type: parquet, retain: 3}`.

    `shared` are fields written beside the name, such as `on_fail`. Raises PluginError on an unknown
    name and Pydantic's ValidationError on wrong fields.
    """
    if isinstance(value, Plugin):
        return value
    name, body = split(value)
    plugin = find(group, name)
    return plugin.model_validate({**fields(plugin, body), **shared})


def split(value: object) -> tuple[str, object]:
    """The name and the body of what a user wrote; the body is None for a bare name."""
    if isinstance(value, str):
        return value, None
    if isinstance(value, Mapping) and isinstance(value.get("type"), str):
        return value["type"], {key: item for key, item in value.items() if key != "type"}
    if isinstance(value, Mapping) and len(value) == 1:
        name, body = next(iter(value.items()))
        return str(name), body
    raise PluginError("write a name, or a mapping of one name to its settings")


def fields(plugin: type[Plugin], body: object) -> dict[str, Any]:
    """A body as the plugin's fields: a mapping of field names as it stands, anything else as `value_field`."""
    if body is None:
        return {}
    known = set(plugin.model_fields) | {info.alias for info in plugin.model_fields.values() if info.alias}
    main = plugin.value_field
    if isinstance(body, Mapping) and (main is None or set(body) <= known or not _takes_mapping(plugin, main)):
        return {str(key): item for key, item in body.items()}
    if main is None:
        raise PluginError(f"{plugin.name!r} takes a mapping of its settings: {', '.join(sorted(known))}")
    return {main: body}


@cache
def _takes_mapping(plugin: type[Plugin], field: str) -> bool:
    """Whether a mapping can be the value of a field, by its name or alias."""
    info = plugin.model_fields.get(field) or next(i for i in plugin.model_fields.values() if i.alias == field)
    left: list[Any] = [info.annotation]
    while left:
        annotation = left.pop()
        if annotation is Any or (get_origin(annotation) or annotation) in (dict, Mapping):
            return True
        if get_origin(annotation) in (Annotated, Union, UnionType):
            left += get_args(annotation)
    return False


@cache
def installed() -> Any:
    """All entry points, with `select(group=…)`; read once, for looking through what is installed is what costs."""
    return entry_points()


def _noun(group: str) -> str:
    return group.rpartition(".")[2].removesuffix("s")


def _requirement(point: EntryPoint) -> str:
    owner = point.dist.name if point.dist else DISTRIBUTION
    return f"{owner}[{','.join(point.extras)}]" if point.extras else owner
