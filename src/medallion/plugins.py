"""Plugins that a declaration names: the classes of entry points, imported on first use."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Union, get_args, get_origin

from medallion.contracts import (
    DataSource,
    Engine,
    Expectation,
    Format,
    Layer,
    Plugin,
    Section,
    Sink,
    Transform,
)
from medallion.entry_points import OWN, Defect, broken, distribution_of, load, registry
from medallion.entry_points import noun as noun
from medallion.entry_points import registered as registered
from medallion.errors import NotInstalledError, PluginError, did_you_mean
from medallion.storage import STORAGES, Storage

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

TRANSFORMS = "medallion.transforms"
EXPECTATIONS = "medallion.expectations"
FORMATS = "medallion.formats"
SOURCES = "medallion.sources"
LAYERS = "medallion.layers"
SINKS = "medallion.sinks"
ENGINES = "medallion.engines"
SECTIONS = "medallion.sections"
STORES = "medallion.stores"  # clients of the API, which the dashboard reads
GROUPS = (SOURCES, FORMATS, LAYERS, TRANSFORMS, EXPECTATIONS, SINKS, ENGINES, SECTIONS)

DISTRIBUTION = OWN

_BASES: Mapping[str, type[Plugin]] = {
    TRANSFORMS: Transform,
    EXPECTATIONS: Expectation,
    FORMATS: Format,
    SOURCES: DataSource,
    LAYERS: Layer,
    SINKS: Sink,
    ENGINES: Engine,
    SECTIONS: Section,
}


@cache
def find(group: str, name: str) -> type[Plugin]:
    """The plugin class registered under `name`. Raises PluginError as `load` does."""
    plugin: type[Plugin] = load(group, name, _BASES[group])
    return _checked(registered(group)[name], plugin)


def loadable(group: str) -> dict[str, type[Plugin]]:
    """The plugin classes of a group that can be loaded, by name; medallion's own come first."""
    classes: dict[str, type[Plugin]] = {}
    for name in sorted(
        registered(group), key=lambda name: distribution_of(registered(group)[name]) != OWN
    ):
        with suppress(PluginError):
            classes[name] = find(group, name)
    return classes


def defects() -> list[Defect]:
    """Every entry point that cannot be used, those of unknown groups too. Imports each.

    One that only needs one of its extras to be installed is left out.
    """
    unusable = defects_by_name()
    for group in (*GROUPS, STORAGES):
        for name, point in registered(group).items():
            try:
                load(group, name, Storage) if group == STORAGES else find(group, name)
            except PluginError as error:
                if isinstance(error, NotInstalledError) and point.extras:
                    continue
                unusable.append(Defect(group, name, distribution_of(point), error.message))
    return unusable


def defects_by_name() -> list[Defect]:
    """The entry points whose name or group cannot be used, found without importing any."""
    groups = (*GROUPS, STORAGES, STORES)
    misplaced = [
        Defect(
            group,
            name,
            distribution_of(point),
            f"{point.value}: there is no group {group!r}{did_you_mean(group, groups)}",
        )
        for group in sorted(registry().points.keys() - {*groups})
        for name, point in registered(group).items()
    ]
    return [*registry().defects, *misplaced]


def _checked(point: EntryPoint, plugin: type[Plugin]) -> type[Plugin]:
    """The plugin class, if its fields are those that its base needs. Raises PluginError."""
    name = getattr(plugin, "name", None)
    if not isinstance(name, str):
        raise broken(point, f"{point.value} has no `name`")
    if issubclass(plugin, Format) and not isinstance(plugin.suffixes, tuple):
        raise broken(point, f"{point.value}: its `suffixes` are not a tuple")
    keys = {*plugin.model_fields, *(info.alias for info in plugin.model_fields.values())}
    if plugin.value_field is not None and plugin.value_field not in keys:
        raise broken(point, f"{point.value} has no field {plugin.value_field!r}, its `value_field`")
    if name != point.name and not issubclass(plugin, Sink):  # one sink may serve several schemes
        raise broken(point, f"the `name` of {point.value} is {name!r}, not {point.name!r}")
    return plugin


def build(group: str, value: object, **shared: Any) -> Plugin:
    """Make a plugin from its declaration: `trim`, `{cast: {…}}` or `{type: parquet, retain: 3}`.

    `shared` are fields written next to the name, such as `on_fail`. Raises PluginError on an
    unknown name and Pydantic's ValidationError on wrong fields.
    """
    if isinstance(value, Plugin):
        return value
    name, body = split(value)
    plugin = find(group, name)
    return plugin.model_validate({**fields(plugin, body), **shared})


def split(value: object) -> tuple[str, object]:
    """The name and the body of a plugin's declaration; the body is None for a name alone."""
    if isinstance(value, str):
        return value, None
    if isinstance(value, Mapping) and isinstance(value.get("type"), str):
        return value["type"], {key: item for key, item in value.items() if key != "type"}
    if isinstance(value, Mapping) and len(value) == 1:
        name, body = next(iter(value.items()))
        return str(name), body
    raise PluginError("write a name, or a mapping of one name to its settings")


def fields(plugin: type[Plugin], body: object) -> dict[str, Any]:
    """A body as the plugin's fields: a mapping of field names, or the value of `value_field`."""
    if body is None:
        return {}
    known = set(plugin.model_fields) | {
        info.alias for info in plugin.model_fields.values() if info.alias
    }
    main = plugin.value_field
    if isinstance(body, Mapping) and (
        main is None or set(body) <= known or not _takes_mapping(plugin, main)
    ):
        return {str(key): item for key, item in body.items()}
    if main is None:
        raise PluginError(
            f"{plugin.name!r} takes a mapping of its settings: {', '.join(sorted(known))}"
        )
    return {main: body}


@cache
def _takes_mapping(plugin: type[Plugin], field: str) -> bool:
    """Whether a mapping can be the value of a field, by its name or alias."""
    info = plugin.model_fields.get(field) or next(
        i for i in plugin.model_fields.values() if i.alias == field
    )
    annotations: list[Any] = [info.annotation]
    while annotations:
        annotation = annotations.pop()
        if annotation is Any or (get_origin(annotation) or annotation) in (dict, Mapping):
            return True
        if get_origin(annotation) in (Annotated, Union, UnionType):
            annotations += get_args(annotation)
    return False


def described(group: str, name: str) -> str:
    """A registered plugin, for messages: `transform 'shave' of shaving`."""
    return f"{noun(group)} {name!r} of {distribution_of(registered(group)[name])}"
