"""`medallion discard`: remove a candidate."""

from __future__ import annotations

import click

from medallion.cli.settings import Command, Settings, json_option


@click.command("discard", cls=Command)
@click.argument("candidate", metavar="NAME")
@json_option
@click.pass_obj
def command(settings: Settings, candidate: str) -> None:
    """Remove candidate NAME, with all that only it needs."""
    from medallion.cli.output import print_json

    settings.pipeline().discard(candidate)
    if settings.as_json:
        print_json({"discarded": candidate})
        return
    settings.say(f"discarded {candidate}")
