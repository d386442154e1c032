"""`medallion bench sink`: how fast the pipeline's own tables load into the serving database."""

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
    help="A batch size to measure; repeatable.",
)
@click.option(
    "--table",
    "tables",
    multiple=True,
    metavar="NAME",
    help="Load only this table; repeatable.",
)
@click.option(
    "--rounds",
    type=click.IntRange(1),
    default=3,
    show_default=True,
    help="Number of loads per measurement; the median counts.",
)
@json_option
@click.pass_obj
def command(
    settings: Settings, batches: tuple[int, ...], tables: tuple[str, ...], rounds: int
) -> None:
    """Time the load of the published tables into the serving database.

    WHAT is `sink`. Each table is loaded with every strategy (replace, and for tables with a key
    append and merge into a copy of the table) and in batches of 1,000, 10,000 and 100,000 rows. The
    loads go next to the live tables and are removed; readers see no change. Set the best batch size
    as `batch` of the sink.
    """
    from medallion.cli.output import console, print_json
    from medallion.ops.benchmark import time_loads

    sizes = batches or SIZES
    timings = time_loads(settings.pipeline(), sizes, rounds=rounds, only=tables, watch=settings.say)
    if settings.as_json:
        print_json(timings)
    elif not settings.quiet:
        settings.say()
        console().print(_grid(timings, by_table=bool(tables)))


def _grid(timings: Sequence[Timing], *, by_table: bool) -> Table:
    """One line per strategy and batch size, with the total of all tables or `by_table`."""
    from medallion.cli.output import number, table

    groups: dict[tuple[str, str, str, int], list[Timing]] = {}
    for timing in timings:
        name = timing.table if by_table else ""
        groups.setdefault((timing.sink, name, timing.strategy, timing.batch), []).append(timing)
    figures = ("batch", "rows", "seconds", "rows/s")
    grid = table(["sink", "tables", "strategy", *figures], right=figures)
    for (sink, name, strategy, batch), members in sorted(groups.items()):
        rows = sum(timing.rows for timing in members)
        seconds = sum(timing.seconds for timing in members)
        tables = name or count_of(len(members), "table")
        rate = number(round(rows / seconds))
        grid.add_row(sink, tables, strategy, number(batch), number(rows), f"{seconds:.3f}", rate)
    return grid
