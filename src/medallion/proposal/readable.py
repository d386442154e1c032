"""Formats with which source files can be read, where those that their suffixes name cannot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from medallion.errors import SourceError, TablesError
from medallion.pipeline import Pipeline
from medallion.proposal.fixed_width_columns import fixed_width_columns
from medallion.proposal.proposed_sources import Source, SourceFinder, SourceFormat
from medallion.records import Run
from medallion.run.source_formats import format_of
from medallion.sql.expressions import public
from medallion.storage.chained_url import unchained

if TYPE_CHECKING:
    from medallion.contracts import Relation

_OPENINGS = {"json": r"[{\[]", "xml": "<"}  # of some line
_LINES = {"columns": {"line": "1-9999999"}, "trim": False}


def run_readable(
    finder: SourceFinder, sources: Mapping[str, Source], known: Mapping[str, SourceFormat]
) -> tuple[Pipeline, Run, dict[str, SourceFormat]]:
    """A pipeline with a table of each source, its run, and the formats found for some tables.

    `known` are formats of other tables.

    Raises what a run raises for a source that no format can read.
    """
    pipeline = finder.load(sources, known)
    try:
        return pipeline, pipeline.run(progress=False), {}
    except (SourceError, TablesError):
        formats = {
            name: _readable_format(finder, source)
            for name, source in sources.items()
            if isinstance(source, str) and name not in known
        }
    pipeline = finder.load(sources, {**known, **formats})
    return pipeline, pipeline.run(progress=False), formats


def _readable_format(finder: SourceFinder, source: str) -> SourceFormat:
    """The format of files whose suffix does not say how to read them.

    Empty if they can be read as they are, or with no other format either: then what is wrong with
    the files themselves counts, and not with a guess.
    """
    if kind := _kind_of(source):
        settings = _settings(finder, source, kind, {})
        return {kind: settings} if settings else {}
    if _is_readable(finder, source):  # such as `data/*`, whose files have suffixes
        return {}
    return _format_of_text(finder, source)


def _format_of_text(finder: SourceFinder, source: str) -> SourceFormat:
    """The format of files of which some have no known suffix, or none that the pattern shows.

    That of their suffixes if it is one; empty if there are several. Raises SourceError for text
    that no format reads.
    """
    settings = _settings(finder, source, "fixed_width", _LINES)
    if settings is None:
        return {}
    text = _read(finder, source, {"fixed_width": settings}).lake.table("bronze.table")
    encoding = {name: value for name, value in settings.items() if name not in _LINES}
    kinds = set(filter(None, map(_kind_of, [file.name for file in text.snapshot.sources])))
    if not kinds:
        return _format_of_lines(finder, source, text.scan(), encoding)
    settings = _settings(finder, source, min(kinds), {}) if len(kinds) == 1 else None
    return {} if settings is None else {min(kinds): settings}


def _kind_of(name: str) -> str:
    """The name of the format that a file's suffix says; empty if none does."""
    try:
        return format_of(unchained(name)[0]).name
    except SourceError:
        return ""


def _format_of_lines(
    finder: SourceFinder, source: str, lines: Relation, encoding: Mapping[str, Any]
) -> SourceFormat:
    """The format that lines have: JSON, XML, columns at fixed positions, or CSV.

    Raises SourceError for other text.
    """
    for kind, opening in _OPENINGS.items():
        if lines.filter(f"regexp_matches(line, '^\\s*{opening}')").limit(1).fetchall():
            settings = _settings(finder, source, kind, {} if kind == "xml" else encoding)
            if settings is not None:
                return {kind: settings}
    if columns := fixed_width_columns(lines):
        return {"fixed_width": {**encoding, **columns}}
    settings = _settings(finder, source, "csv", encoding)
    if settings is not None:
        pipeline = _read(finder, source, {"csv": settings})
        if len(public(pipeline.lake.table("bronze.table").scan())) > 1:
            return {"csv": settings}
    raise SourceError(
        f"{source}: neither a delimiter nor blanks at equal positions separate its columns",
        hint="write its declaration, with `format: {fixed_width: {columns: {NAME: FROM-TO}}}` or "
        "another format",
    )


def _settings(
    finder: SourceFinder, source: str, kind: str, settings: Mapping[str, Any]
) -> Mapping[str, Any] | None:
    """Settings and those that errors of reading the files name, one by one; None if none help."""
    while True:
        try:
            _read(finder, source, {kind: settings})
        except SourceError as error:
            if error.settings.keys() <= settings.keys():
                return None
            settings = {**settings, **error.settings}
        else:
            return settings


def _is_readable(finder: SourceFinder, source: str) -> bool:
    try:
        _read(finder, source, {})
    except SourceError:
        return False
    return True


def _read(finder: SourceFinder, source: str, form: SourceFormat) -> Pipeline:
    pipeline = finder.load({"table": source}, {"table": form})
    pipeline.run(progress=False)
    return pipeline
