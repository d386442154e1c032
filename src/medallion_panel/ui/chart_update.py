"""A chart that shows something else: the one on the screen takes over what is new in it, and is not drawn anew."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import panel as pn
from bokeh.model import Model

Changes = list[tuple[Model, dict[str, Any]]]

_PLACED = frozenset(
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


def redraw(shown: Model, drawn: Model) -> bool:
    """Give a chart that is shown all that a newly drawn one has. False, and nothing changed, when the two are built
    otherwise, such as of another number of series. Where it stands on the page is left as it is, and so is what was
    set on the former and is not on the new one: whoever draws sets the same properties whatever the figures."""
    changes: Changes = []
    if not _compare(shown, drawn, changes, {}):
        return False
    with pn.io.hold():  # one message: never the new names with the old figures
        for model, values in changes:
            model.update(
                **{
                    name: value
                    for name, value in values.items()
                    if model is not shown or name not in _PLACED
                }
            )
    return True


def _compare(shown: Model, drawn: Model, changes: Changes, met: dict[str, Model]) -> bool:
    """Collect what differs; whether the two are built alike, of the same parts in the same places."""
    if type(shown) is not type(drawn):
        return False
    if drawn.id in met:
        return met[drawn.id] is shown
    met[drawn.id] = shown
    # What the browser has set beyond, such as the bounds it found for an axis, stays.
    found: dict[str, Any] = {}
    for name, value in drawn.properties_with_values(include_defaults=False).items():
        former = getattr(shown, name)
        parts, others = list(_parts(value)), list(_parts(former))
        if len(parts) != len(others):
            return False
        if parts:
            if not all(
                _compare(other, part, changes, met)
                for other, part in zip(others, parts, strict=True)
            ):
                return False
        elif not _same(former, value):
            found[name] = _copy(value)
    if found:
        changes.append((shown, found))
    return True


def _parts(value: Any) -> Iterable[Model]:
    """The models that a property holds."""
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
    """Bokeh's containers tell their model of each change, so that two models must not have the same one."""
    return (
        dict(value)
        if isinstance(value, Mapping)
        else list(value)
        if isinstance(value, list)
        else value
    )
