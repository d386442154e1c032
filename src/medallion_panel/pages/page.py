"""The page that a visitor has open: filters above, cards below."""

from __future__ import annotations

import asyncio
from collections import ChainMap
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import TypeAlias

import panel as pn

from medallion.contracts import Filter
from medallion.errors import CallError
from medallion.pipeline import Pipeline
from medallion.query.column_types import Kind
from medallion_panel.blocks.block_context import BlockContext
from medallion_panel.data.cached_store import CachedStore
from medallion_panel.data.column_usage import column_kinds, totals_of
from medallion_panel.data.named_stores import NamedStores
from medallion_panel.data.quarantine_reader import QuarantineAccess
from medallion_panel.pages.card import Card, CardContent
from medallion_panel.pages.choice import Choice, choices_in_url
from medallion_panel.pages.filter_options import FilterOptions
from medallion_panel.pages.filter_words import filter_words, printed_lines
from medallion_panel.pages.filters import conditions, not_of_filters, page_filters, url_parameters
from medallion_panel.pages.mark_question import MarkQuestion
from medallion_panel.pages.page_cards import PageCards
from medallion_panel.pages.page_filter import PageFilter, apply_choices
from medallion_panel.pages.page_period import PARAMETERS, PagePeriod
from medallion_panel.pages.period_options import NO_PERIOD, PeriodOptions
from medallion_panel.section import PageSettings
from medallion_panel.ui.formats import Formats
from medallion_panel.ui.page_layout import PageLayout

_DIM_AFTER = 0.25  # seconds that a card waits for its content
_TOGETHER = 0.3  # seconds within which contents are shown together with a new page

Readings: TypeAlias = dict[Card, asyncio.Future[CardContent]]


