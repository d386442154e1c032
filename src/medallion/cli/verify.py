"""`medallion verify`: read all stored data back and compare it with its checksums."""

from __future__ import annotations

import click

from medallion.cli.settings import Command, Settings, json_option
from medallion.plural import count_of
from medallion.secrets import mask


@click.command("verify", cls=Command)
@json_option
@click.pass_obj
def command(settings: Settings) -> int:
    """Read all stored data back and compare it with its checksums.

    Reads every record, every file that a kept release needs, the plain copies, and the tables of
    the sinks. Each damaged object is listed with the command that repairs it. The exit code is 1 if
    there is any damage.
    """
    from medallion.cli.output import plain, print_json
    from medallion.ops.verify import Inspection

    inspection = Inspection(settings.pipeline(), thorough=True)
    if settings.as_json:
        damages = [
            {
                "kind": damage.kind,
                "place": mask(damage.place),
                "said": mask(damage.said),
                "advice": mask(damage.advice),
            }
            for damage in inspection.damages
        ]
        print_json({"objects": inspection.objects, "damages": damages})
        return 1 if inspection.damages else 0
    for damage in inspection.damages:
        settings.say(mask(plain(f"{damage.place}: {damage.said}")))
    for advice in dict.fromkeys(damage.advice for damage in inspection.damages):
        settings.say(f"  → {mask(plain(advice))}")
    if not inspection.damages:
        objects = count_of(inspection.objects, "object")
        settings.say(f"all checks passed: read back {objects} and all served tables")
    return 1 if inspection.damages else 0
