"""`medallion plan`: print what a run would do, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from medallion.cli.selection import SelectedTables, selection_options
from medallion.cli.settings import Command, Settings, json_option
from medallion.plural import count_of

if TYPE_CHECKING:
    from medallion.run.planner import Step

STYLES = {
    "compute": "green",
    "ask": "yellow",
    "reuse": "cyan",
    "unchanged": "dim",
    "left": "dim",
}


@click.command("plan", cls=Command)
@selection_options
@json_option
@click.pass_obj
def command(settings: Settings, tables: SelectedTables) -> None:
    """Print what a run would do to each table, and why. Writes nothing."""
    from rich.text import Text

    from medallion.cli.output import console, plain, print_json, table

    plan = settings.pipeline().plan(tables.selection())
    if settings.as_json:
        print_json({"steps": [_as_json(step) for step in plan.steps], "stale": plan.stale})
        return
    if settings.quiet:
        return
    grid = table(["table", "decision", "why"])
    for step in plan.steps:
        grid.add_row(step.table, Text(step.decision, STYLES[step.decision]), step.why)
    console().print(grid)
    for step in plan.steps:
        for warning in step.snapshot.warnings if step.snapshot else ():
            settings.say(f"warning: {step.table}: {plain(warning)}")
    settings.say()
    if plan.stale:
        settings.say(f"a run would not publish: {', '.join(plan.stale)} would be out of date")
    elif plan.computes or plan.asks:
        total = f"{count_of(len(plan.computes), 'table')} to compute"
        more = f", and perhaps {len(plan.asks)} more" if plan.asks else ""
        settings.say(f"{total}{more}; next: {settings.command_line('run')}")
    else:
        settings.say("up to date: a run would compute nothing")


def _as_json(step: Step) -> dict[str, Any]:
    return {
        "table": step.table,
        "decision": step.decision,
        "why": step.why,
        "warnings": step.snapshot.warnings if step.snapshot else (),
    }
