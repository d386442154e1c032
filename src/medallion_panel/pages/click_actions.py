"""What a click on a mark does: it filters the page, or opens the rows behind the mark."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import panel as pn

from medallion_panel.blocks.groups_page import GroupsPage
from medallion_panel.blocks.pivot_page import PivotPage
from medallion_panel.blocks.table_page import TablePage
from medallion_panel.data.origin_reader import OriginReader
from medallion_panel.pages.card import Card
from medallion_panel.pages.choice import Choice, choices_of
from medallion_panel.pages.explore_page import explore_parameters
from medallion_panel.pages.kept_pages import KeptPages
from medallion_panel.pages.mark_question import MarkQuestion, clicked_mark, mark_question
from medallion_panel.pages.origin_panel import OriginPanel
from medallion_panel.pages.page import OpenPage
from medallion_panel.ui.formats import Formats
from medallion_panel.ui.mark_clicks import LAST, WHOLE, Click, MarkClicks


class ClickActions:
    """Follows the clicks of a visitor. `view` is its widget.

    Parameters: the pages that are `kept`; `reader` traces rows, None where the visitor may not see
    the rows behind; `explore` opens the Explore page with the parameters of a URL.
    """

    def __init__(
        self,
        kept: KeptPages,
        reader: OriginReader | None,
        formats: Formats,
        explore: Callable[[dict[str, list[str]]], None],
    ) -> None:
        self._kept, self._explore = kept, explore
        self._clicks = MarkClicks(self._on_click)
        self._origins = None
        if reader is not None:
            self._origins = OriginPanel(reader, formats, self._question, self._on_opened)
        views = [self._origins.view] if self._origins is not None else []
        self.view = pn.Column(self._clicks, *views, width=0, height=0, margin=0)

    def close(self) -> None:
        """Close the panel with the rows behind a mark."""
        if self._origins is not None:
            self._origins.close()

    def _on_opened(self, opened: bool) -> None:
        self._clicks.open = opened

    def _on_click(self, click: Click) -> None:
        pn.state.execute(partial(self._follow, click))

    async def _follow(self, click: Click) -> None:
        page = self._kept.open
        if page is None:
            return
        if click.explore:
            await self._follow_to_explore(page, click)
            return
        if click.card == LAST:
            if page.offer is not None and self._origins is not None:
                card, offered = page.offer
                await self._origins.open(offered, "", replace(click, card=card))
            return
        question, message = None, ""
        if self._origins is not None:  # before the filters change that the question is about
            question, message = await self._origins.question(click)
        choices: list[Choice] = []
        if not click.behind or self._origins is None:
            loop = asyncio.get_running_loop()
            choices = await loop.run_in_executor(None, self._choices, click)
        if self._kept.open is not page:
            return
        if choices:
            page.choose(choices, (click.card, question) if question is not None else None)
        elif self._origins is not None:
            await self._origins.open(question, message, click)

    async def _follow_to_explore(self, page: OpenPage, click: Click) -> None:
        card = self._card(click.card)
        if card is not None:
            loop = asyncio.get_running_loop()
            self._explore(await loop.run_in_executor(None, explore_parameters, page, card))

    def _card(self, number: int) -> Card | None:
        page = self._kept.open
        return page.cards.get(number) if page is not None else None

    def _question(self, click: Click) -> MarkQuestion | None:
        """What a click asks for the rows behind; None where the mark is no longer shown."""
        card = self._card(click.card)
        if card is None:
            return None
        return mark_question(card, click.mark, series=click.series)

    def _choices(self, click: Click) -> list[Choice]:
        """What a click filters by; nothing where that is not possible."""
        card = self._card(click.card)
        if card is None or card.shown is None or click.mark == WHOLE:
            return []
        mark = clicked_mark(card, click.mark, series=click.series)
        if mark is None:
            return []
        page, context = card.shown.value, card.shown.context
        terms = mark.terms
        if isinstance(page, TablePage):
            if not 0 <= click.cell < len(page.query.fields):
                return []
            name = page.query.fields[click.cell]
            terms = ((name, [page.page.rows[click.mark][name]]),)
        elif isinstance(page, GroupsPage | PivotPage):
            terms = page.terms_at(click.mark, click.cell)
        return choices_of(terms, context.kinds(card.block.content.table))  # type: ignore[attr-defined]
