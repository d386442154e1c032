"""The options of `plan` and `run` that choose tables: `--only`, `--from`, `--to` and others."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce, wraps
from typing import TYPE_CHECKING, Any, NamedTuple

import click

if TYPE_CHECKING:
    from medallion.run.selection import Selection


class SelectedTables(NamedTuple):
    """The values of the options, which are false by default."""

    only: tuple[str, ...]
    from_: str | None
    to: str | None
    full: bool
    refresh: tuple[str, ...]

    def selection(self) -> Selection:
        """The same for a pipeline, whose modules are imported now."""
        from medallion.run.selection import Selection

        return Selection(*self)


_OPTIONS = (
    click.option("--only", multiple=True, metavar="TABLE", help="Only this table; repeatable."),
    click.option("--from", "from_", metavar="TABLE", help="This table and what depends on it."),
    click.option("--to", metavar="TABLE", help="This table and what it depends on."),
    click.option("--full", is_flag=True, help="Recompute every table, changed or not."),
    click.option(
        "--refresh",
        multiple=True,
        metavar="TABLE[:FROM..TO]",
        help="Read the source of this table again in full, or a range of its cursor; repeatable.",
    ),
)


def selection_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options to a command, whose argument `tables` has their values."""

    @wraps(command)
    def with_tables(
        *args: Any,
        only: tuple[str, ...],
        from_: str | None,
        to: str | None,
        full: bool,
        refresh: tuple[str, ...],
        **others: Any,
    ) -> Any:
        return command(*args, tables=SelectedTables(only, from_, to, full, refresh), **others)

    return reduce(lambda function, option: option(function), reversed(_OPTIONS), with_tables)
