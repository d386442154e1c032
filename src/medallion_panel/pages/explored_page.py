"""The page in the menu that explores tables, and its query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from medallion_panel.data.cached_store import CachedStore
from medallion_panel.messages.messages import Messages
from medallion_panel.pages.explore_settings import ExploreSettings, explore_settings, unopened
from medallion_panel.section import Dashboard, PageSettings
from medallion_panel.ui.formats import Formats


def with_explored(
    pages: tuple[PageSettings, ...],
    section: Dashboard,
    former: Mapping[str, PageSettings],
    say: Messages,
) -> tuple[PageSettings, ...]:
    """The pages, and after them the one that explores tables, unless the section hides it.

    Parameters: the page of an explored query stays as it is in the `former` pages.
    """
    slugs = {page.slug for page in pages}
    names = {"explore": say("Explore"), "explore-tables": say("Explore tables")}
    explored = next((unopened(*each) for each in names.items() if each[0] not in slugs), None)
    if explored is None or not section.explore:
        return pages
    last = former.get(explored.slug)
    return (*pages, last if isinstance(last, ExploreSettings) else explored)


def explore_slug(pages: Mapping[str, PageSettings]) -> str | None:
    """The slug of the page that explores, None where there is none."""
    slugs = (slug for slug, page in pages.items() if isinstance(page, ExploreSettings))
    return next(slugs, None)


def read_query(
    pages: dict[str, PageSettings],
    slug: str,
    parameters: Mapping[str, Sequence[str]] | None,
    store: CachedStore,
    formats: Formats,
) -> list[str]:
    """Validate the query of a page that explores, in place; returns notices on what is invalid.

    Parameters: those of a URL, or None for the page as it was left.
    """
    page = pages[slug]
    if not isinstance(page, ExploreSettings) or (parameters is None and page.query.table):
        return []
    pages[slug], notices = explore_settings(page, parameters or {}, store, formats)
    return notices
