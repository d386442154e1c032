"""`medallion rollback`: publish an earlier release again, at once."""

from __future__ import annotations

import click

from medallion.cli.settings import Command, Settings, json_option


@click.command("rollback", cls=Command)
@click.argument("release", metavar="[ID]", required=False)
@json_option
@click.pass_obj
def command(settings: Settings, release: str | None) -> None:
    """Go back to release ID, or to the one before the current.

    Lake and sinks are pointed at it. Nothing is computed. The next run that finds something changed publishes anew.
    """
    from medallion.cli.output import age, print_json

    pipeline = settings.pipeline()
    before = pipeline.lake.pointer().release
    after = pipeline.roll_back(release)
    if settings.as_json:
        print_json({"before": before, "after": after.id})
        return
    settings.say(f"rolled back: {before} → {after.id} (published {age(after.created)})")
    settings.say(f"next: {settings.typed('status')}")
