"""What `medallion init --from` reads: files, tables of databases, and their declarations."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

from medallion.contracts import CatalogTable
from medallion.errors import CallError, DeclarationError, SourceError
from medallion.pipeline import Pipeline
from medallion.proposal.credential_variables import SERVER_URL, VARIABLE, CredentialVariables
from medallion.proposal.sample import sample_file
from medallion.secrets import PERCENT_ENCODE, SECRETS, unclear_credentials
from medallion.storage.chained_url import unchained

Source = str | Mapping[str, Any]
SourceFormat = Mapping[str, Mapping[str, Any]]  # as a declaration has it, by name; may be empty

_FILE = re.compile(r"(sqlite|duckdb):(.+)", re.DOTALL)
_COLLECTIONS = re.compile(r"mongodb(\+srv)?://")


@dataclass(frozen=True)
class ProposedSource:
    """Where the rows of a proposed table come from.

    `subject` says what they are about; `source` is as bronze reads it now, by `format` if its name
    does not say how, and `declared` as the declaration has it, without credentials. `table` is what
    the database `database` knows of it. `is_sample` is True if `source` is only a
    part of the records.
    """

    subject: str
    source: Source
    declared: Source
    database: str = ""
    table: CatalogTable | None = None
    format: SourceFormat = field(default_factory=dict)
    is_sample: bool = False


class SourceFinder:
    """Finds what sources, relative to a folder, consist of; `scratch` is for its own files."""

    def __init__(self, folder: Path, scratch: Path) -> None:
        self._folder = folder
        self._scratch = scratch
        self._variables = CredentialVariables()

    def find(self, source: str) -> Iterator[ProposedSource]:
        """One for files or a table, and one for each table of a database without `#TABLE`.

        Collections without documents are left out, unless they are named. Raises CallError for a
        URL that is unclear, SourceError for a database without tables.
        """
        if match := re.match(r"(sqlite|duckdb):(#|$)", source):
            raise CallError(
                f"{source} has no path of a database file", hint=f"write {match[1]}:PATH"
            )
        if not is_database(source):
            yield ProposedSource(_subject(source), absolute_source(source, self._folder), source)
            return
        SECRETS.add_url(source)
        if unclear_credentials(re.sub(VARIABLE, "x", source)):
            raise CallError(
                "the user or password of a URL has unescaped URL characters", hint=PERCENT_ENCODE
            )
        url, _, name = source.partition("#")
        place = url.partition("?")[0].partition("://")[2]
        if _COLLECTIONS.match(url) and re.search("/[^/]+/[^/]", place):
            raise CallError(
                "a collection follows the URL of a database after `#`",
                hint="write mongodb://HOST/DATABASE#COLLECTION",
            )
        read, declared = absolute_source(url, self._folder), self._variables.replace(url)
        for table in self._tables(read, name):
            proposed = ProposedSource(
                table.name.rpartition(".")[2],
                _of_database(read, table.name),
                _of_database(declared, table.name),
                read,
                table,
            )
            if not _COLLECTIONS.match(url):
                yield proposed
            elif sampled := self._sampled(proposed):
                yield sampled
            elif name:
                raise SourceError(
                    f"{self._pulled(proposed.source).label}: it has no documents",
                    hint="choose a collection with documents",
                )

    def load(
        self, sources: Mapping[str, Source], formats: Mapping[str, SourceFormat] | None = None
    ) -> Pipeline:
        """A pipeline with a bronze table for each source. Raises CallError for an invalid one.

        `formats` are those of tables that need another one than their files' suffix says.
        """
        forms = {name: {"format": form} for name, form in (formats or {}).items() if form}
        bronze = {
            name: {"source": source, **forms.get(name, {})} for name, source in sources.items()
        }
        declared = {"name": "proposal", "lake": "lake", "tables": {"bronze": bronze}}
        path = self._scratch / "medallion.yaml"
        path.write_text(json.dumps(declared))  # to be loaded, since it may have variables
        try:
            return Pipeline.load(path)
        except DeclarationError as error:  # its places are in a file that nobody has written
            raise CallError("; ".join(problem.message for problem in error.problems)) from error

    def _tables(self, url: str, name: str) -> Sequence[CatalogTable]:
        """The tables of a database, or the one with a name."""
        source = self._pulled(_of_database(url, name or "any"))
        with source.connect() as connection:
            tables = {table.name: table for table in source.tables(connection)}
        if name:
            # The default schema may be written, too.
            known = tables.get(name) or tables.get(name.rpartition(".")[2]) or CatalogTable(name)
            return [CatalogTable(name, known.key, known.references)]
        if not tables:
            raise SourceError(
                f"{source.label.rpartition(' ')[0]}: it has no {_tables_of(url)} that this user "
                "may read",
                hint="correct the URL, or name a view as URL#VIEW",
            )
        return list(tables.values())

    def _sampled(self, proposed: ProposedSource) -> ProposedSource | None:
        """The same with a file of documents as its source; None if there are none."""
        number = len(list(self._scratch.glob("*.ndjson")))
        path = self._scratch / f"{number}.ndjson"
        source = self._pulled(proposed.source)
        is_sample = sample_file(source, path)
        if not path.stat().st_size:
            return None
        return replace(
            proposed, source=path.as_posix(), format=source.pulled_format, is_sample=is_sample
        )

    def _pulled(self, source: Source) -> Any:
        """The plugin that reads a source. Raises CallError for an invalid one."""
        declared: Any = self.load({"table": source}).declaration.table("bronze.table")
        return declared.pulled


def _of_database(url: str, table: str) -> Source:
    """The declaration of a table or collection at a URL."""
    if _COLLECTIONS.match(url):
        return {"mongodb": {"url": url, "collection": table}}
    return {"sql": {"url": url, "table": table}}


def _tables_of(url: str) -> str:
    return "collections" if _COLLECTIONS.match(url) else "tables"


def is_database(source: str) -> bool:
    """Whether a source is a URL of a database, perhaps with `#TABLE`."""
    return bool(_FILE.match(source) or SERVER_URL.match(source))


def relative_source(source: str, folder: Path) -> str:
    """A source that is written relative to the working directory, relative to a folder."""
    top = folder.absolute()

    def relative(name: str) -> str:
        path = Path(name).absolute()
        return (path.relative_to(top) if path.is_relative_to(top) else path).as_posix()

    return _with_path(source, relative)


def absolute_source(source: str, folder: Path) -> str:
    """A source that is relative to a folder, for any folder."""
    return _with_path(source, lambda name: (folder.absolute() / name).as_posix())


def _with_path(source: str, change: Callable[[str], str]) -> str:
    """A source with its path, or that of its archive, changed; a URL stays."""
    if match := _FILE.fullmatch(source):
        return f"{match[1]}:{_with_path(match[2], change)}"
    members, archive = unchained(source)
    if archive:
        return f"{members}::{_with_path(archive, change)}"
    return source if _is_url(source) else change(source)


def _is_url(source: str) -> bool:
    return re.match(r"[a-z][a-z0-9+.-]+://", source, re.IGNORECASE) is not None


def _subject(source: str) -> str:
    """The word that says what a source holds: its file's name, or the folder of a pattern."""
    path = re.sub(r"^[a-z0-9+.-]+://", "", unchained(source)[0].partition("?")[0])
    for part in reversed(PurePosixPath(path).parts):
        word = part.partition(".")[0]
        if re.search("[A-Za-z]", word) and "*" not in word:
            return word
    return "records"
