"""`medallion unlock`: break the lease of a writer that is gone."""

from __future__ import annotations

import click

from medallion.cli.settings import Command, Settings, json_option


@click.command("unlock", cls=Command)
@json_option
@click.pass_obj
def command(settings: Settings) -> None:
    """Break the lake's lease, whoever holds it.

    For a writer that died elsewhere, when you do not want to wait for its lease to expire. Safe: a writer that still
    works finds its lease lost and publishes nothing.
    """
    from medallion.cli.output import print_json
    from medallion.lake.lease import describe

    former = settings.pipeline().unlock()
    if settings.as_json:
        print_json({"broken": former})
    elif former is None:
        settings.say("nobody is writing")
    elif "at" in former:
        settings.say(f"the lease could not be read; it is in the lake as {former['at']} now")
        settings.say(f"next: {settings.typed('run')}")
    else:
        settings.say(f"broke the lease of {describe(former).rstrip(',')}")
        settings.say(f"next: {settings.typed('run')}")
