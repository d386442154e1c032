"""All pages of a dashboard: declared or default ones, rejected records, and those on the lake."""

from __future__ import annotations

from medallion.records import Release
from medallion_panel.data.cached_store import CachedStore
from medallion_panel.data.quarantine_reader import QuarantineAccess
from medallion_panel.messages.messages import messages_in
from medallion_panel.pages.default_pages import default_pages, with_quarantine
from medallion_panel.pages.lake_pages import with_lake_pages
from medallion_panel.section import Dashboard, PageSettings


def pages_of(
    section: Dashboard, store: CachedStore, release: Release, rejects: QuarantineAccess | None
) -> tuple[PageSettings, ...]:
    """The pages of a visitor, who may see rejected records or not. Reads the store."""
    say = messages_in(section.locale)
    pages = section.pages or default_pages(store, say)
    pages = with_quarantine(pages, say) if rejects is not None else pages
    return with_lake_pages(pages, release, say) if section.lake_pages else pages
