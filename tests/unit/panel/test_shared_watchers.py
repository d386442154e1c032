"""Watchers are called as param calls them, and take memory once for all parameters of an object."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import panel as pn
import param
import pytest
from param.parameterized import Parameters

from medallion_panel.ui import shared_watchers
from medallion_panel.ui.shared_watchers import SharedEntry, install_shared_watchers


class Shape(param.Parameterized):
    width = param.Integer(default=0)
    height = param.Integer(default=0)
    depth = param.Integer(default=0)


def course(shape: Shape) -> list[tuple[str, str]]:
    """Which watchers are called, as they come and go."""
    calls: list[tuple[str, str]] = []

    def noted(watcher: str) -> Callable[..., None]:
        return lambda *events: calls.extend((watcher, event.name) for event in events)

    both = shape.param.watch(noted("both"), ["width", "height"])
    shape.param.update(width=1, height=1, depth=1)
    shape.param.watch(noted("all"), ["height", "width", "depth"])
    one = shape.param.watch(noted("one"), "height")
    shape.param.update(width=2, height=2)
    shape.depth = 2
    shape.param.watch(noted("label"), ["width", "height"], what="label")
    shape.param.unwatch(both)
    shape.param.update(width=3, height=3)
    shape.param.unwatch(one)
    shape.param.unwatch(one)
    shape.param.unwatch(both)
    shape.param.update(width=4, height=4)
    return calls


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch) -> None:
    """The method is replaced within a test, whatever tests before it have done."""
    monkeypatch.setattr(Parameters, "_register_watcher", shared_watchers.register_watcher)


def test_watchers_are_called_as_by_param(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Parameters, "_register_watcher", shared_watchers._register)
    expected = course(Shape())
    assert len(expected) > 10
    install_shared_watchers()
    assert course(Shape()) == expected


@pytest.mark.usefixtures("shared")
def test_objects_and_unknown_parameters_stay_apart() -> None:
    one, other, calls = Shape(), Shape(), list[Any]()
    one.param.watch(lambda *events: calls.extend(events), ["width", "height"])
    other.width = 1
    assert calls == []
    with pytest.raises(ValueError, match="size"):
        one.param.watch(calls.append, ["width", "size"])
    one.param.update(width=2, height=2)
    assert [event.name for event in calls] == ["width", "height"]


@pytest.mark.usefixtures("shared")
def test_a_component_has_one_entry_for_what_panel_watches() -> None:
    entries = pn.Row().param.watchers.values()
    shared = [entry for entry in entries if isinstance(entry, SharedEntry)]
    assert len(shared) > len(entries) / 2
    assert len({id(entry) for entry in shared}) == 1
