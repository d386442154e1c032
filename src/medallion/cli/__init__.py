"""The `medallion` command: arguments and printing only.

One file a command, imported when it is called; `settings` holds what all commands take,
`errors` how failures are told, `output` how things are printed.
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
    "quarantine",
    "runs",
    "releases",
    "rollback",
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


WRITERS = (
    "run",
    "rollback",
    "adopt",
    "bench",
    "gc",
)  # they hold the lease, and release it when they are terminated


class Commands(click.Group):
    """The commands by name, each from the file of its name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        found: click.Command = import_module(f"medallion.cli.{cmd_name}").command
        return found

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (KeyboardInterrupt, RuntimeError) as error:
            # click would say "Aborted!", and DuckDB at work raises an error of its own
            if isinstance(error, KeyboardInterrupt) or str(error) == "Query interrupted":
                raise InterruptedError from error
            raise

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            from medallion.errors import did_you_mean

            ctx.fail(f"there is no command {args[0]!r}{did_you_mean(args[0], COMMANDS)}")
        if args and args[0] in WRITERS:
            signal.signal(signal.SIGTERM, _terminate)
        return super().resolve_command(ctx, args)


@click.group(
    "medallion",
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    params=shared_options(),
    epilog="Begin with `medallion init DIR`. "
    "Exit codes: 0 done, 1 the run failed, 2 the declaration or the call is wrong.",
)
@click.version_option(package_name="medallion-lake", message="medallion %(version)s")
def group() -> None:
    """Files → bronze → silver → gold → one published release, from one declaration."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit: 0 done, 1 the run failed, 2 the declaration or the call is wrong,
    130 interrupted, 143 terminated."""
    given = list(sys.argv[1:] if arguments is None else arguments) or ["--help"]
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal that has no arrows still gets the message
            stream.reconfigure(errors="replace")
    settings = Settings(as_json="--json" in given)
    try:
        done = group.main(given, prog_name="medallion", obj=settings, standalone_mode=False)
    except (Exception, KeyboardInterrupt) as error:
        from medallion.cli.errors import tell

        sys.exit(tell(error, settings, terminated=bool(_terminated)))
    sys.exit(done if isinstance(done, int) else 0)


_terminated: list[int] = []  # the signal that ended the command, if one did


def _terminate(number: int, frame: object) -> None:
    """Stop as at Ctrl-C, so that a run ends its work, releases its lease and is recorded as failed."""
    del frame
    _terminated.append(number)
    raise KeyboardInterrupt
