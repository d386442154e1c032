"""`medallion publish`: make a candidate the current release."""

from __future__ import annotations

import click

from medallion.cli.settings import Command, Settings, json_option


@click.command("publish", cls=Command)
@click.argument("candidate", metavar="NAME")
@click.option("--force", is_flag=True, help="Publish it although a gate or its base is against it.")
@click.option("--note", default="", metavar="TEXT", help="Why; recorded in the release.")
@json_option
@click.pass_obj
def command(settings: Settings, candidate: str, force: bool, note: str) -> None:
    """Make candidate NAME the current release.

    The lake and the sinks switch to it; nothing is computed. A candidate that did not pass its
    gates, or that was computed from another release than the current one, needs --force.
    """
    from medallion.cli.output import print_json
    from medallion.lake.candidates import candidate as candidate_of

    pipeline = settings.pipeline()
    before = pipeline.lake.pointer().release
    ident = candidate_of(pipeline.lake, candidate).release.id
    release = pipeline.publish(candidate, force=force, note=note)
    if settings.as_json:
        names = {"candidate": candidate, "candidate_id": ident}
        print_json({"before": before, "after": release.id, **names})
        return
    settings.say(f"published {candidate} ({ident}): {before or 'nothing'} → {release.id}")
    settings.say(f"next: {settings.command_line('status')}")
