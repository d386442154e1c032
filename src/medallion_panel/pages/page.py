"""The page a visitor is on: filters above, cards below."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import panel as pn
import panel_material_ui as pmui

from medallion.errors import CallError
from medallion.pipeline import Pipeline
from medallion_panel.blocks.block_context import COUNT, BlockContext
from medallion_panel.data.queries import Figures
from medallion_panel.pages.card import Card
from medallion_panel.pages.filter_choices import Offer
from medallion_panel.pages.filters import conditions, page_filters, written
from medallion_panel.pages.page_filter import PageFilter
from medallion_panel.section import PageSettings
from medallion_panel.ui.formats import Formats
from medallion_panel.ui.markup import Text

_SOON = 0.25  # seconds until a card that waits is dimmed


class OpenPage:
    """The page that is shown: its filters, by what they offer, and its cards.

    `wrote` is called when something was chosen that the address is to say, `shown` when all cards are filled.
    """

    def __init__(
        self,
        page: PageSettings,
        offers: Sequence[Offer],
        figures: Figures,
        formats: Formats,
        pipeline: Pipeline,
        wrote: Callable[[], None],
        shown: Callable[[], Awaitable[None]],
    ) -> None:
        self.page, self._forms = page, [offer.form for offer in offers]
        self._figures, self._formats, self._wrote, self._done = figures, formats, wrote, shown
        self._shown = 0
        self._wanted = _wanted(page)
        self.filters: list[PageFilter] = page_filters(offers, formats, self._changed)
        self.cards = [Card(block, pipeline, formats, self._changed) for block in page.blocks]
        self._rows = next((card.rows for card in self.cards if card.rows is not None), None)
        heading = Text(page.title, "title", margin=(0, 0, 12, 0)).view
        grid = pmui.Grid(
            *(pmui.Grid(card.view, size=_size(card), sizing_mode="stretch_both") for card in self.cards),
            container=True, spacing=2, sizing_mode="stretch_width", margin=0,
        )  # fmt: skip
        self.view = pn.Column(heading, *self._bar(), grid, sizing_mode="stretch_width", margin=0)

    def _bar(self) -> list[Any]:
        if not self.filters:
            return []
        wide = {"xs": 12, "sm": 6, "md": 3}
        clear = pmui.Button(
            label="Clear filters", icon="filter_alt_off", variant="text", size="small", margin=0
        )
        clear.on_click(lambda _: self._cleared())
        parts = [*(item.widget for item in self.filters), clear]
        bar = pmui.Grid(*(pmui.Grid(part, size=wide) for part in parts), container=True, spacing=2, margin=0,
                        sizing_mode="stretch_width", sx={"alignItems": "center"})  # fmt: skip
        return [pmui.Paper(bar, elevation=0, variant="outlined", sx={"p": 2}, margin=(0, 0, 16, 0))]

    def renew(self, offers: Sequence[Offer]) -> bool:
        """Let the filters choose from what another release offers; False when it takes other filters for that."""
        if [offer.form for offer in offers] != self._forms:
            return False
        for item, offer in zip(self.filters, offers, strict=True):
            item.renew(offer)
        return True

    def set(self, parts: Mapping[str, Sequence[str]]) -> list[str]:
        """Take over the filters of an address; what could not be taken, in words."""
        notices = []
        known = {item.column: item for item in self.filters}
        for name, item in known.items():
            try:
                item.set(parts.get(name, ()))
            except CallError as error:
                notices.append(f"{error.message}.")
        own = ("q", "sort", "row") if self._rows else ()
        if self._rows:
            try:
                self._rows.set(parts, BlockContext(self._figures, self._formats))
            except CallError as error:
                notices.append(f"{error.message}.")
        notices += [
            f"This page has no filter “{name}”."
            for name in parts
            if name not in known and name not in own
        ]
        return notices

    def texts(self) -> dict[str, list[str]]:
        return {**written(self.filters), **(self._rows.texts() if self._rows else {})}

    def show(self) -> None:
        """Fill every card from the active release: all are asked at once, and each is filled when its answer comes."""
        self._shown += 1
        self._ask(self.cards)

    def retry(self) -> None:
        """Fill the cards that could not be read."""
        cards = [card for card in self.cards if card.retry]
        if cards:
            self._ask(cards)

    def _ask(self, cards: Sequence[Card]) -> None:
        number = self._shown
        reading = BlockContext(self._figures, self._formats, conditions(self.filters), self._wanted)

        async def fill() -> None:
            await asyncio.gather(*(self._fill(card, reading, number) for card in cards))
            await self._done()

        pn.state.execute(fill)

    async def _fill(self, card: Card, reading: BlockContext, number: int) -> None:
        asked = asyncio.get_running_loop().run_in_executor(self._figures.pool, card.ask, reading)
        if not (await asyncio.wait({asked}, timeout=_SOON))[0]:
            card.busy(True)
        answer = await asked
        if number == self._shown:  # else something else was asked meanwhile
            card.fill(answer)

    def _changed(self) -> None:
        self.show()
        self._wrote()

    def _cleared(self) -> None:
        for item in self.filters:
            item.set(())
        self._changed()


def _wanted(page: PageSettings) -> dict[str, tuple[str, ...]]:
    """The figures over whole tables that a page shows, and how many rows each of those tables has."""
    wanted: dict[str, tuple[str, ...]] = {}
    for block in page.blocks:
        if block.kpi is not None:
            known = wanted.get(block.kpi.table, (COUNT,))
            wanted[block.kpi.table] = tuple(dict.fromkeys((*known, block.kpi.metric)))
    return wanted


def _size(card: Card) -> dict[str, int]:
    """On a phone one card a row but two figures, on a tablet two small ones, on a wide screen as declared."""
    width = card.block.content.width
    return {"xs": 6 if card.block.kind == "kpi" else 12, "sm": 6 if width <= 4 else 12, "lg": width}
