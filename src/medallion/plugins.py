"""Plugins: the classes of entry points, imported on first use.

Built-in plugins are registered through the same entry points as those of other packages. One that
cannot be loaded is an error where it is used, naming its distribution; elsewhere it is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from medallion.contracts import Engine, Expectation, Format, Layer, Plugin, Section, Sink, Transform
from medallion.entry_points import OWN, Defect, distribution_of, registry
from medallion.errors import NotInstalledError, PluginError, did_you_mean

TRANSFORMS = "medallion.transforms"
EXPECTATIONS = "medallion.expectations"
FORMATS = "medallion.formats"
LAYERS = "medallion.layers"
SINKS = "medallion.sinks"
ENGINES = "medallion.engines"
SECTIONS = "medallion.sections"
GROUPS = (FORMATS, LAYERS, TRANSFORMS, EXPECTATIONS, SINKS, ENGINES, SECTIONS)

DISTRIBUTION = OWN

_BASES: Mapping[str, type[Plugin]] = {
    TRANSFORMS: Transform,
    EXPECTATIONS: Expectation,
    FORMATS: Format,
    LAYERS: Layer,
    SINKS: Sink,
    ENGINES: Engine,
    SECTIONS: Section,
}


def registered(group: str) -> Mapping[str, EntryPoint]:
    """The entry points of a group by name, without importing any.

    A name that medallion itself registers cannot be taken by another package.
    """
    return registry(GROUPS).points[group]


@cache
def find(group: str, name: str) -> type[Plugin]:
    """The plugin class registered under `name`.

    Raises PluginError with the nearest name, the extra to install, or the distribution whose plugin
    cannot be loaded.
    """
    point = registered(group).get(name)
    if point is None:
        raise PluginError(
            f"there is no {noun(group)} {name!r}{did_you_mean(name, registered(group))}"
        )
    rivals = registry(GROUPS).contested.get((group, name))
    if rivals:
        who = " and ".join(sorted(f"{rival.value} of {distribution_of(rival)}" for rival in rivals))
        raise PluginError(
            f"{noun(group)} {name!r} is registered twice: by {who}", hint="uninstall one of them"
        )
    return _checked(group, point, _loaded(group, point))


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
    """Every entry point that cannot be used. Imports each.

    One that only needs an extra to be installed is left out.
    """
    unusable = list(registry(GROUPS).defects)
    for group in GROUPS:
        for name, point in registered(group).items():
            try:
                find(group, name)
            except NotInstalledError:
                continue
            except PluginError as error:
                unusable.append(Defect(group, name, distribution_of(point), error.message))
    return unusable


def _loaded(group: str, point: EntryPoint) -> object:
    """The object of an entry point. Raises PluginError, whatever the import of the module does."""
    module, _, attribute = point.value.partition(":")
    attribute = attribute.partition("[")[0].strip()
    try:
        return getattr(import_module(module.strip()), attribute)
    except (Exception, SystemExit) as error:
        package = (error.name or "").partition(".")[0] if isinstance(error, ImportError) else ""
        if isinstance(error, ModuleNotFoundError) and package != module.partition(".")[0]:
            raise NotInstalledError(
                f"{noun(group)} {point.name!r} needs {error.name or error}, which is not installed",
                hint=f"pip install '{_requirement(point)}'",
            ) from error
        raise _broken(group, point, f"{type(error).__name__}: {error}") from error


def _checked(group: str, point: EntryPoint, loaded: object) -> type[Plugin]:
    """The plugin class, if it belongs to this group. Raises PluginError."""
    base = _BASES[group]
    if not (isinstance(loaded, type) and issubclass(loaded, base)):
        raise _broken(group, point, f"{point.value} is not a {base.__name__} class")
    if not isinstance(getattr(loaded, "name", None), str):
        raise _broken(group, point, f"{point.value} has no `name`")
    if issubclass(loaded, Format) and not isinstance(loaded.suffixes, tuple):
        raise _broken(group, point, f"{point.value}: its `suffixes` are not a tuple")
    keys = {*loaded.model_fields, *(info.alias for info in loaded.model_fields.values())}
    if loaded.value_field is not None and loaded.value_field not in keys:
        raise _broken(
            group, point, f"{point.value} has no field {loaded.value_field!r}, its `value_field`"
        )
    return loaded


def _broken(group: str, point: EntryPoint, reason: str) -> PluginError:
    owner = distribution_of(point)
    return PluginError(
        f"{described(group, point.name)} cannot be loaded: {reason}",
        hint=f"upgrade it, or remove it with: pip uninstall {owner}",
    )


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


def noun(group: str) -> str:
    """The word for a plugin of a group: `transform`, `sink`."""
    return group.rpartition(".")[2].removesuffix("s")


def described(group: str, name: str) -> str:
    """A registered plugin, for messages: `transform 'shave' of shaving`."""
    return f"{noun(group)} {name!r} of {distribution_of(registered(group)[name])}"


def _requirement(point: EntryPoint) -> str:
    owner = distribution_of(point)
    return f"{owner}[{','.join(point.extras)}]" if point.extras else owner
