"""`medallion bench sink`: how fast the serving database takes in the pipeline's own tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from medallion.cli.settings import Command, Settings, json_option
from medallion.plural import count_of

if TYPE_CHECKING:
    from rich.table import Table

    from medallion.ops.benchmark import Timing

SIZES = (1_000, 10_000, 100_000)


@click.command("bench", cls=Command)
@click.argument("what", metavar="WHAT", type=click.Choice(["sink"]), expose_value=False)
@click.option(
    "--batch",
    "batches",
    type=click.IntRange(1),
    multiple=True,
    metavar="ROWS",
    help="A batch size to try.",
)
@click.option(
    "--table",
    "tables",
    multiple=True,
    metavar="NAME",
    help="Only this table; may be given several times.",
)
@click.option(
    "--rounds",
    type=click.IntRange(1),
    default=3,
    show_default=True,
    help="The median of so many counts.",
)
@json_option
@click.pass_obj
def command(
    settings: Settings, batches: tuple[int, ...], tables: tuple[str, ...], rounds: int
) -> None:
    """Time the load of the published tables into the serving database.

    WHAT is `sink`. Each table is loaded by every strategy (replace; append and merge where it has a key, upon a copy of
    itself) and in batches of 1,000, 10,000 and 100,000 rows, beside what is live; readers see no change, and nothing
    stays. The sink's `batch` then sets the size for good.
    """
    from medallion.cli.output import console, print_json
    from medallion.ops.benchmark import time_loads

    sizes = batches or SIZES
    found = time_loads(settings.pipeline(), sizes, rounds=rounds, only=tables, watch=settings.say)
    if settings.as_json:
        print_json(found)
    elif not settings.quiet:
        settings.say()
        console().print(_shown(found, each=bool(tables)))


def _shown(found: Sequence[Timing], *, each: bool) -> Table:
    """A line a strategy and batch size, of all its tables together or of `each` by itself."""
    from medallion.cli.output import number, table

    groups: dict[tuple[str, str, str, int], list[Timing]] = {}
    for timing in found:
        name = timing.table if each else ""
        groups.setdefault((timing.sink, name, timing.strategy, timing.batch), []).append(timing)
    figures = ("batch", "rows", "seconds", "rows/s")
    made = table(["sink", "tables", "strategy", *figures], right=figures)
    for (sink, name, strategy, batch), timings in sorted(groups.items()):
        rows, seconds = (
            sum(timing.rows for timing in timings),
            sum(timing.seconds for timing in timings),
        )
        tables = name or count_of(len(timings), "table")
        rate = number(round(rows / seconds))
        made.add_row(sink, tables, strategy, number(batch), number(rows), f"{seconds:.3f}", rate)
    return made
