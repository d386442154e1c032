"""`medallion check`: is the declaration right?"""

from __future__ import annotations

import click

from medallion.cli.settings import Command, Settings, json_option
from medallion.plural import count_of


@click.command("check", cls=Command)
@json_option
@click.pass_obj
def command(settings: Settings) -> None:
    """Check the declaration and print everything wrong with it.

    Reads medallion.yaml, and whose lake a local one is: no data, no database. Each problem comes with file, line
    and column.
    """
    from medallion.cli.output import print_json

    pipeline = settings.pipeline()
    pipeline.check_owner(remote=False)  # a remote lake is asked by plan and run
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
    told = ", ".join(f"{len(names)} {layer}" for layer, names in tables.items())
    total = count_of(sum(map(len, tables.values())), "table")
    settings.say(
        f"{settings.path} is valid: {total} ({told}), {count_of(len(pipeline.sinks), 'sink')}"
    )
