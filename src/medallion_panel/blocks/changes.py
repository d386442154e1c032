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
from medallion_panel.messages.messages import Messages

_COMPARISONS = 16  # kept in memory: every visitor of a page sees the same one


def changes_html(block: Changes, pipeline: Pipeline, release: Release, say: Messages) -> Markup:
    """The differences of the served tables, from the lake, which must have both releases."""
    lake = pipeline.lake
    earlier = [ident for ident in lake.release_ids() if ident < release.id]
    if not earlier:
        message = say("There is no release before this one in the lake.")
        return Markup("<p>{}</p>").format(message)
    names = {item.release.id: item.name for item in candidates(lake)}
    reference = names.get(release.id, release.id)
    return _differences(pipeline, earlier[0], reference, release.id, block.rows, say)


@lru_cache(maxsize=_COMPARISONS)
def _differences(
    pipeline: Pipeline, before: str, reference: str, ident: str, rows: int, say: Messages
) -> Markup:
    """The differences as HTML; a candidate has the same reference again with another id."""
    lake, declaration = pipeline.lake, pipeline.declaration
    releases = releases_to_compare(lake, before, reference)
    if releases[1].id != ident:
        raise CallError(say("release {release} was replaced; reload the page", release=ident))
    known = {name for release in releases for name in release.tables}
    served = [name for name in declaration.served() if name in known]
    diff = compare_releases(lake, declaration, *releases, tables=served, rows=rows)
    # `fragment` escapes every value.
    return Markup(f"<style>{STYLE}</style>{fragment(diff)}")  # noqa: S704
