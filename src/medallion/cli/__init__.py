"""The `medallion` command: arguments and printing only.

Each command is a module of its name, imported when it is called. `settings` has the options that
all commands share, `errors` prints failures, and `output` formats tables, numbers and JSON.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, NoReturn

import click

from medallion.cli.settings import Settings, shared_options

COMMANDS = (
    "init",
    "check",
    "plan",
    "run",
    "status",
    "show",
    "lineage",
    "quarantine",
    "correct",
    "corrections",
    "why",
    "runs",
    "releases",
    "diff",
    "publish",
    "discard",
    "rollback",
    "resume",
    "unlock",
    "adopt",
    "serve",
    "dashboard",
    "plugins",
    "schema",
    "doctor",
    "verify",
    "repair",
    "bench",
    "gc",
)


# Commands that take the lease; SIGTERM interrupts them so that they release it.
WRITERS = (
    *("run", "publish", "discard", "rollback", "resume", "correct", "corrections"),
    *("adopt", "bench", "gc"),
)


class Commands(click.Group):
    """The commands by name, each imported from the module of its name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"medallion.cli.{cmd_name}").command
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (KeyboardInterrupt, RuntimeError) as error:
            # Click would print "Aborted!"; DuckDB raises RuntimeError for an interrupted query.
            if isinstance(error, KeyboardInterrupt) or str(error) == "Query interrupted":
                raise InterruptedError from error
            raise

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            from medallion.errors import did_you_mean

            ctx.fail(f"unknown command {args[0]!r}{did_you_mean(args[0], COMMANDS)}")
        if args and args[0] in WRITERS:
            signal.signal(signal.SIGTERM, _terminate)
        return super().resolve_command(ctx, args)


@click.group(
    "medallion",
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    params=shared_options(),
    epilog="Start with `medallion init DIR`. "
    "Exit codes: 0 success, 1 failure, 2 invalid declaration or arguments.",
)
@click.version_option(package_name="medallion-lake", message="medallion %(version)s")
def group() -> None:
    """Files → bronze → silver → gold → one published release, from one declaration."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line, then exit.

    Exit codes: 0 success, 1 failure, 2 invalid declaration or arguments, 130 interrupted,
    143 terminated.
    """
    arguments = list(sys.argv[1:] if arguments is None else arguments) or ["--help"]
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # characters that the terminal lacks become "?"
            stream.reconfigure(errors="replace")
    settings = Settings(as_json="--json" in arguments)
    try:
        result = group.main(arguments, prog_name="medallion", obj=settings, standalone_mode=False)
    except (Exception, KeyboardInterrupt) as error:
        from medallion.cli.errors import print_error

        sys.exit(print_error(error, settings, terminated=bool(_signals)))
    sys.exit(result if isinstance(result, int) else 0)


_signals: list[int] = []  # the signal that ended the command, if one did


def _terminate(number: int, frame: object) -> None:
    """Act as Ctrl-C, so that a run stops cleanly, releases its lease and is recorded as failed."""
    del frame
    _signals.append(number)
    raise KeyboardInterrupt
