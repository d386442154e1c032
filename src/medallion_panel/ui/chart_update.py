"""Updates a chart on the screen in place with what differs in a new one, without redrawing it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import panel as pn
from bokeh.model import Model
from bokeh.models import Range1d

Changes = list[tuple[Model, dict[str, Any]]]

_LAYOUT = frozenset(
    (
        "width",
        "height",
        "min_width",
        "min_height",
        "max_width",
        "max_height",
        "sizing_mode",
        "margin",
        "align",
        "visible",
    )
)


def update_chart(shown: Model, new: Model) -> bool:
    """Give the chart on the screen all properties of a new one.

    Returns False, and changes nothing, when the two have a different structure, such as another
    number of series. The layout of the shown chart is not touched, nor are properties that only it
    has set: the drawing functions set the same properties whatever the data.
    """
    changes: Changes = []
    if not _compare(shown, new, changes, {}):
        return False
    with pn.io.hold():  # one message, so that new names never appear with old data
        for model, values in changes:
            changed = {
                name: value
                for name, value in values.items()
                if model is not shown or name not in _LAYOUT
            }
            model.update(**changed)
    return True


def _compare(shown: Model, new: Model, changes: Changes, visited: dict[str, Model]) -> bool:
    """Collect the differences; whether both have the same structure, of equal models in equal
    places.

    `visited` maps the id of each new model to its counterpart, since models refer to each other in
    cycles.
    """
    if type(shown) is not type(new):
        return False
    if new.id in visited:
        return visited[new.id] is shown
    visited[new.id] = shown
    # Properties that only the browser has set, such as the computed bounds of an axis, stay.
    differences: dict[str, Any] = {}
    for name, value in _values(new).items():
        former = getattr(shown, name)
        parts, others = list(_models(value)), list(_models(former))
        if len(parts) != len(others):
            return False
        if parts:
            if not all(
                _compare(other, part, changes, visited)
                for other, part in zip(others, parts, strict=True)
            ):
                return False
        elif not _same(former, value):
            differences[name] = _copy(value)
    if differences:
        changes.append((shown, differences))
    return True


def _values(model: Model) -> dict[str, Any]:
    """What a drawing function has set of a model."""
    values = model.properties_with_values(include_defaults=False)
    if isinstance(model, Range1d):  # begins at 0 by default, where the one shown may not
        values |= {"start": model.start, "end": model.end}
    # Callbacks are about the models on the screen.
    return {name: value for name, value in values.items() if not name.startswith("js_")}


def _models(value: Any) -> Iterable[Model]:
    """The models in the value of a property."""
    if isinstance(value, Model):
        return [value]
    if isinstance(value, Mapping):
        value = value.values()
    elif not isinstance(value, list | tuple):
        return []
    return [part for part in value if isinstance(part, Model)]


def _same(one: Any, other: Any) -> bool:
    try:
        return bool(one == other)
    except ValueError:  # arrays
        return False


def _copy(value: Any) -> Any:
    """A copy of a container: Bokeh's containers notify the one model that they belong to."""
    if isinstance(value, Mapping):
        return dict(value)
    return list(value) if isinstance(value, list) else value
