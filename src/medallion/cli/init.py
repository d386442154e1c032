"""`medallion init`: create a small working project."""

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
    """Create a small working project in DIR.

    It has a declaration, sample data with some invalid rows, and a README. Existing files are never
    overwritten.
    """
    from medallion.errors import CallError

    project = dict(_files(files("medallion.cli") / "templates", PurePosixPath()))
    existing = [str(path) for path in project if (folder / path).exists()]
    if existing:
        raise CallError(
            f"{folder}: {', '.join(existing)} would be overwritten", hint="choose another folder"
        )
    for path, content in project.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        settings.say(f"{target}")
    settings.say(f"\nnext: cd {folder}\n      medallion run")


def _files(top: Traversable, path: PurePosixPath) -> list[tuple[PurePosixPath, bytes]]:
    """All files below `top`, as pairs of a path relative to it and the content."""
    contents: list[tuple[PurePosixPath, bytes]] = []
    for item in sorted(top.iterdir(), key=lambda item: item.name):
        child = path / item.name
        contents += _files(item, child) if item.is_dir() else [(child, item.read_bytes())]
    return contents
