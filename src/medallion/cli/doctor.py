"""`medallion doctor`: is everything there that a run stands on?"""

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
    """Probe everything that a run stands on.

    That is the installation, the declaration, the lake, the sinks, the source files and the lease. Each
    probe says what it found and what to do about it. The exit code is 1 when one fails.
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
        made = table(["probe", "", "found"])
        for probe in probes:
            said = Text(mask("\n".join(map(plain, probe.said.splitlines()))))
            if probe.advice:
                said.append(f"\n→ {mask(plain(probe.advice))}")
            made.add_row(probe.name, Text(probe.outcome, STYLES[probe.outcome]), said)
        console().print(made)
        settings.say(
            f"\n{failed} of {count_of(len(probes), 'probe')} failed"
            if failed
            else "\nall checks passed"
        )
    return 1 if failed else 0
