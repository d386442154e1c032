"""`medallion adopt`: take ownership of a lake and its serving databases."""

from __future__ import annotations

import click

from medallion.cli.settings import Command, Settings, json_option


@click.command("adopt", cls=Command)
@json_option
@click.pass_obj
def command(settings: Settings) -> None:
    """Take ownership of the lake and the serving databases.

    For a pipeline that was renamed, a lake that was copied or restored, or a database that another
    lake served. Readers see no change until the next run, which replaces tables of the database
    that this lake does not know.
    """
    from medallion.cli.output import print_json

    pipeline = settings.pipeline()
    identity = pipeline.adopt()
    if settings.as_json:
        print_json(identity)
        return
    sinks = ", ".join(pipeline.sinks)
    settings.say(
        f"lake {identity.id} and its sinks ({sinks}) now belong to pipeline {identity.pipeline!r}"
    )
    settings.say(f"next: {settings.command_line('run')}")
