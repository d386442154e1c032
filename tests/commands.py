"""`medallion` commands in processes of their own, forked from one that has imported everything."""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
import tempfile
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SECONDS = 120

# One process imports all once; each command runs in a fork of it.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.command_imports"])


@dataclass(frozen=True)
class Result:
    """How a command ended: its exit code and what it printed."""

    code: int | None
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def environment(**variables: str) -> dict[str, str]:
    """The environment of a command: without what the tests' own has for medallion and colours."""
    inherited = {
        key: value for key, value in os.environ.items() if not key.startswith("MEDALLION_")
    }
    for name in ("COLUMNS", "NO_COLOR", "FORCE_COLOR"):
        inherited.pop(name, None)
    return inherited | {"PYTHONWARNINGS": "error"} | variables


def medallion(folder: Path, *arguments: str, **variables: str) -> Result:
    """Run a command of the `medallion` command line."""
    return forked(command, arguments, folder, environment(**variables))


def command(arguments: tuple[str, ...]) -> None:
    from medallion.cli import main

    sys.argv = ["medallion", *arguments]
    main(list(arguments))


def forked(
    work: Callable[[Any], object],
    argument: object,
    folder: Path,
    variables: Mapping[str, str],
    *,
    merged: bool = False,
) -> Result:
    """Do `work` with its argument in a process of its own, as if just started in the folder.

    Parameters: `variables` is its environment; `merged` puts its errors into its output.
    """
    with tempfile.TemporaryDirectory() as name:
        out = Path(name, "out")
        err = out if merged else Path(name, "err")
        child = PROCESSES.Process(
            target=_begin, args=(work, argument, folder, dict(variables), out, err)
        )
        child.start()
        child.join(SECONDS)
        if child.exitcode is None:
            child.kill()
            child.join()
        printed = out.read_text(encoding="utf-8")
        return Result(child.exitcode, printed, "" if merged else err.read_text(encoding="utf-8"))


def _begin(
    work: Callable[[Any], object],
    argument: object,
    folder: Path,
    variables: dict[str, str],
    out: Path,
    err: Path,
) -> None:
    for number, path in ((1, out), (2, err)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND), number)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(variables)
    sys.path.insert(0, str(folder))
    warnings.simplefilter("error")
    work(argument)
