"""`medallion resume`: let runs publish again after `medallion rollback --hold`."""

from __future__ import annotations

import click

from medallion.cli.settings import Command, Settings, json_option


@click.command("resume", cls=Command)
@json_option
@click.pass_obj
def command(settings: Settings) -> None:
    """Let runs publish again after `rollback --hold`.

    Nothing is published yet: the next run publishes, or `medallion publish NAME`.
    """
    from medallion.cli.output import moment, print_json

    held = settings.pipeline().resume()
    if settings.as_json:
        print_json({"held": held})
        return
    if held:
        settings.say(f"resumed: publication was on hold since {moment(held)} UTC")
    else:
        settings.say("runs publish already")
    settings.say(f"next: {settings.command_line('run')}")
