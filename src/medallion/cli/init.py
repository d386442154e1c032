"""`medallion init`: a small project that works, to begin with."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path, PurePosixPath

import click

from medallion.cli.settings import Command, Settings


@click.command("init", cls=Command)
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), metavar="DIR")
@click.pass_obj
def command(settings: Settings, folder: Path) -> None:
    """Make a small working project in DIR.

    It has a declaration, some data with dirt in it, and a README. Files that are there already are never overwritten.
    """
    from medallion.errors import CallError

    project = dict(_files(files("medallion") / "templates", PurePosixPath()))
    taken = [str(path) for path in project if (folder / path).exists()]
    if taken:
        raise CallError(
            f"{folder}: {', '.join(taken)} would be overwritten", hint="choose another folder"
        )
    for path, content in project.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        settings.say(f"{target}")
    settings.say(f"\nnext: cd {folder}\n      medallion run")


def _files(top: Traversable, path: PurePosixPath) -> list[tuple[PurePosixPath, bytes]]:
    found: list[tuple[PurePosixPath, bytes]] = []
    for item in sorted(top.iterdir(), key=lambda item: item.name):
        below = path / item.name
        found += _files(item, below) if item.is_dir() else [(below, item.read_bytes())]
    return found
