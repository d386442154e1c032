"""The pages about the lake: its catalogue with a page per table, its runs, and its quality."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from medallion.records import Release
from medallion_panel.block_settings import Block, Quality
from medallion_panel.lake_block_settings import CatalogueBlock, Part, RejectRates, RunHistory
from medallion_panel.messages.messages import Messages
from medallion_panel.section import PageSettings
from medallion_panel.ui.page_links import CATALOGUE, QUALITY, RUNS, table_slug

_PARTS: tuple[tuple[Part, str], ...] = (
    ("about", ""),
    ("columns", "Columns"),
    ("lineage", "Lineage"),
    ("rules", "Rules"),
    ("sample", "First rows"),
    ("code", "How to read it"),
)


class LakePage(PageSettings):
    """A page about the lake, with a `name` in the URL; that of a `table` is not in the menu."""

    name: str
    table: str = ""

    @property
    def slug(self) -> str:
        return self.name


def with_lake_pages(
    pages: Sequence[PageSettings], release: Release, say: Messages
) -> tuple[PageSettings, ...]:
    """The pages, and those about the lake: three in the menu, and one for each table."""
    quality = Quality(title=say("Rows of this release"), rules=False)
    own = (
        (CATALOGUE, say("Catalogue"), "menu_book", [Block(catalogue=CatalogueBlock())]),
        (RUNS, say("Runs"), "history", [Block(run_history=RunHistory())]),
        (
            QUALITY,
            say("Quality"),
            "fact_check",
            [Block(reject_rates=RejectRates()), Block(quality=quality)],
        ),
    )
    titles = {page.title.lower() for page in pages}
    added = [
        LakePage(
            title=_free(title, titles, say),
            name=name,
            icon=icon,
            group=lake_group(pages, say),
            blocks=tuple(blocks),
        )
        for name, title, icon, blocks in own
    ]
    return (*pages, *added, *(_table_page(table, say) for table in release.tables))


def menu_of(pages: Iterable[PageSettings]) -> list[PageSettings]:
    """The pages that the menu lists."""
    return [page for page in pages if not (isinstance(page, LakePage) and page.table)]


def menu_groups(pages: Iterable[PageSettings]) -> dict[str, list[PageSettings]]:
    """The pages that the menu lists, by group: first those without one."""
    groups: dict[str, list[PageSettings]] = {"": []}
    for page in menu_of(pages):
        groups.setdefault(page.group, []).append(page)
    return {group: members for group, members in groups.items() if members}


def menu_slug(pages: Mapping[str, PageSettings], slug: str) -> str:
    """The slug that the menu marks for a page; that of the catalogue for a table's page."""
    is_listed = slug not in pages or pages[slug] in menu_of(pages.values())
    return slug if is_listed else CATALOGUE


def lake_group(pages: Iterable[PageSettings], say: Messages) -> str:
    """The group of pages about the lake next to others; none where these have no groups."""
    return say("Lake") if any(page.group for page in pages) else ""


def _free(title: str, titles: set[str], say: Messages) -> str:
    return say("{title} of the lake", title=title) if title.lower() in titles else title


@lru_cache(maxsize=2000)
def _table_page(table: str, say: Messages) -> LakePage:
    """The page of a table, which all visitors share who read the same language."""
    blocks = [
        Block(catalogue=CatalogueBlock(of=table, part=part, title=title and say(title)))
        for part, title in _PARTS
    ]
    return LakePage(title=table, name=table_slug(table), table=table, blocks=tuple(blocks))
