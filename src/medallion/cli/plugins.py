"""`medallion plugins`: what can stand in a declaration, and how it is written."""

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
    """List the plugins, or tell what NAME does and takes."""
    from medallion.cli.output import print_json

    found = [told for told in _all() if name in (None, told["name"])]
    if not found:
        from medallion.errors import CallError, did_you_mean

        raise CallError(
            f"there is no plugin {name!r}{did_you_mean(str(name), [told['name'] for told in _all()])}"
        )
    if settings.as_json:
        print_json(found)
    elif settings.quiet:
        return
    elif name is None:
        _list(found)
    else:
        for told in found:
            _describe(settings, told)


def _all() -> list[dict[str, Any]]:
    from medallion import plugins
    from medallion.entry_points import registry

    usable = [
        _told(group, name) for group in plugins.GROUPS for name in sorted(plugins.registered(group))
    ]
    return [*usable, *(_unusable(defect) for defect in registry(plugins.GROUPS).defects)]


def _unusable(defect: Defect) -> dict[str, Any]:
    """An entry point whose name is taken."""
    from medallion import plugins

    return {
        "name": defect.name,
        "kind": plugins.noun(defect.group),
        "from": defect.distribution,
        "plugin": "",
        "missing": f"{defect.distribution}: {defect.reason}",
        "hint": f"upgrade it, or remove it with: pip uninstall {defect.distribution}",
    }


def _told(group: str, name: str) -> dict[str, Any]:
    from medallion import plugins
    from medallion.entry_points import distribution_of
    from medallion.errors import PluginError

    point = plugins.registered(group)[name]
    owner = distribution_of(point)
    told: dict[str, Any] = {
        "name": name,
        "kind": plugins.noun(group),
        "from": owner,
        "plugin": point.value,
    }
    try:
        kind = plugins.find(group, name)
    except PluginError as error:
        return {**told, "missing": error.message, "hint": error.hint}
    told |= {"doc": inspect.getdoc(kind) or "", "value_field": kind.value_field}
    try:
        return {**told, "fields": _fields(kind)}
    except Exception as error:  # fields that no JSON Schema can express, or whatever the class does
        reason = f"its fields cannot be described: {type(error).__name__}: {error}"
        return {
            **told,
            "missing": f"{told['kind']} {name!r} of {owner}: {reason}",
            "hint": f"upgrade {owner}",
        }


def _fields(kind: type[Plugin]) -> list[dict[str, Any]]:
    from medallion.declaration.json_schema import shape

    properties = kind.model_json_schema(by_alias=True).get("properties", {})
    definitions = kind.model_json_schema(by_alias=True).get("$defs", {})
    return [
        {
            "name": info.alias or name,
            "type": shape(properties.get(info.alias or name, {}), definitions),
            "required": info.is_required(),
            "default": None
            if info.is_required()
            else properties.get(info.alias or name, {}).get("default"),
        }
        for name, info in kind.model_fields.items()
        if name != "label"  # a sink's own name, which stands before it
    ]


def _list(found: list[dict[str, Any]]) -> None:
    from rich.text import Text

    from medallion.cli.output import console, table

    made = table(["kind", "name", "what it does"])
    kind = ""
    for told in found:
        said = (
            Text(told["missing"], "yellow")
            if "missing" in told
            else Text(told["doc"].partition("\n\n")[0])
        )
        said.plain = " ".join(said.plain.split())
        made.add_row(Text(told["kind"] if told["kind"] != kind else "", "bold"), told["name"], said)
        kind = told["kind"]
    console().print(made)


def _describe(settings: Settings, told: dict[str, Any]) -> None:
    from medallion.cli.output import console, line_json, table

    settings.say(f"{told['kind']} {told['name']}  ({told['plugin']}, from {told['from']})\n")
    if "missing" in told:
        settings.say(f"{told['missing']}\n  → {told['hint']}\n")
        return
    settings.say(f"{told['doc']}\n")
    if told["fields"]:
        made = table(["field", "type", "default"])
        for field in told["fields"]:
            default = "needed" if field["required"] else line_json(field["default"])
            made.add_row(field["name"], field["type"], default)
        console().print(made)
        settings.say()
    if told["value_field"]:
        settings.say(f"A value that is no mapping of fields is taken as `{told['value_field']}`.\n")