class OpenPage:
    """An open page with its filters and cards; `view` is its widget.

    A click on a mark sets a filter or, where the page has none for the column, adds a chip. `offer`
    is the card that was clicked last with the question for the rows behind the mark.

    Parameters: the `page` and the options of its filters; `store`, `formats`, `pipeline`;
    `on_change`, called when its part of the URL has changed, and `on_shown`, when all cards are
    filled; `rejects`, the access of visitors who may see source records, behind figures too;
    `periods`, the options of its period, and what opens the releases to compare with.
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
        periods: tuple[PeriodOptions, NamedStores | None] = (NO_PERIOD, None),
        *,
        rejects: QuarantineAccess | None = None,
    ) -> None:
        self.page, self._forms = page, [options.form for options in all_options]
        self._store, self._formats, self._pipeline = store, formats, pipeline
        self._on_change, self._on_shown = on_change, on_shown
        self._shown = 0  # counts requests to fill the cards, of which the last one wins
        self._complete, self._release = -1, ""  # the request that was done, and its release
        self._totals = totals_of(page)
        self._chips: dict[str, Choice] = {}  # by column
        self.offer: tuple[int, MarkQuestion] | None = None
        self.filters: list[PageFilter] = page_filters(all_options, formats, self._on_filter)
        self.period = PagePeriod(page, *periods, formats, self._changed, self.filters)
        card = partial(Card, pipeline=pipeline, formats=formats, changed=self._on_table)
        build = partial(card, rejects=rejects)
        self._cards = PageCards(page, build, self._on_tab, formats.say)
        self.view = PageLayout(
            (self._clear, self._remove_chip, self._print),
            heading=page.title,
            clear_label=formats.say("Clear filters"),
            remove_label=formats.say("Remove the filter"),
            filters=[*self.period.widgets, *(item.widget for item in self.filters)],
            cards=self._cards.views,
            tabs=self._cards.has_tabs,
            widths=self._cards.widths,
            narrow=self._cards.narrow,
        )

    @property
    def cards(self) -> Mapping[int, Card]:
        """The cards that are built, by number."""
        return self._cards.built

    def update_options(
        self, all_options: Sequence[FilterOptions], period: PeriodOptions = NO_PERIOD
    ) -> bool:
        """Give the filters the options of another release; False when it needs other filters."""
        forms = [options.form for options in all_options]
        if forms != self._forms or period.column != self.period.column:
            return False
        self.period.update(period)
        for item, options in zip(self.filters, all_options, strict=True):
            item.update(options)
        return True

    def set(self, parameters: Mapping[str, Sequence[str]]) -> list[str]:
        """Take over the parameters of a URL; returns notices on those that are invalid."""
        notices = self.period.set(parameters)
        filters = {item.column: item for item in self.filters}
        for name, item in filters.items():
            try:
                item.set(parameters.get(name, ()))
            except CallError as error:
                notices.append(f"{error.message}.")
        notices += self._cards.set(parameters)
        rest = not_of_filters(parameters, self.filters)
        if table := self._cards.table:
            try:
                table.set(rest, BlockContext(self._store, self._formats))
            except CallError as error:
                notices.append(f"{error.message}.")
        known = (*self._cards.own_names, *self.page.own_names, *PARAMETERS)
        others = {name: texts for name, texts in rest.items() if name not in known}
        kinds = self._kinds() if others else {}
        choices, chip_notices = choices_in_url(others, kinds, self._formats.say)
        self._chips, self.offer = {choice.column: choice for choice in choices}, None
        self._show_chips()
        return notices + chip_notices

    def _kinds(self) -> dict[str, Kind]:
        return column_kinds(self.page, self._store)

    def choose(self, choices: Sequence[Choice], offer: tuple[int, MarkQuestion] | None) -> None:
        """Filter by what was clicked, or no longer if the page is already filtered by it."""
        added = apply_choices(choices, self.filters, self._chips)
        self._changed(offer if added else None)

    def _remove_chip(self, column: str) -> None:
        if self.period.remove(column) or self._chips.pop(column, None) is not None:
            self._changed()

    def _show_chips(self) -> None:
        kinds = self._kinds() if self._chips else {}
        chips = self.period.chips(self._conditions())
        chips += [
            {"column": name, "label": choice.label(kinds[name], self._formats)}
            for name, choice in self._chips.items()
        ]
        offer = ""
        if self.offer is not None:
            offer = self._formats.say("Rows behind {title}", title=self.offer[1].title)
        self.view.param.update(chips=chips, offer=offer)

    def texts(self) -> dict[str, list[str]]:
        """Its parameters in the URL: those of its filters and of its first table."""
        chips = [choice.parameters() for choice in self._chips.values()]
        rows = {**self.period.texts(), **not_of_filters(self._cards.texts(), self.filters)}
        parts = (self.page.parameters, url_parameters(self.filters), rows, *chips)
        return dict(ChainMap(*map(dict, parts)))

    async def fill(self) -> None:
        """Fill the cards of a page that is not on the screen yet, at once where they are read soon.

        The others are filled later, as by `show`.
        """
        number = self._begin()
        readings = self._read([*self.cards.values()])
        done, pending = await asyncio.wait(readings.values(), timeout=_TOGETHER)
        for card, reading in readings.items():
            card.show(reading.result()) if reading in done else card.set_busy(True)
        late = {card: reading for card, reading in readings.items() if reading in pending}

        async def fill_late() -> None:
            await self._show_readings(late, number)

        pn.state.execute(fill_late)

    def show(self) -> None:
        """Fill all cards from the active release concurrently, each as soon as it is read."""
        self._fill_cards([*self.cards.values()], self._begin())

    def retry(self) -> None:
        """Fill the cards that could not be read before."""
        if cards := [card for card in self.cards.values() if card.retry]:
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
        self._end_wait = self._store.waits.start(first=self._complete < 0)
        release = self._store.last_release()
        self._release = release.id
        filters = filter_words(self._conditions(), self._kinds(), self._formats)
        rows = self._cards.rows
        if rows is not None and rows.search.value:
            filters.append(f"{rows.search.label} {rows.search.value}")
        name, filtered = self._pipeline.declaration.name, bool(self.view.filters)
        self.view.printed = printed_lines(name, release, filters, self._formats, filtered=filtered)
        return self._shown

    def _fill_cards(self, cards: Sequence[Card], number: int) -> None:
        async def fill() -> None:
            await self._show_readings(self._read(cards), number)

        pn.state.execute(fill)

    def _read(self, cards: Sequence[Card]) -> Readings:
        """Start to read the contents of cards."""
        filters = self._conditions()
        context = BlockContext(self._store, self._formats, filters, self._totals)
        context = self.period.apply(context, filters)
        run = asyncio.get_running_loop().run_in_executor
        return {card: run(self._store.pool, card.read, context) for card in cards}

    async def _show_readings(self, readings: Readings, number: int) -> None:
        await asyncio.gather(*(self._fill(*each, number) for each in readings.items()))
        if number == self._shown:
            self._complete = number
            self._end_wait()
        await self._on_shown()

    async def _fill(self, card: Card, reading: asyncio.Future[CardContent], number: int) -> None:
        done, _ = await asyncio.wait({reading}, timeout=_DIM_AFTER)
        if not done:
            card.set_busy(True)
        content = await reading
        if number == self._shown:  # else a filter was changed meanwhile
            card.show(content)

    def _conditions(self) -> tuple[Filter, ...]:
        """The conditions of its period, its filters and its chips."""
        chips = (condition for chip in self._chips.values() for condition in chip.filters())
        return (*self.period.conditions(), *conditions(self.filters), *chips)

    def _on_tab(self, cards: Sequence[Card]) -> None:
        if cards:
            self._fill_cards(cards, self._shown)
        self._on_change()

    def _print(self) -> None:
        """Let the browser print once the cards of all tabs are filled."""
        cards = self._cards.build_all()

        async def fill() -> None:
            await self._show_readings(self._read(cards), self._shown)
            self.view.prints += 1

        pn.state.execute(fill)

    def _on_filter(self) -> None:
        self.period.give_way()
        self._changed()

    def _changed(self, offer: tuple[int, MarkQuestion] | None = None) -> None:
        for rows in self._cards.all_rows:
            rows.to_first_page()
        self._on_table(offer)

    def _on_table(self, offer: tuple[int, MarkQuestion] | None = None) -> None:
        self.offer = offer
        self._show_chips()
        self.show()
        self._on_change()

    def _clear(self) -> None:
        self.period.clear()
        for item in self.filters:
            item.set(())
        self._chips = {}
        self._changed()
