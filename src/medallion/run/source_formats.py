"""The formats that read source files: declared, or chosen by the suffix of a file's name."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, cast

from medallion import plugins
from medallion.contracts import Format
from medallion.declaration.added_columns import shaped
from medallion.declaration.models import Source
from medallion.declaration.source_pattern import without_query
from medallion.declaration.unreadable_files import SetAsideFormat
from medallion.errors import SourceError
from medallion.identifiers import digest
from medallion.storage import Entry, Storage

KEY_LENGTH = 16  # hexadecimal digits that identify a format and its fields


_ARCHIVES = {
    (".zip",): "zip",
    (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz"): "tar",
}


class SourceFormats:
    """The formats of the files of one source."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._form = source.format
        if source.pulled:
            self._form = _build(source.pulled.pulled_format)
        self._kinds = {} if self._form else _kinds()
        self._plain: dict[str, tuple[Format, str]] = {}  # by suffix

    def of(self, name: str, entry: Entry) -> tuple[Format, str]:
        """The format that reads a file, and what identifies it. Raises SourceError.

        `name` is the file's path relative to the declaration.
        """
        source = self._source
        suffix, form, key = self._chosen(name)
        if source.aliases or source.add:
            form = shaped(form, source.aliases, source.add, name, entry)
            key = _key(form, suffix)
        if source.unreadable == "quarantine":
            form = SetAsideFormat(form=form)
            key = _key(form, suffix)
        return form, key

    def check_complete(self, name: str, entry: Entry, storage: Storage) -> None:
        """Raise SourceError for a file with changes in another one that are not yet in it."""
        _, form, _ = self._chosen(name)
        for ending in form.companions:
            companion = storage.info(f"{entry.path}{ending}")
            if companion and companion.bytes:
                raise SourceError(
                    f"{name}: has changes in {Path(name).name}{ending} that are not yet in it",
                    hint="close the program that writes it, or export a copy of the database",
                )

    def _chosen(self, name: str) -> tuple[str, Format, str]:
        """The suffix of a file name, its format and what identifies it. Raises SourceError."""
        known = self._form.suffixes if self._form else self._kinds
        suffix = _longest(name, known) if self._form else _suffix(name, self._kinds)
        if suffix not in self._plain:
            form = self._form or _build(self._kinds[suffix])
            self._plain[suffix] = (form, _key(form, suffix))
        return suffix, *self._plain[suffix]


def format_of(name: str) -> Format:
    """The format whose suffix a file name ends in. Raises SourceError when there is none."""
    kinds = _kinds()
    return _build(kinds[_suffix(name, kinds)])


def _kinds() -> dict[str, str]:
    """The names of formats by the suffixes of file names."""
    kinds: dict[str, str] = {}
    for kind, form in plugins.loadable(plugins.FORMATS).items():
        for suffix in cast("type[Format]", form).suffixes:
            kinds.setdefault(suffix, kind)
    return kinds


def _suffix(name: str, kinds: Collection[str]) -> str:
    """The longest suffix that a file name ends in. Raises SourceError when there is none."""
    suffix = _longest(name, kinds)
    if not suffix:
        archive = next((scheme for ends, scheme in _ARCHIVES.items() if _longest(name, ends)), "")
        raise SourceError(
            f"{name}: no format reads files with this suffix",
            hint=f"declare the files in it, as `{archive}://*.csv::PATH`; unpack it if it is in an "
            "archive itself"
            if archive
            else "declare `format: csv`, or that of the file",
        )
    return suffix


def _longest(name: str, suffixes: Collection[str]) -> str:
    """The longest of these suffixes that a file name ends in, or an empty text."""
    lower = without_query(name).lower()
    return max((suffix for suffix in suffixes if lower.endswith(suffix)), key=len, default="")


def _build(kind: str | Mapping[str, Any]) -> Format:
    return cast("Format", plugins.build(plugins.FORMATS, kind))


def _key(form: Format, suffix: str) -> str:
    """What the records of a file depend on in addition to its bytes.

    The suffix is a part of it: a `.tsv` file is read with another delimiter than a `.csv` file.
    """
    return digest([form.identity(), suffix])[:KEY_LENGTH]
