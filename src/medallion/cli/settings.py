"""The options that all commands share: which declaration, how much to print, and JSON."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from medallion.pipeline import Pipeline

DECLARATION = "medallion.yaml"


@dataclass
class Settings:
    """The shared options of the command line.

    `closing`: lines to print after an error, such as which release is still published.
    """

    as_json: bool = False
    directory: Path | None = None
    config: Path | None = None
    quiet: bool = False
    verbose: bool = False
    closing: list[str] = field(default_factory=list)

    @property
    def path(self) -> Path:
        """The path of the declaration."""
        file = self.config or Path(os.environ.get("MEDALLION_CONFIG") or DECLARATION)
        return self.directory / file if self.directory else file

    def pipeline(self) -> Pipeline:
        """Load the declaration, and add its folder to the import path for the user's modules."""
        from medallion.pipeline import Pipeline

        sys.path.insert(0, str(self.path.parent.absolute()))
        return Pipeline.load(self.path)

    def command_line(self, command: str) -> str:
        """A command to run next, with the options that choose the same declaration."""
        paths = [("-C", self.directory), ("-f", self.config)]
        options = "".join(f" {name} {shlex.quote(str(path))}" for name, path in paths if path)
        return f"medallion{options} {command}"

    def say(self, text: str = "") -> None:
        """Print a line, except with `--quiet` or `--json`."""
        if not self.quiet and not self.as_json:
            click.echo(text)


class Command(click.Command):
    """A command that accepts the shared options after its name too."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params.extend(shared_options())


def shared_options() -> list[click.Parameter]:
    """The options that are accepted before and after a command's name."""
    folder = click.Path(file_okay=False, path_type=Path)
    return [
        click.Option(
            ["-C", "--directory"],
            type=folder,
            callback=_note,
            expose_value=False,
            help="The folder of the declaration.",
        ),
        click.Option(
            ["-f", "--config"],
            type=click.Path(path_type=Path),
            callback=_note,
            expose_value=False,
            help="The declaration; default: $MEDALLION_CONFIG or medallion.yaml.",
        ),
        click.Option(
            ["-q", "--quiet"],
            is_flag=True,
            callback=_note,
            expose_value=False,
            help="Print errors only.",
        ),
        click.Option(
            ["-v", "--verbose"],
            is_flag=True,
            callback=_note,
            expose_value=False,
            help="Explain decisions; show the traceback of an error.",
        ),
    ]


def json_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--json`: print one JSON document, for scripts; errors are JSON too."""
    return click.option(
        "--json",
        "as_json",
        is_flag=True,
        callback=_note,
        expose_value=False,
        help="Print JSON, for scripts.",
    )(function)


def _note(context: click.Context, parameter: click.Parameter, value: object) -> None:
    if value and parameter.name:
        setattr(context.obj, parameter.name, value)
