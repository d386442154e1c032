"""`medallion gc`: remove files and tables that no kept release needs."""

from __future__ import annotations

import click

from medallion.cli.settings import Command, Settings, json_option
from medallion.plural import count_of
from medallion.secrets import mask


@click.command("gc", cls=Command)
@json_option
@click.pass_obj
def command(settings: Settings) -> None:
    """Remove files and tables that no kept release needs.

    Also removes what killed runs left behind. `retain` of each layer in the declaration sets how
    many releases are kept.
    """
    from medallion.cli.output import plain, print_json, size

    removal = settings.pipeline().collect()
    if settings.as_json:
        print_json(removal)
        return
    counts = {
        count_of(removal.releases, "release"): removal.releases,
        count_of(len(removal.candidates), "expired candidate"): len(removal.candidates),
        f"{count_of(removal.objects, 'object')} ({size(removal.bytes)})": removal.objects,
        f"{count_of(removal.tables, 'table')} in sinks": removal.tables,
        count_of(removal.parts, "half-written file"): removal.parts,
    }
    summary = ", ".join(text for text, number in counts.items() if number)
    settings.say(f"removed {summary}" if summary else "nothing to remove")
    for path in removal.left:
        settings.say(f"skipped {mask(plain(path))}: not a readable record")
