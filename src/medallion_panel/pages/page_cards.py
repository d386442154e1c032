"""The cards of a page: those in a tab are built when it is opened."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Any

from medallion_panel.block_settings import Block
from medallion_panel.blocks.groups import GroupsView
from medallion_panel.blocks.reject_table import RejectTable
from medallion_panel.blocks.rows import RowsView
from medallion_panel.messages.messages import Messages
from medallion_panel.pages.card import Card
from medallion_panel.section import PageSettings
from medallion_panel.ui.card_grid import CardGrid
from medallion_panel.ui.tab_group import TabGroup

_TAB = "tab"  # the parameter in a URL: the tabs that are open, other than first ones
_TABS_WIDTH = 0  # in the layout: that of tabs, which have a row of their own


@dataclass(frozen=True)
class _Tab:
    """A tab: its name in a URL, its blocks by the number of their cards, and their grid."""

    slug: str
    blocks: Mapping[int, Block]
    grid: CardGrid


class PageCards:
    """The cards of a page. `built` are those that exist, by number; `views` fill the page.

    A card has the number of its block among all blocks of the page.

    Parameters: the `page`; `build` makes a card of a block and its number; `opened` is called with
    new cards when a visitor opens a tab; `say`, for messages.
    """

    def __init__(
        self,
        page: PageSettings,
        build: Callable[..., Card],
        opened: Callable[[Sequence[Card]], None],
        say: Messages,
    ) -> None:
        self._build, self._opened, self._say = build, opened, say
        self.built: dict[int, Card] = {}
        self.views: list[Any] = []
        self._groups: list[tuple[TabGroup, Sequence[_Tab]]] = []
        numbers = count()
        for block in page.blocks:
            if block.tabs is None:
                (card,) = self._build_cards({next(numbers): block})
                self.views.append(card.view)
            else:
                tabs = []
                for tab in block.tabs:
                    numbered = {next(numbers): each for each in tab.blocks}
                    tabs.append(_Tab(tab.slug, numbered, self._grid(tab.blocks)))
                self.views.append(self._group(tabs, [tab.title for tab in block.tabs]))
        layout = [(block.tabs is None, block) for block in page.blocks]
        self.widths = [each.content.width if card else _TABS_WIDTH for card, each in layout]
        self.narrow = [each.kind == "kpi" for each in page.blocks]

    @property
    def has_tabs(self) -> bool:
        """Whether the page has tabs."""
        return bool(self._groups)

    @property
    def own_names(self) -> tuple[str, ...]:
        """The names of its parameters in a URL: open tabs, and those of its table."""
        tabs = (_TAB,) if self._groups else ()
        own = self.table.url_names if self.table else ()
        return (*tabs, *own)

    @property
    def all_rows(self) -> list[RowsView]:
        """The views of all table blocks that are built."""
        return [card.rows for card in self.built.values() if card.rows is not None]

    @property
    def rows(self) -> RowsView | None:
        """The view of the first table block that is not in a closed tab."""
        return next((card.rows for card in self._visible() if card.rows is not None), None)

    @property
    def table(self) -> RowsView | GroupsView | RejectTable | None:
        """The table whose state is in the URL: that of `rows`, or of the first figures by group, or
        else of rejected records.
        """
        views: list[GroupsView | RejectTable]
        views = [card.groups for card in self._visible() if card.groups is not None]
        views += [card.quarantine.table for card in self._visible() if card.quarantine is not None]
        return self.rows or next(iter(views), None)

    def texts(self) -> dict[str, list[str]]:
        """Its parameters in the URL."""
        slugs = [tabs[view.shown].slug for view, tabs in self._groups if view.shown]
        own = {_TAB: slugs} if slugs else {}
        return {**own, **(self.table.texts() if self.table else {})}

    def set(self, parameters: Mapping[str, Sequence[str]]) -> list[str]:
        """Open the tabs of a URL; returns notices on those that do not exist."""
        slugs = parameters.get(_TAB, ()) if self._groups else ()
        known = set()
        for view, tabs in self._groups:
            names = [tab.slug for tab in tabs]
            known.update(names)
            view.shown = next((names.index(slug) for slug in slugs if slug in names), 0)
            self._build_tab(tabs[view.shown])
        message = "This page has no tab “{name}”."
        return [self._say(message, name=slug) for slug in slugs if slug not in known]

    def build_all(self) -> list[Card]:
        """Build the cards of all tabs; returns new ones."""
        return [card for _, tabs in self._groups for tab in tabs for card in self._build_tab(tab)]

    def _visible(self) -> Iterator[Card]:
        """The cards outside of tabs and in open ones."""
        closed = {
            number
            for view, tabs in self._groups
            for place, tab in enumerate(tabs)
            for number in tab.blocks
            if place != view.shown
        }
        return (card for number, card in self.built.items() if number not in closed)

    def _grid(self, blocks: Sequence[Block]) -> CardGrid:
        return CardGrid(
            widths=[block.content.width for block in blocks],
            narrow=[block.kind == "kpi" for block in blocks],
            unread=self._say("Not printed: open this tab first, or print with Ctrl+P."),
            sizing_mode="stretch_width",
            margin=0,
        )

    def _group(self, tabs: Sequence[_Tab], titles: Sequence[str]) -> TabGroup:
        """The widget of tabs, the first of which is open."""
        view = TabGroup(
            partial(self._choose, len(self._groups)),
            titles=list(titles),
            panels=[tab.grid for tab in tabs],
            label=self._say("Tabs"),
        )
        self._groups.append((view, tabs))
        self._build_tab(tabs[0])
        return view

    def _choose(self, group: int, place: int) -> None:
        view, tabs = self._groups[group]
        cards = self._build_tab(tabs[place])
        view.shown = place
        self._opened(cards)

    def _build_tab(self, tab: _Tab) -> list[Card]:
        """Build the cards of a tab, unless they exist; returns new ones."""
        if tab.blocks.keys() <= self.built.keys():
            return []
        cards = self._build_cards(tab.blocks)
        tab.grid.cards = [card.view for card in cards]
        return cards

    def _build_cards(self, blocks: Mapping[int, Block]) -> list[Card]:
        cards = {number: self._build(block, number=number) for number, block in blocks.items()}
        self.built = dict(sorted({**self.built, **cards}.items()))
        return list(cards.values())
