"""The plugins that make a table, as its snapshots record them."""

from __future__ import annotations

import json
from typing import Any, Literal

from medallion.declaration.models import Declaration, Table
from medallion.identifiers import TableName
from medallion.records import PluginUse


def plugin_uses(declaration: Declaration, name: str) -> tuple[PluginUse, ...]:
    """The steps, the expectations and the layer of a table that is computed."""
    table = declaration.table(name)
    if not isinstance(table, Table):
        return ()
    layer = declaration.layers[TableName(name).layer].stored_as()
    return (
        *(plugin_use("step", step.identity()) for step in table.steps),
        *(plugin_use("expectation", rule.identity()) for rule in table.expect),
        plugin_use("layer", {**layer["layer"], "fields": layer["kept"]}),
    )


def plugin_use(
    role: Literal["step", "expectation", "layer"], identity: dict[str, Any]
) -> PluginUse:
    """One plugin as a snapshot records it, by its identity."""
    settings = {key: item for key, item in identity.items() if key not in ("plugin", "version")}
    text = json.dumps(settings.pop("fields", {}) | settings, default=str)
    return PluginUse(role=role, name=identity["plugin"], version=identity["version"], settings=text)
