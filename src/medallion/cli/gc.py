"""`medallion gc`: remove what nothing needs any more."""

from __future__ import annotations

import click

from medallion.cli.settings import Command, Settings, json_option
from medallion.plural import count_of
from medallion.secrets import mask


@click.command("gc", cls=Command)
@json_option
@click.pass_obj
def command(settings: Settings) -> None:
    """Remove what nothing needs any more.

    That is what no kept release or run needs, and what killed runs left behind. How many releases are
    kept is each layer's `retain` in the declaration.
    """
    from medallion.cli.output import plain, print_json, size

    gone = settings.pipeline().collect()
    if settings.as_json:
        print_json(gone)
        return
    found = {
        count_of(gone.releases, "release"): gone.releases,
        f"{count_of(gone.objects, 'object')} ({size(gone.bytes)})": gone.objects,
        f"{count_of(gone.tables, 'table')} in sinks": gone.tables,
        count_of(gone.parts, "half-written file"): gone.parts,
    }
    told = ", ".join(said for said, number in found.items() if number)
    settings.say(f"removed {told}" if told else "nothing to remove")
    for path in gone.left:
        settings.say(f"left alone: {mask(plain(path))}: not a record that can be read")
