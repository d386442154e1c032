"""`medallion doctor`: check everything that a run needs."""

from __future__ import annotations

import click

from medallion.cli.settings import Command, Settings, json_option
from medallion.plural import count_of
from medallion.secrets import mask

STYLES = {"ok": "green", "warning": "yellow", "failure": "bold red"}


@click.command("doctor", cls=Command)
@json_option
@click.pass_obj
def command(settings: Settings) -> int:
    """Check everything that a run needs.

    Checks the installation, the declaration, the lake, the sinks, the source files and the lease,
    and prints what to do about each problem. The exit code is 1 if a check fails.
    """
    from rich.text import Text

    from medallion.cli.output import console, plain, print_json, table
    from medallion.ops.doctor import examine

    probes = list(examine(settings.pipeline))
    failed = sum(probe.outcome == "failure" for probe in probes)
    if settings.as_json:
        print_json(
            [
                {
                    "name": probe.name,
                    "outcome": probe.outcome,
                    "said": mask(probe.said),
                    "advice": mask(probe.advice),
                }
                for probe in probes
            ]
        )
    elif not settings.quiet:
        grid = table(["check", "outcome", "details"])
        for probe in probes:
            details = Text(mask("\n".join(map(plain, probe.said.splitlines()))))
            if probe.advice:
                details.append(f"\n→ {mask(plain(probe.advice))}")
            grid.add_row(probe.name, Text(probe.outcome, STYLES[probe.outcome]), details)
        console().print(grid)
        total = count_of(len(probes), "check")
        settings.say(f"\n{failed} of {total} failed" if failed else "\nall checks passed")
    return 1 if failed else 0
