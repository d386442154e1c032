"""`medallion init`: create a small working project, or a first declaration for your files."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path, PurePosixPath

import click

from medallion.cli.settings import DECLARATION, Command, Settings

# A password in a URL that is written out, and not as a variable.
_PASSWORD = re.compile(r"://[^/@:]*:(?!\$\{)[^@/]+@")


@click.command("init", cls=Command)
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), metavar="DIR")
@click.option(
    "--from",
    "sources",
    metavar="FILE|URL",
    multiple=True,
    help="A file, pattern, URL or DATABASE_URL#TABLE to read and declare; may be repeated.",
)
@click.pass_obj
def command(settings: Settings, folder: Path, sources: tuple[str, ...]) -> None:
    """Create a small project, or a declaration for your own data.

    Without `--from`, DIR gets a declaration, sample data with some invalid rows, and a README.

    With `--from`, DIR gets a declaration of these files. All their records are read, and types,
    formats of dates, keys and rules are proposed that nearly all values fit; comments say how many
    do, and list values that do not. A pattern such as `'data/*.csv'` is one table. Files that are
    not as their suffix says, such as CSV with semicolons or in another encoding, get a `format`.

    `postgresql://…#TABLE`, `mysql://…#TABLE`, `sqlite:PATH#TABLE` and `duckdb:PATH#TABLE` are
    tables of databases; without `#TABLE`, all tables are declared. Primary and foreign keys become
    keys and references, and variables stand for user and password. Of `mongodb://…#COLLECTION`,
    10,000 documents are read at random.

    Existing files are never overwritten.
    """
    if sources:
        _write(settings, folder, {PurePosixPath(DECLARATION): lambda: _proposal(folder, sources)})
    else:
        project = dict(_files(files("medallion.cli") / "templates", PurePosixPath()))
        _write(settings, folder, {path: partial(bytes, text) for path, text in project.items()})
    settings.say(f"\nnext: cd {folder}")
    if sources:
        if names := _unset_variables((folder / DECLARATION).read_text(encoding="utf-8")):
            settings.say(f"      set {', '.join(names)}")
        settings.say(f"      read {DECLARATION}, and change what is wrong")
    settings.say("      medallion run")


def _write(
    settings: Settings, folder: Path, project: Mapping[PurePosixPath, Callable[[], bytes]]
) -> None:
    """Write files, unless one of them exists. Raises CallError."""
    from medallion.errors import CallError

    existing = [str(path) for path in project if (folder / path).exists()]
    if existing:
        raise CallError(
            f"{folder}: {', '.join(existing)} would be overwritten", hint="choose another folder"
        )
    for path, content in project.items():
        target, written = folder / path, content()
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(written)
        settings.say(f"{target}")


def _proposal(folder: Path, sources: Sequence[str]) -> bytes:
    """The declaration that is proposed for sources. Raises CallError."""
    from medallion.errors import CallError
    from medallion.proposal.declaration_text import declaration_text
    from medallion.proposal.proposed_sources import is_database, relative_source
    from medallion.proposal.table_names import table_name
    from medallion.proposal.tables import propose_tables

    if any(_PASSWORD.search(source) and not is_database(source) for source in sources):
        raise CallError(
            "a URL has a password, which would be written to the declaration",
            hint="set a variable, and write '${NAME}' in its place, in quotes",
        )
    relative = [relative_source(source, folder) for source in sources]
    name = table_name(folder.absolute().name)
    return declaration_text(name, propose_tables(relative, folder)).encode()


def _unset_variables(text: str) -> list[str]:
    """The variables without a default that a declaration has and the environment does not."""
    names = dict.fromkeys(re.findall(r"(?<!\$)\$\{(\w+)\}", text))
    return [name for name in names if name not in os.environ]


def _files(top: Traversable, path: PurePosixPath) -> list[tuple[PurePosixPath, bytes]]:
    """All files below `top`, as pairs of a path relative to it and the content."""
    contents: list[tuple[PurePosixPath, bytes]] = []
    for item in sorted(top.iterdir(), key=lambda item: item.name):
        child = path / item.name
        contents += _files(item, child) if item.is_dir() else [(child, item.read_bytes())]
    return contents
