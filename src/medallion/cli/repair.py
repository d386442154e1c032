"""`medallion repair`: rebuild what is damaged from what the rest of the lake holds."""

from __future__ import annotations

import click

from medallion.cli.settings import Command, Settings, json_option
from medallion.secrets import mask


@click.command("repair", cls=Command)
@json_option
@click.pass_obj
def command(settings: Settings) -> int:
    """Rebuild what is damaged or lost from the rest of the lake.

    Records are rebuilt from one another, source files kept again, plain copies and served tables made
    from the lake. Tables whose files are damaged are computed again by a run at the end. What cannot be
    rebuilt is named; the exit code is then 1. Damaged files are moved to `damaged/` in the lake.
    """
    from medallion.cli.output import plain, print_json
    from medallion.ops.repair import repair, settle

    pipeline = settings.pipeline()
    repairs = []
    for item in repair(pipeline):
        repairs.append(item)
        settings.say(mask(plain(f"{item.outcome}: {item.place}: {item.said}")))
    run = None
    if any(item.outcome == "recompute" for item in repairs):
        run = pipeline.run()
    if any(item.outcome != "repaired" for item in repairs):
        places = {item.place for item in repairs if item.outcome == "lost"}
        for item in settle(pipeline):
            if item.place in places:
                continue
            repairs.append(item)
            settings.say(mask(plain(f"{item.outcome}: {item.place}: {item.said}")))
    if settings.as_json:
        print_json({"repairs": repairs, "run": run})
    elif run:
        settings.say(f"computed again: release {run.release} is published")
    elif not repairs:
        settings.say("nothing is damaged")
    return 1 if any(item.outcome == "lost" for item in repairs) else 0
