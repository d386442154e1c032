"""Formats with which source files can be read, where those that their suffixes name cannot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from medallion.errors import SourceError, TablesError
from medallion.pipeline import Pipeline
from medallion.proposal.proposed_sources import Source, SourceFinder, SourceFormat
from medallion.records import Run
from medallion.run.source_formats import format_of


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
    """The format of files with the settings that errors of reading them name, one by one.

    Empty if they cannot be read with these either: then what is wrong with the files themselves
    counts, and not with a guess.
    """
    settings: dict[str, Any] = {}
    while True:
        form = {format_of(source.partition("::")[0]).name: settings} if settings else {}
        try:
            finder.load({"table": source}, {"table": form}).run(progress=False)
        except SourceError as error:
            if error.settings.keys() <= settings.keys():
                return {}
            settings = {**settings, **error.settings}
        else:
            return form
