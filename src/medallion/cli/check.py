"""`medallion check`: validate the declaration."""

from __future__ import annotations

import click

from medallion.cli.settings import Command, Settings, json_option
from medallion.plural import count_of


@click.command("check", cls=Command)
@json_option
@click.pass_obj
def command(settings: Settings) -> None:
    """Validate the declaration and print every problem in it.

    Reads medallion.yaml and, if the lake is local, which pipeline owns it; no data and no database.
    Each problem comes with its file, line and column.
    """
    from medallion.cli.output import print_json

    pipeline = settings.pipeline()
    pipeline.check_owner(remote=False)  # `plan` and `run` check the owner of a remote lake
    declaration = pipeline.declaration
    tables = {layer: list(declaration.tables.get(layer, {})) for layer in declaration.layers}
    if settings.as_json:
        print_json(
            {
                "path": str(settings.path),
                "name": declaration.name,
                "tables": tables,
                "sinks": list(pipeline.sinks),
            }
        )
        return
    by_layer = ", ".join(f"{len(names)} {layer}" for layer, names in tables.items())
    total = count_of(sum(map(len, tables.values())), "table")
    sinks = count_of(len(pipeline.sinks), "sink")
    settings.say(f"{settings.path} is valid: {total} ({by_layer}), {sinks}")
