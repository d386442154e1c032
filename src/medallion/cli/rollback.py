"""`medallion rollback`: make an earlier release the current one."""

from __future__ import annotations

import click

from medallion.cli.settings import Command, Settings, json_option


@click.command("rollback", cls=Command)
@click.argument("release", metavar="[ID]", required=False)
@click.option("--hold", is_flag=True, help="Let later runs publish nothing until `resume`.")
@json_option
@click.pass_obj
def command(settings: Settings, release: str | None, hold: bool) -> None:
    """Make release ID current again; default: the previous release.

    The lake and the sinks switch to it; nothing is computed. The next run that finds a change
    publishes a new release; with --hold, it leaves a candidate instead, until `medallion resume`.
    """
    from medallion.cli.output import age, print_json

    pipeline = settings.pipeline()
    before = pipeline.lake.pointer().release
    after = pipeline.roll_back(release, hold=hold)
    if settings.as_json:
        print_json({"before": before, "after": after.id})
        return
    settings.say(f"rolled back: {before} → {after.id} (published {age(after.created)})")
    if hold:
        settings.say(f"runs publish nothing until {settings.command_line('resume')}")
    settings.say(f"next: {settings.command_line('status')}")
