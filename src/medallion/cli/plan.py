"""`medallion plan`: what a run would do, and why."""

from __future__ import annotations

import click

from medallion.cli.settings import Command, Settings, json_option
from medallion.plural import count_of

STYLES = {"compute": "green", "reuse": "cyan", "unchanged": "dim", "left": "dim"}


@click.command("plan", cls=Command)
@click.option(
    "--only", multiple=True, metavar="TABLE", help="Only this table; may be given several times."
)
@click.option("--from", "from_", metavar="TABLE", help="Only this table and what is made of it.")
@click.option("--to", metavar="TABLE", help="Only this table and what it is made of.")
@click.option("--full", is_flag=True, help="Show what `run --full` would recompute.")
@json_option
@click.pass_obj
def command(
    settings: Settings, only: tuple[str, ...], from_: str | None, to: str | None, full: bool
) -> None:
    """Print what a run would do now, table by table, and why. Writes nothing."""
    from rich.text import Text

    from medallion.cli.output import console, plain, print_json, table
    from medallion.run.planner import Selection

    plan = settings.pipeline().plan(Selection(only, from_, to, full))
    if settings.as_json:
        steps = [
            {
                "table": step.table,
                "decision": step.decision,
                "why": step.why,
                "warnings": step.snapshot.warnings if step.snapshot else (),
            }
            for step in plan.steps
        ]
        print_json({"steps": steps, "stale": plan.stale})
        return
    if settings.quiet:
        return
    made = table(["table", "decision", "why"])
    for step in plan.steps:
        made.add_row(step.table, Text(step.decision, STYLES[step.decision]), step.why)
    console().print(made)
    for step in plan.steps:
        for said in step.snapshot.warnings if step.snapshot else ():
            settings.say(f"warning: {step.table}: {plain(said)}")
    settings.say()
    if plan.stale:
        settings.say(f"it would not publish: {', '.join(plan.stale)} would be out of date")
    elif plan.computes:
        settings.say(
            f"{count_of(len(plan.computes), 'table')} to compute; next: {settings.typed('run')}"
        )
    else:
        settings.say("up to date: a run would compute nothing")
