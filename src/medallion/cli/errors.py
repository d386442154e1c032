"""How the command line reports a failure: an `error:` line, a hint below it, and the exit code."""

from __future__ import annotations

import sys
import traceback
from typing import Any

import click

from medallion.cli.settings import Settings
from medallion.errors import DeclarationError, MedallionError
from medallion.plural import count_of
from medallion.secrets import mask, mask_all

INTERRUPTED = 130
TERMINATED = 143


def print_error(error: BaseException, settings: Settings, *, terminated: bool = False) -> int:
    """Print an error to standard error and return the exit code.

    The traceback is printed only with `--verbose`. `terminated`: the interruption was SIGTERM.
    """
    if isinstance(error, (KeyboardInterrupt, InterruptedError, click.Abort)):
        if sys.stderr.isatty():
            click.echo(err=True)  # the terminal has just shown ^C
        word, code = ("terminated", TERMINATED) if terminated else ("interrupted", INTERRUPTED)
        message, settings.closing = "; ".join([word, *settings.closing]), []
        details: dict[str, Any] = {"type": word.capitalize(), "message": message, "hint": ""}
    else:
        details, code = _details(error, settings), _exit_code(error)
    if settings.as_json:
        from medallion.cli.output import as_json

        click.echo(as_json({"error": {**mask_all(details), "exit_code": code}}), err=True)
        return code
    if settings.verbose and code not in (INTERRUPTED, TERMINATED):
        click.echo(mask("".join(traceback.format_exception(error))), err=True)
    lines = [*_lines(details), *settings.closing]
    click.echo(mask("\n".join(lines)), err=True)
    return code


def _exit_code(error: BaseException) -> int:
    code = getattr(error, "exit_code", 1)
    return code if isinstance(code, int) else 1


def _details(error: BaseException, settings: Settings) -> dict[str, Any]:
    """The type, message and hint of an error, as `--json` prints them."""
    name = type(error).__name__
    if isinstance(error, DeclarationError):
        problems = [
            {"place": item.place, "path": item.path, "message": item.message}
            for item in error.problems
        ]
        return {"type": name, "message": error.message, "hint": error.hint, "problems": problems}
    if isinstance(error, MedallionError):
        details: dict[str, Any] = {"type": name, "message": error.message, "hint": error.hint}
        return {**details, "run": error.run} if error.run else details
    if isinstance(error, click.ClickException):
        context = getattr(error, "ctx", None)
        hint = f"{context.command_path} --help" if context else ""
        return {"type": name, "message": error.format_message(), "hint": hint}
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        return {"type": name, "message": f"{where}{error.strerror.lower()}", "hint": ""}
    hint = "" if settings.verbose else "unexpected error; run again with -v for the traceback"
    return {"type": name, "message": f"{name}: {error}", "hint": hint}


def _lines(details: dict[str, Any]) -> list[str]:
    first, *others = str(details["message"]).splitlines() or [""]
    if others and "problems" in details:
        others = [first, *others]
        first = f"{count_of(len(details['problems']), 'problem')} in the declaration"
    return [f"error: {first}", *others, *([f"  → {details['hint']}"] if details["hint"] else [])]
