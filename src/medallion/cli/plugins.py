"""`medallion plugins`: list the plugins that a declaration can use, and describe one."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import click

from medallion.cli.settings import Command, Settings, json_option

if TYPE_CHECKING:
    from medallion.contracts import Plugin
    from medallion.entry_points import Defect


@click.command("plugins", cls=Command)
@click.argument("name", required=False)
@json_option
@click.pass_obj
def command(settings: Settings, name: str | None) -> None:
    """List the plugins, or describe NAME and its fields."""
    from medallion.cli.output import print_json

    everything = _descriptions()
    plugins = [plugin for plugin in everything if name in (None, plugin["name"])]
    if not plugins:
        from medallion.errors import CallError, did_you_mean

        names = [plugin["name"] for plugin in everything]
        raise CallError(f"unknown plugin {name!r}{did_you_mean(str(name), names)}")
    if settings.as_json:
        print_json(plugins)
    elif settings.quiet:
        return
    elif name is None:
        _list(plugins)
    else:
        for plugin in plugins:
            _describe(settings, plugin)


def _descriptions() -> list[dict[str, Any]]:
    """Every plugin as plain data; the entry points that cannot be used come last."""
    from medallion import plugins
    from medallion.storage import STORAGES

    usable = [
        _description(group, name)
        for group in (*plugins.GROUPS, STORAGES)
        for name in sorted(plugins.registered(group))
    ]
    return [*usable, *map(_unusable, plugins.defects_by_name())]


def _unusable(defect: Defect) -> dict[str, Any]:
    """The description of an entry point that cannot be used, such as one whose name is taken."""
    from medallion import plugins

    return {
        "name": defect.name,
        "kind": plugins.noun(defect.group),
        "from": defect.distribution,
        "plugin": "",
        "missing": f"{defect.distribution}: {defect.reason}",
        "hint": f"upgrade it, or remove it with: pip uninstall {defect.distribution}",
    }


def _description(group: str, name: str) -> dict[str, Any]:
    """A plugin's kind, distribution, documentation and fields, or why it cannot be used."""
    from medallion import plugins
    from medallion.entry_points import distribution_of, load
    from medallion.errors import PluginError
    from medallion.storage import STORAGES, Storage

    point = plugins.registered(group)[name]
    owner = distribution_of(point)
    description: dict[str, Any] = {
        "name": name,
        "kind": plugins.noun(group),
        "from": owner,
        "plugin": point.value,
    }
    try:
        if group == STORAGES:  # its options come from the environment, not from a declaration
            doc = inspect.getdoc(load(group, name, Storage)) or ""
            return {**description, "doc": doc, "value_field": None, "fields": []}
        kind = plugins.find(group, name)
    except PluginError as error:
        return {**description, "missing": error.message, "hint": error.hint}
    description |= {"doc": inspect.getdoc(kind) or "", "value_field": kind.value_field}
    try:
        return {**description, "fields": _fields(kind)}
    except Exception as error:  # the class is a third party's: its schema can raise anything
        reason = f"its fields cannot be described: {type(error).__name__}: {error}"
        return {
            **description,
            "missing": f"{description['kind']} {name!r} of {owner}: {reason}",
            "hint": f"upgrade {owner}",
        }


def _fields(kind: type[Plugin]) -> list[dict[str, Any]]:
    from medallion.declaration.json_schema import shape

    schema = kind.model_json_schema(by_alias=True)
    properties, definitions = schema.get("properties", {}), schema.get("$defs", {})
    fields = []
    for name, info in kind.model_fields.items():
        if name == "label":  # a sink's own name, which is the key above its fields
            continue
        field = properties.get(info.alias or name, {})
        fields.append(
            {
                "name": info.alias or name,
                "type": shape(field, definitions),
                "required": info.is_required(),
                "default": None if info.is_required() else field.get("default"),
            }
        )
    return fields


def _list(plugins: list[dict[str, Any]]) -> None:
    from rich.text import Text

    from medallion.cli.output import console, table

    grid = table(["kind", "name", "what it does"])
    previous = ""
    for plugin in plugins:
        missing = plugin.get("missing", "")
        summary = " ".join((missing or plugin["doc"].partition("\n\n")[0]).split())
        kind = plugin["kind"] if plugin["kind"] != previous else ""
        style = "yellow" if missing else ""
        grid.add_row(Text(kind, "bold"), plugin["name"], Text(summary, style))
        previous = plugin["kind"]
    console().print(grid)


def _describe(settings: Settings, plugin: dict[str, Any]) -> None:
    from medallion.cli.output import console, line_json, table

    settings.say(
        f"{plugin['kind']} {plugin['name']}  ({plugin['plugin']}, from {plugin['from']})\n"
    )
    if "missing" in plugin:
        settings.say(f"{plugin['missing']}\n  → {plugin['hint']}\n")
        return
    settings.say(f"{plugin['doc']}\n")
    if plugin["fields"]:
        grid = table(["field", "type", "default"])
        for field in plugin["fields"]:
            default = "required" if field["required"] else line_json(field["default"])
            grid.add_row(field["name"], field["type"], default)
        console().print(grid)
        settings.say()
    if plugin["value_field"]:
        settings.say(f"Any value other than a mapping sets `{plugin['value_field']}`.\n")
