"""Formats with which source files can be read, where those that their suffixes name cannot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from medallion.errors import SourceError, TablesError
from medallion.pipeline import Pipeline
from medallion.proposal.fixed_width_columns import fixed_width_columns
from medallion.proposal.proposed_sources import Source, SourceFinder, SourceFormat
from medallion.records import Run
from medallion.run.source_formats import format_of
from medallion.sql.expressions import public
from medallion.storage.chained_url import unchained

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
    try:
        kind = format_of(unchained(source)[0]).name
    except SourceError:
        if _is_readable(finder, source):  # such as `data/*`, whose files have suffixes
            return {}
        return _format_of_text(finder, source)
    settings = _settings(finder, source, kind, {})
    return {kind: settings} if settings else {}


def _format_of_text(finder: SourceFinder, source: str) -> SourceFormat:
    """The format of files without a known suffix: JSON, XML, columns at fixed positions, or CSV.

    Raises SourceError for other text.
    """
    of_lines = _settings(finder, source, "fixed_width", _LINES)
    if of_lines is None:
        return {}
    lines = _read(finder, source, {"fixed_width": of_lines}).lake.table("bronze.table").scan()
    encoding = {name: value for name, value in of_lines.items() if name not in _LINES}
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
