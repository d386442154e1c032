"""Lets parameters of an object that have the same watcher share the memory for it."""

from __future__ import annotations

from param.parameterized import Parameterized, Parameters, Watcher

_register = Parameters._register_watcher


class SharedEntry(dict[str, list[Watcher]]):
    """The watcher of several parameters of an object, none of which has another one."""

    __slots__ = ()


def install_shared_watchers() -> None:
    """Replace how param registers a watcher, for all applications of the process. Idempotent."""
    Parameters._register_watcher = register_watcher


def register_watcher(
    parameters: Parameters, action: str, watcher: Watcher, what: str = "value"
) -> None:
    """Append or remove a watcher, as param's method.

    param 2.4.2 makes a dict and a list for each of its parameters, and Panel watches some 40 of
    each component: a tenth of the memory of a tab. A parameter with a second watcher has its own.
    """
    names, known = watcher.parameter_names, parameters.cls.param
    obj: Parameterized | None = parameters.self
    if obj is None or what != "value" or not obj._param__private.initialized:
        _register(parameters, action, watcher, what)
        return
    if unknown := [name for name in names if name not in known]:
        raise ValueError(f"{parameters.cls.__name__} has no parameter {unknown[0]}")
    entries = obj._param__private.watchers
    shared = SharedEntry(value=[watcher]) if len(names) > 1 else {"value": [watcher]}
    for name in names:
        if name not in entries:
            if action == "append":
                entries[name] = shared
            continue
        if isinstance(entries[name], SharedEntry):
            entries[name] = {"value": [*entries[name]["value"]]}
        watchers = entries[name].setdefault("value", [])
        if action == "append":
            watchers.append(watcher)
        elif watcher in watchers:
            watchers.remove(watcher)
