"""What every command takes: which declaration, how much to say, and whether a script is listening."""

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
    """What was given on the command line, and what errors need to know of the pipeline.

    `closing` are lines to print after an error, such as which release stays published.
    """

    as_json: bool = False
    directory: Path | None = None
    config: Path | None = None
    quiet: bool = False
    verbose: bool = False
    closing: list[str] = field(default_factory=list)

    @property
    def path(self) -> Path:
        """Where the declaration is."""
        named = self.config or Path(os.environ.get("MEDALLION_CONFIG") or DECLARATION)
        return self.directory / named if self.directory else named

    def pipeline(self) -> Pipeline:
        """Load the declaration; its folder's Python modules can be imported from then on."""
        from medallion.pipeline import Pipeline

        sys.path.insert(0, str(self.path.parent.absolute()))
        return Pipeline.load(self.path)

    def typed(self, rest: str) -> str:
        """What to type next, for the same declaration."""
        chosen = [("-C", self.directory), ("-f", self.config)]
        options = "".join(
            f" {option} {shlex.quote(str(value))}" for option, value in chosen if value
        )
        return f"medallion{options} {rest}"

    def say(self, text: str = "") -> None:
        """Print a line, unless the user wants quiet or a script is listening."""
        if not self.quiet and not self.as_json:
            click.echo(text)


class Command(click.Command):
    """A command that also takes the shared options after its name."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params.extend(shared_options())


def shared_options() -> list[click.Parameter]:
    """The options that may stand before or after a command's name."""
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
            help="The declaration; by default $MEDALLION_CONFIG or medallion.yaml.",
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
            help="Say why; show the traceback of an error.",
        ),
    ]


def json_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--json`: print one JSON document, for scripts; errors then are JSON too."""
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
