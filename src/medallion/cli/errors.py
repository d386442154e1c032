"""How the command line tells of a failure: one `error:` line, the hint below it, and the exit code."""

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


def tell(error: BaseException, settings: Settings, *, terminated: bool = False) -> int:
    """Print an error to standard error, and give the exit code. Shows a traceback only when asked to be verbose.

    `terminated` says that an interruption was SIGTERM.
    """
    if isinstance(error, (KeyboardInterrupt, InterruptedError, click.Abort)):
        if sys.stderr.isatty():
            click.echo(err=True)  # the terminal has just shown ^C
        word, code = ("terminated", TERMINATED) if terminated else ("interrupted", INTERRUPTED)
        said, settings.closing = "; ".join([word, *settings.closing]), []
        told: dict[str, Any] = {"type": word.capitalize(), "message": said, "hint": ""}
    else:
        told, code = _told(error, settings), _exit_code(error)
    if settings.as_json:
        from medallion.cli.output import as_json

        click.echo(as_json({"error": {**mask_all(told), "exit_code": code}}), err=True)
        return code
    if settings.verbose and code not in (INTERRUPTED, TERMINATED):
        click.echo(mask("".join(traceback.format_exception(error))), err=True)
    lines = [*_lines(told), *settings.closing]
    click.echo(mask("\n".join(lines)), err=True)
    return code


def _exit_code(error: BaseException) -> int:
    code = getattr(error, "exit_code", 1)
    return code if isinstance(code, int) else 1


def _told(error: BaseException, settings: Settings) -> dict[str, Any]:
    name = type(error).__name__
    if isinstance(error, DeclarationError):
        problems = [
            {"place": item.place, "path": item.path, "message": item.message}
            for item in error.problems
        ]
        return {"type": name, "message": error.message, "hint": error.hint, "problems": problems}
    if isinstance(error, MedallionError):
        told: dict[str, Any] = {"type": name, "message": error.message, "hint": error.hint}
        return {**told, "run": error.run} if error.run else told
    if isinstance(error, click.ClickException):
        context = getattr(error, "ctx", None)
        hint = f"{context.command_path} --help" if context else ""
        return {"type": name, "message": error.format_message(), "hint": hint}
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        return {"type": name, "message": f"{where}{error.strerror.lower()}", "hint": ""}
    hint = "" if settings.verbose else "this is not foreseen; -v shows where it happened"
    return {"type": name, "message": f"{name}: {error}", "hint": hint}


def _lines(told: dict[str, Any]) -> list[str]:
    first, *others = str(told["message"]).splitlines() or [""]
    if others and "problems" in told:
        first, others = (
            f"{count_of(len(told['problems']), 'problem')} in the declaration",
            [first, *others],
        )
    return [f"error: {first}", *others, *([f"  → {told['hint']}"] if told["hint"] else [])]
