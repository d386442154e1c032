"""The changes block: what differs between the release and the one before it."""

from __future__ import annotations

from functools import lru_cache

from markupsafe import Markup

from medallion.errors import CallError
from medallion.lake.candidates import candidates
from medallion.lineage.diff import compare_releases, releases_to_compare
from medallion.lineage.diff_html import STYLE, fragment
from medallion.pipeline import Pipeline
from medallion.records import Release
from medallion_panel.block_settings import Changes

_COMPARISONS = 16  # kept in memory: every visitor of a page sees the same one


def changes_html(block: Changes, pipeline: Pipeline, release: Release) -> Markup:
    """The differences of the served tables, from the lake, which must have both releases."""
    lake = pipeline.lake
    earlier = [ident for ident in lake.release_ids() if ident < release.id]
    if not earlier:
        return Markup("<p>There is no release before this one in the lake.</p>")
    names = {item.release.id: item.name for item in candidates(lake)}
    return _differences(
        pipeline, earlier[0], names.get(release.id, release.id), release.id, block.rows
    )


@lru_cache(maxsize=_COMPARISONS)
def _differences(pipeline: Pipeline, before: str, reference: str, ident: str, rows: int) -> Markup:
    """The differences as HTML; a candidate has the same reference again with another id."""
    lake, declaration = pipeline.lake, pipeline.declaration
    releases = releases_to_compare(lake, before, reference)
    if releases[1].id != ident:
        raise CallError(f"release {ident} was replaced; reload the page")
    known = {name for release in releases for name in release.tables}
    served = [name for name in declaration.served() if name in known]
    diff = compare_releases(lake, declaration, *releases, tables=served, rows=rows)
    # `fragment` escapes every value.
    return Markup(f"<style>{STYLE}</style>{fragment(diff)}")  # noqa: S704
