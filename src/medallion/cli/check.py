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

    Reads medallion.yaml, the headers of local source files and, if the lake is local, its last
    release; no database. Each problem comes with its file, line and column.
    """
    from medallion.cli.output import print_json
    from medallion.errors import DeclarationError

    try:
        pipeline = settings.pipeline()
    except DeclarationError:
        from medallion.run.check import check_parts

        raise DeclarationError(check_parts(settings.path).problems) from None
    pipeline.check_owner(remote=False)  # `plan` and `run` check the owner of a remote lake
    checked = pipeline.check()
    if checked.problems:
        raise DeclarationError(checked.problems)
    declaration = pipeline.declaration
    unknown = {name: table.unknown for name, table in checked.tables.items() if table.unknown}
    tables = {layer: list(declaration.tables.get(layer, {})) for layer in declaration.layers}
    if settings.as_json:
        print_json(
            {
                "path": str(settings.path),
                "name": declaration.name,
                "tables": tables,
                "sinks": list(pipeline.sinks),
                "columns": {
                    name: None if table.columns is None else {c.name: c.type for c in table.columns}
                    for name, table in checked.tables.items()
                },
                "unknown": unknown,
            }
        )
        return
    by_layer = ", ".join(f"{len(names)} {layer}" for layer, names in tables.items())
    total = count_of(sum(map(len, tables.values())), "table")
    sinks = count_of(len(pipeline.sinks), "sink")
    settings.say(f"{settings.path} is valid: {total} ({by_layer}), {sinks}")
    for name, reason in unknown.items():
        settings.say(f"{name}: its columns are not known before a run: {reason}")
