"""Makes the walks of Bokeh and Panel through the models of a page cheap.

Both walk through all models of a document, or of a component, whenever a part of it changes: a
third of the time that a new page took.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from bokeh.core.has_props import HasProps
from bokeh.model import DataModel, Model
from bokeh.model import util as model_util
from panel.reactive import ReactiveCustomBase


def install_quick_walks() -> None:
    """Replace the two walks, for all applications of the process. Idempotent."""
    model_util.visit_immediate_value_references = visit_references
    ReactiveCustomBase._patch_datamodel_ref = staticmethod(tag_data)


def visit_references(value: Any, visitor: Callable[[Model], None]) -> None:
    """Visit the models that a value refers to, as Bokeh's function of the same purpose.

    Bokeh 3.9.2 computes the default of every property that is not set, each time, and keeps that of
    which each object has its own: a third of the memory of a page, most of it empty lists. Only a
    default that is or contains a model needs to be visited.
    """
    visit = model_util.visit_value_and_its_immediate_references
    if not isinstance(value, HasProps):
        visit(value, visitor)
        return
    values, defaults = value._property_values, value._unstable_default_values
    for name, has_models_by_default in _references(type(value)).items():
        if name in values:
            visit(values[name], visitor)
        elif name in defaults:
            visit(defaults[name], visitor)
        elif has_models_by_default:
            visit(getattr(value, name), visitor)


@cache
def _references(cls: type[HasProps]) -> Mapping[str, bool]:
    """The properties of a class that can refer to models, and whether their defaults do."""
    return {name: _has_models_by_default(cls, name) for name in cls.properties_with_refs()}


def _has_models_by_default(cls: type[HasProps], name: str) -> bool:
    descriptor = cls.lookup(name)
    if not descriptor.has_unstable_default(cls):
        return False
    models: list[Model] = []
    default = descriptor.class_default(cls)
    model_util.visit_value_and_its_immediate_references(default, models.append)
    return bool(models)


def tag_data(data: DataModel, root: str) -> None:
    """Tag the data of a component with the document that they belong to, for their removal.

    Panel 1.9.4 also tags those of all components within it, though each tags its own.
    """
    tag = f"__ref:{root}"
    if tag not in data.tags:
        data.tags.append(tag)
