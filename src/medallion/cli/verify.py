"""`medallion verify`: is everything that was stored still what was written?"""

from __future__ import annotations

import click

from medallion.cli.settings import Command, Settings, json_option
from medallion.plural import count_of
from medallion.secrets import mask


@click.command("verify", cls=Command)
@json_option
@click.pass_obj
def command(settings: Settings) -> int:
    """Read everything back and compare it with its checksums.

    That is every record, every file that a kept release needs, the plain copies, and the tables of the
    sinks. Each damage is named with the command that repairs it. The exit code is 1 when there is one.
    """
    from medallion.cli.output import plain, print_json
    from medallion.ops.verify import Inspection

    look = Inspection(settings.pipeline(), thorough=True)
    if settings.as_json:
        print_json(
            {
                "objects": look.objects,
                "damages": [
                    {
                        "kind": damage.kind,
                        "place": mask(damage.place),
                        "said": mask(damage.said),
                        "advice": mask(damage.advice),
                    }
                    for damage in look.damages
                ],
            }
        )
        return 1 if look.damages else 0
    for damage in look.damages:
        settings.say(mask(plain(f"{damage.place}: {damage.said}")))
    for advice in dict.fromkeys(damage.advice for damage in look.damages):
        settings.say(f"  → {mask(plain(advice))}")
    if not look.damages:
        settings.say(
            f"all checks passed: {count_of(look.objects, 'object')} and all served tables were read back"
        )
    return 1 if look.damages else 0
