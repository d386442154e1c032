"""`medallion repair`: rebuild damaged or lost files from the rest of the lake."""

from __future__ import annotations

import click

from medallion.cli.settings import Command, Settings, json_option
from medallion.secrets import mask


@click.command("repair", cls=Command)
@json_option
@click.pass_obj
def command(settings: Settings) -> int:
    """Rebuild damaged or lost files from the rest of the lake.

    Records are rebuilt from each other, source files are copied again, and plain copies and served
    tables are rebuilt from the lake. A run at the end recomputes tables whose files are damaged.
    Files that cannot be rebuilt are listed, and the exit code is then 1. Damaged files are moved to
    `damaged/` in the lake.
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
    elif run and run.release is None:
        settings.say(f"recomputed, and not published: {run.note}; candidate {run.candidate}")
    elif run:
        settings.say(f"recomputed: release {run.release} is published")
    elif not repairs:
        settings.say("nothing is damaged")
    unpublished = run is not None and run.release is None
    return 1 if unpublished or any(item.outcome == "lost" for item in repairs) else 0
