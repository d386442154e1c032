"""The page in the menu that explores tables, and its query."""

from __future__ import annotations

import pytest

from medallion_panel.data.cached_store import CachedStore
from medallion_panel.messages.messages import Messages
from medallion_panel.pages.explore_settings import ExploreSettings
from medallion_panel.pages.explored_page import explore_slug, read_query, with_explored
from medallion_panel.section import Dashboard, PageSettings
from tests.unit.panel.conftest import OpenStore
from tests.unit.panel.tables import FORMATS, SmallTable

PAGE = {"title": "Home", "blocks": [{"markdown": {"text": "About"}}]}


@pytest.fixture
def store(open_store: OpenStore) -> CachedStore:
    return open_store({"t": SmallTable({"land": "text", "n": "int64"}, [("IE", 1), ("DE", 2)])})


def section(**settings: object) -> Dashboard:
    return Dashboard.model_validate({"pages": [PAGE], **settings})


def pages_with(former: dict[str, PageSettings], **settings: object) -> dict[str, PageSettings]:
    declared = section(**settings)
    pages = with_explored(declared.pages, declared, former, FORMATS.say)
    return {page.slug: page for page in pages}


def test_explore_is_after_the_other_pages_unless_it_is_hidden() -> None:
    assert list(pages_with({})) == ["home", "explore"]
    assert list(pages_with({}, explore=False)) == ["home"]


def test_a_declared_page_may_be_called_explore() -> None:
    pages = pages_with({}, pages=[{**PAGE, "title": "Explore"}])
    assert list(pages) == ["explore", "explore-tables"]
    assert explore_slug(pages) == "explore-tables"
    assert explore_slug({}) is None


def test_the_query_is_read_once_and_stays_with_another_release(store: CachedStore) -> None:
    pages = pages_with({})
    assert read_query(pages, "home", {"table": ["x"]}, store, FORMATS) == []
    (notice,) = read_query(pages, "explore", {"table": ["u"], "by": ["land"]}, store, FORMATS)
    assert notice.startswith("There is no table “u”")
    page = pages["explore"]
    assert isinstance(page, ExploreSettings)
    assert page.query.by == ("land",)
    assert read_query(pages, "explore", None, store, FORMATS) == []
    assert pages["explore"] is page
    assert pages_with(pages)["explore"] is page
    read_query(pages, "explore", {"measure": ["sum(n)"]}, store, FORMATS)
    assert pages["explore"].parameters == {"table": ["t"], "measure": ["sum(n)"]}


def test_its_name_in_a_url_is_the_same_in_all_languages() -> None:
    german = Messages("de_DE")
    declared = section()
    assert german("Explore") == "Erkunden"
    page = with_explored(declared.pages, declared, {}, german)[-1]
    assert (page.slug, page.title) == ("explore", "Erkunden")
