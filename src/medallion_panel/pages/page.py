"""The page that a visitor has open: filters above, cards below."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeAlias

import panel as pn

from medallion.errors import CallError
from medallion.pipeline import Pipeline
from medallion_panel.blocks.block_context import COUNT, BlockContext
from medallion_panel.data.cached_store import CachedStore
from medallion_panel.data.quarantine_reader import QuarantineAccess
from medallion_panel.pages.card import Card, CardContent
from medallion_panel.pages.filter_options import FilterOptions
from medallion_panel.pages.filters import conditions, page_filters, url_parameters
from medallion_panel.pages.page_filter import PageFilter
from medallion_panel.section import PageSettings
from medallion_panel.ui.formats import Formats
from medallion_panel.ui.page_layout import PageLayout

_DIM_AFTER = 0.25  # seconds that a card waits for its content
_TOGETHER = 0.3  # seconds within which contents are shown together with a new page

Readings: TypeAlias = dict[Card, asyncio.Future[CardContent]]


class OpenPage:
    """An open page with its filters and cards; `view` is its widget.

    Parameters: the `page` and the options of its filters; `store`, `formats`, `pipeline`;
    `on_change`, called when its part of the URL has changed, and `on_shown`, when all cards are
    filled; `rejects`, the access of visitors who may see source records, behind figures too.
    """

    def __init__(
        self,
        page: PageSettings,
        all_options: Sequence[FilterOptions],
        store: CachedStore,
        formats: Formats,
        pipeline: Pipeline,
        on_change: Callable[[], None],
        on_shown: Callable[[], Awaitable[None]],
        *,
        rejects: QuarantineAccess | None = None,
    ) -> None:
        self.page, self._forms = page, [options.form for options in all_options]
        self._store, self._formats = store, formats
        self._on_change, self._on_shown = on_change, on_shown
        self._shown = 0  # counts requests to fill the cards, of which the last one wins
        self._complete, self._release = -1, ""  # the request that was done, and its release
        self._totals = _totals(page)
        self.filters: list[PageFilter] = page_filters(all_options, formats, self._changed)
        self.cards = [
            Card(block, pipeline, formats, self._changed, number if rejects else None, rejects)
            for number, block in enumerate(page.blocks)
        ]
        self._rows = next((card.rows for card in self.cards if card.rows is not None), None)
        self.view = PageLayout(
            self._clear,
            heading=page.title,
            filters=[item.widget for item in self.filters],
            cards=[card.view for card in self.cards],
            widths=[block.content.width for block in page.blocks],
            narrow=[block.kind == "kpi" for block in page.blocks],
        )

    def update_options(self, all_options: Sequence[FilterOptions]) -> bool:
        """Give the filters the options of another release; False when it needs other filters."""
        if [options.form for options in all_options] != self._forms:
            return False
        for item, options in zip(self.filters, all_options, strict=True):
            item.update(options)
        return True

    def set(self, parameters: Mapping[str, Sequence[str]]) -> list[str]:
        """Take over the parameters of a URL; returns notices on those that are invalid."""
        notices = []
        filters = {item.column: item for item in self.filters}
        for name, item in filters.items():
            try:
                item.set(parameters.get(name, ()))
            except CallError as error:
                notices.append(f"{error.message}.")
        own = ("q", "sort", "row") if self._rows else ()
        if self._rows:
            try:
                self._rows.set(parameters, BlockContext(self._store, self._formats))
            except CallError as error:
                notices.append(f"{error.message}.")
        notices += [
            f"This page has no filter “{name}”."
            for name in parameters
            if name not in filters and name not in own
        ]
        return notices

    def texts(self) -> dict[str, list[str]]:
        """Its parameters in the URL: those of its filters and of its first table."""
        return {**url_parameters(self.filters), **(self._rows.texts() if self._rows else {})}

    async def fill(self) -> None:
        """Fill the cards of a page that is not on the screen yet, at once where they are read soon.

        The others are filled later, as by `show`.
        """
        number = self._begin()
        readings = self._read(self.cards)
        done, pending = await asyncio.wait(readings.values(), timeout=_TOGETHER)
        for card, reading in readings.items():
            card.show(reading.result()) if reading in done else card.set_busy(True)
        late = {card: reading for card, reading in readings.items() if reading in pending}

        async def fill_late() -> None:
            await self._show_readings(late, number)

        pn.state.execute(fill_late)

    def show(self) -> None:
        """Fill all cards from the active release concurrently, each as soon as it is read."""
        self._fill_cards(self.cards, self._begin())

    def retry(self) -> None:
        """Fill the cards that could not be read before."""
        cards = [card for card in self.cards if card.retry]
        if cards:
            self._complete = -1
            self._fill_cards(cards, self._shown)

    def resume(self, parameters: Mapping[str, Sequence[str]] | None) -> list[str]:
        """Read again what has changed since the page was left; returns notices as `set` does.

        Parameters: those of a URL, or None for those it was left with.
        """
        texts = self.texts()
        notices = self.set(parameters) if parameters is not None else []
        if self.texts() == texts and self.is_complete(self._store.last_release().id):
            self.retry()
        else:
            self.show()
        return notices

    def leave(self) -> None:
        """Show nothing more while the page is not on the screen."""
        if self._complete != self._shown:
            self._shown += 1

    def is_of(self, release: str) -> bool:
        """Whether its cards were last filled from a release, or are about to be."""
        return self._release == release

    def is_complete(self, release: str) -> bool:
        """Whether all cards have been filled from a release."""
        return self._complete == self._shown and self.is_of(release)

    def _begin(self) -> int:
        """Number the request to fill all cards that follows."""
        self._shown += 1
        self._release = self._store.last_release().id
        return self._shown

    def _fill_cards(self, cards: Sequence[Card], number: int) -> None:
        async def fill() -> None:
            await self._show_readings(self._read(cards), number)

        pn.state.execute(fill)

    def _read(self, cards: Sequence[Card]) -> Readings:
        """Start to read the contents of cards."""
        context = BlockContext(self._store, self._formats, conditions(self.filters), self._totals)
        loop = asyncio.get_running_loop()
        return {card: loop.run_in_executor(self._store.pool, card.read, context) for card in cards}

    async def _show_readings(self, readings: Readings, number: int) -> None:
        await asyncio.gather(*(self._fill(*each, number) for each in readings.items()))
        if number == self._shown:
            self._complete = number
        await self._on_shown()

    async def _fill(self, card: Card, reading: asyncio.Future[CardContent], number: int) -> None:
        done, _ = await asyncio.wait({reading}, timeout=_DIM_AFTER)
        if not done:
            card.set_busy(True)
        content = await reading
        if number == self._shown:  # else a filter was changed meanwhile
            card.show(content)

    def _changed(self) -> None:
        self.show()
        self._on_change()

    def _clear(self) -> None:
        for item in self.filters:
            item.set(())
        self._changed()


def _totals(page: PageSettings) -> dict[str, tuple[str, ...]]:
    """By table, the metrics over all its rows that a page shows, and the number of its rows."""
    totals: dict[str, tuple[str, ...]] = {}
    for block in page.blocks:
        if block.kpi is not None:
            metrics = totals.get(block.kpi.table, (COUNT,))
            totals[block.kpi.table] = tuple(dict.fromkeys((*metrics, block.kpi.metric)))
    return totals
