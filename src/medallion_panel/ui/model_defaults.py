"""Computes once per class what Bokeh and Panel compute for every object: defaults, files of code.

A page has many models of few classes, which share what is the same for all objects of a class.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache
from typing import Any

from bokeh.core.has_props import HasProps
from bokeh.core.property.descriptors import PropertyDescriptor
from bokeh.core.property.singletons import Intrinsic, Undefined
from bokeh.core.property.wrappers import PropertyValueContainer
from panel.config import config
from panel.custom import ReactiveESM
from panel.util import classproperty

_instance_default = PropertyDescriptor.instance_default
_has_unstable_default = PropertyDescriptor.has_unstable_default
_properties_with_values = HasProps.properties_with_values
_bundle_path = vars(ReactiveESM)["_bundle_path"].f
_render_esm = vars(ReactiveESM)["_render_esm"].__func__


def install_shared_defaults() -> None:
    """Replace these computations, for all applications of the process. Idempotent."""
    methods = (instance_default, has_unstable_default)
    for method in methods:
        setattr(PropertyDescriptor, method.__name__, method)
    setattr(HasProps, properties_with_values.__name__, properties_with_values)
    setattr(HasProps, "__init__", initialize)  # noqa: B010 (mypy: no assignment to a method)
    ReactiveESM._bundle_path = classproperty(bundle_path)
    setattr(ReactiveESM, "_render_esm", classmethod(render_esm))  # noqa: B010 (mypy: as above)


def initialize(self: HasProps, **properties: Any) -> None:
    """Create an object, as Bokeh's constructor.

    Bokeh 3.9.2 makes all defaults of which each object has its own, and never uses most of them: a
    third of the memory of a page. Lists and other containers, which it does not send to a browser
    before they change, are made here when they are first read.
    """
    super(HasProps, self).__init__()
    self._property_values, self._unstable_default_values = {}, {}
    self._unstable_themed_values = {}
    for name, value in properties.items():
        if value is not Undefined and value is not Intrinsic:
            setattr(self, name, value)
    for descriptor in _sent_defaults(type(self)):
        if descriptor.name not in properties:
            descriptor.get_value(self)
    self._initialized = True


@cache
def _sent_defaults(cls: type[HasProps]) -> Sequence[PropertyDescriptor[Any]]:
    """The properties whose default each object makes for itself and sends, such as a ticker."""
    descriptors = (cls.lookup(name) for name in cls.properties(_with_props=True))
    return [
        each
        for each in descriptors
        if isinstance(each, PropertyDescriptor)  # and no alias of one
        and _is_unstable(each, cls)
        and not isinstance(each.class_default(cls), PropertyValueContainer)
    ]


def instance_default(descriptor: PropertyDescriptor[Any], obj: HasProps) -> Any:
    """The default of a property, as Bokeh's method; one that cannot change is computed once."""
    themed = obj.themed_values()
    if (themed and descriptor.name in themed) or has_unstable_default(descriptor, obj):
        return _instance_default(descriptor, obj)
    return _stable_default(descriptor, type(obj))


@cache
def _stable_default(descriptor: PropertyDescriptor[Any], cls: type[HasProps]) -> Any:
    return descriptor.class_default(cls)


def has_unstable_default(
    descriptor: PropertyDescriptor[Any], obj: HasProps | type[HasProps]
) -> bool:
    """Whether each object has a default of its own, as Bokeh's method."""
    cls: Any = obj if isinstance(obj, type) else type(obj)
    return _is_unstable(descriptor, cls)


@cache
def _is_unstable(descriptor: PropertyDescriptor[Any], cls: type[HasProps]) -> bool:
    return bool(_has_unstable_default(descriptor, cls))


def properties_with_values(
    model: HasProps, *, include_defaults: bool = True, include_undefined: bool = False
) -> dict[str, Any]:
    """The properties that are sent to a browser, as Bokeh's method.

    Bokeh 3.9.2 computes the defaults, too, and then leaves them out.
    """
    if include_defaults or include_undefined:
        return _properties_with_values(
            model, include_defaults=include_defaults, include_undefined=include_undefined
        )
    themed, properties = model.themed_values() or {}, {}
    for name, descriptor, required in _serialized(model.__class__):
        if name in model._property_values or name in themed:
            properties[name] = descriptor.get_value(model)
        elif name in model._unstable_default_values:
            value = descriptor.get_value(model)
            if not isinstance(value, PropertyValueContainer):
                properties[name] = value
        elif required:
            descriptor.get_value(model)  # raises UnsetValueError
    return properties


@cache
def _serialized(cls: Any) -> Sequence[tuple[str, Any, bool]]:
    """The properties of a class that are sent, and whether each is required."""
    overridden = cls._overridden_defaults()
    descriptors = {name: cls.lookup(name) for name in cls.properties(_with_props=True)}
    return [
        (name, each, each.property._default is Undefined and name not in overridden)
        for name, each in descriptors.items()
        if each.serialized
    ]


def bundle_path(cls: Any) -> os.PathLike[str] | None:
    """The file with the compiled code of a component, as Panel's property, which searches files."""
    path: os.PathLike[str] | None = (
        _bundle_path(cls) if config.autoreload else _known_bundle_path(cls)
    )
    return path


@cache
def _known_bundle_path(cls: type[ReactiveESM]) -> os.PathLike[str] | None:
    path: os.PathLike[str] | None = _bundle_path(cls)
    return path


def render_esm(cls: Any, compiled: Any = True, server: bool = False) -> str:
    """The code of a component, as Panel's method, which makes a string of it for each object.

    A component with a file of compiled code is not concerned: its code is the path of that file.
    """
    if config.autoreload or cls._bundle_path:
        code: str = _render_esm(cls, compiled, server)
        return code
    return _known_esm(cls, compiled)


@cache
def _known_esm(cls: type[ReactiveESM], compiled: Any) -> str:
    code: str = _render_esm(cls, compiled)
    return code
