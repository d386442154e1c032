"""`medallion unlock`: break the lease of a writer that no longer runs."""

from __future__ import annotations

import click

from medallion.cli.settings import Command, Settings, json_option


@click.command("unlock", cls=Command)
@json_option
@click.pass_obj
def command(settings: Settings) -> None:
    """Break the lake's lease, even one of another process.

    For a writer that died on another host, if you do not want to wait for its lease to expire.
    Safe: a writer that still runs notices that it lost its lease and publishes nothing.
    """
    from medallion.cli.output import print_json
    from medallion.lake.lease import describe

    former = settings.pipeline().unlock()
    if settings.as_json:
        print_json({"broken": former})
    elif former is None:
        settings.say("no lease to break: no run is writing")
        return
    elif "at" in former:
        settings.say(f"the lease could not be read; it was moved to {former['at']} in the lake")
    else:
        settings.say(f"broke the lease of {describe(former).rstrip(',')}")
    settings.say(f"next: {settings.command_line('run')}")
