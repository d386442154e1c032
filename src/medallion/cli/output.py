"""Formatting for the terminal: tables that fit its width, numbers, sizes, ages, JSON."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from medallion.plural import count_of

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

WIDE = 10_000  # width in characters of output to a file or a pipe, so that no value is cut


def console() -> Console:
    """Standard output, with colour only on a terminal and never when NO_COLOR is set."""
    from rich.console import Console

    width = None if sys.stdout.isatty() or os.environ.get("COLUMNS") else WIDE
    return Console(width=width, highlight=False, markup=False, emoji=False, soft_wrap=False)


def table(columns: Sequence[str], *, right: Iterable[str] = ()) -> Table:
    """An empty table; the columns in `right` are aligned right, for numbers."""
    from rich import box
    from rich.table import Table

    grid = Table(
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        show_edge=False,
        header_style="bold",
        padding=(0, 1, 0, 0),
    )
    for name in columns:
        if name in right:
            grid.add_column(name, justify="right", no_wrap=True)
        else:
            grid.add_column(name, overflow="fold")
    return grid


def plain(value: object) -> str:
    """A value as one line of text, with control characters escaped."""
    text = "" if value is None else str(value)
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )


def number(value: int) -> str:
    return f"{value:,}"


def size(bytes_: int) -> str:
    """A number of bytes with its unit: `1.2 MB`."""
    value = float(bytes_)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"


def age(moment: datetime) -> str:
    """How long ago: `3 minutes ago`."""
    seconds = int((datetime.now(UTC) - moment).total_seconds())
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= length:
            return f"{count_of(seconds // length, unit)} ago"
    return "just now" if seconds < 5 else f"{seconds} seconds ago"


def moment(value: datetime) -> str:
    """A time in UTC, to the second."""
    return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def as_json(value: Any) -> str:
    """A value as one JSON document. Decimals are text, so that they stay exact; NaN is null."""
    from pydantic_core import to_json

    return to_json(value, indent=1, inf_nan_mode="null", bytes_mode="base64").decode()


def line_json(value: Any) -> str:
    """The same as `as_json`, on one line."""
    from pydantic_core import to_json

    return to_json(value, inf_nan_mode="null", bytes_mode="base64").decode()


def print_json(value: Any) -> None:
    click.echo(as_json(value))
