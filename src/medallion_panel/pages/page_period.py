"""The period of a page, and what its figures are compared with: controls, chips and the URL."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from medallion.contracts import Filter
from medallion_panel.blocks.block_context import BlockContext
from medallion_panel.blocks.comparison import Comparison, PeriodShift
from medallion_panel.data.named_stores import NamedStores
from medallion_panel.date_spans import (
    DateSpan,
    Preset,
    preset_span,
    shift_to_former,
    shift_to_previous_year,
)
from medallion_panel.pages.page_filter import PageFilter
from medallion_panel.pages.period_options import PeriodOptions
from medallion_panel.pages.range_filters import DateRangeFilter
from medallion_panel.section import PageSettings, PeriodField
from medallion_panel.series_settings import Chart
from medallion_panel.ui.formats import Formats
from medallion_panel.ui.select_box import SelectBox

# Parameters of a URL.
PERIOD, COMPARE, ANNOTATIONS = PARAMETERS = ("period", "compare", "annotations")

_ALL: Preset = "all"
_NOTHING = "nothing"
_SHOWN, _HIDDEN = "shown", "hidden"
_FORMER, _YEAR = "previous-period", "previous-year"
_LABELS = {
    "last-7-days": "Last 7 days",
    "last-30-days": "Last 30 days",
    "last-90-days": "Last 90 days",
    "last-12-months": "Last 12 months",
    "this-month": "This month",
    "last-month": "Last month",
    "this-quarter": "This quarter",
    "last-quarter": "Last quarter",
    "this-year": "This year",
    "last-year": "Last year",
    "year-to-date": "Year to date",
    _ALL: "All dates",
}
_CHIP = "?{}"  # no column has this name


class PagePeriod:
    """The period of a page. `widgets` are its two controls, none where the page has no period.

    Parameters: the `page`, as declared; `options`, by the data of the page's tables; `stores` opens
    the releases to compare with; `changed` is called when a visitor chooses another period. A
    filter on days of the same column, among the page's `filters`, replaces the preset.
    """

    def __init__(
        self,
        page: PageSettings,
        options: PeriodOptions,
        stores: NamedStores | None,
        formats: Formats,
        changed: Callable[[], None],
        filters: Sequence[PageFilter] = (),
    ) -> None:
        self._settings = page.period or PeriodField()
        contents = [block.content for block in page.all_blocks]
        self._has_annotations = any(
            isinstance(each, Chart) and (each.annotations or each.events) for each in contents
        )
        self._options, self._stores, self._formats = options, stores, formats
        self._changed, self._quiet = changed, False
        dates = [item for item in filters if isinstance(item, DateRangeFilter)]
        self._dates = next((item for item in dates if item.column == options.column), None)
        self._former_dates: list[str] = []
        self._say, label = formats.say, formats.label(options.column)
        self._period = SelectBox(label=self._say("Period · {column}", column=label))
        self._compare = SelectBox(label=self._say("Compared with"))
        self._annotations = SelectBox(
            label=self._say("Annotations"),
            options=[[_SHOWN, self._say("Shown")], [_HIDDEN, self._say("Hidden")]],
            value=_SHOWN,
        )
        self._reset()
        self._set_options()
        for widget in self.widgets:
            widget.param.watch(self._on_change, "value")

    @property
    def widgets(self) -> list[Any]:
        periods = [self._period, self._compare] if self._options.column else []
        return [*periods, *([self._annotations] if self._has_annotations else [])]

    @property
    def column(self) -> str:
        """The column of its dates, empty where the page has none."""
        return self._options.column

    def update(self, options: PeriodOptions) -> None:
        """Take over the options of another release."""
        self._options = options
        self._set_options()

    def give_way(self) -> None:
        """Show all dates, now that a visitor has selected days."""
        texts = self._dates.texts() if self._dates is not None else []
        if texts and texts != self._former_dates:
            self._assign(self._period, _ALL)
        self._former_dates = texts

    # The URL

    def set(self, parameters: Mapping[str, Sequence[str]]) -> list[str]:
        """Take over the parameters of a URL; returns notices on those that are invalid."""
        self._reset()
        notices = []
        period = next(iter(parameters.get(PERIOD, ())), "")
        if period:
            presets = self._options.presets
            if period in presets:
                self._assign(self._period, period)
            else:
                message = "This page has no period “{name}”."
                if presets:
                    message = "This page has no period “{name}”: choose {names}."
                notices.append(self._say(message, name=period, names=", ".join(presets)))
        compare = next(iter(parameters.get(COMPARE, ())), "")
        if compare:
            is_period = compare in (_NOTHING, _FORMER, _YEAR) and bool(self._options.column)
            if is_period or compare in self._options.releases:
                self._assign(self._compare, compare)
            else:
                message = "This page cannot be compared with “{name}”."
                notices.append(self._say(message, name=compare))
        annotations = next(iter(parameters.get(ANNOTATIONS, ())), _SHOWN)
        self._assign(self._annotations, _HIDDEN if annotations == _HIDDEN else _SHOWN)
        return notices

    def texts(self) -> dict[str, list[str]]:
        """Its parameters in the URL: those that differ from what is declared."""
        values = {
            PERIOD: self._period.value,
            COMPARE: self._compare.value,
            ANNOTATIONS: self._annotations.value,
        }
        return {name: [value] for name, value in values.items() if value != self._defaults[name]}

    def clear(self) -> None:
        """Show what visitors see at first."""
        self._reset()

    # Chips

    def chips(self, filters: Sequence[Filter]) -> list[dict[str, str]]:
        """The period and the comparison in words, each to be removed by a click."""
        chips = []
        span = self._preset_span()
        if span is not None:
            words = f"{self._preset_label(self._period.value)}: {self._words(span)}"
            chips.append({"column": _CHIP.format(PERIOD), "label": words})
        comparison = self.comparison(filters)
        if self._compare.value != _NOTHING:
            label = self._say("Choose a period to compare it with another one")
            if comparison is not None:
                label = self._say("Compared with: {what}", what=comparison.label)
            chips.append({"column": _CHIP.format(COMPARE), "label": label})
        return chips

    def remove(self, chip: str) -> bool:
        """Remove what a chip stands for; whether it is one of the period's."""
        for name, widget, value in (
            (PERIOD, self._period, _ALL),
            (COMPARE, self._compare, _NOTHING),
        ):
            if chip == _CHIP.format(name):
                self._assign(widget, value)
                return True
        return False

    # Conditions

    def conditions(self) -> tuple[Filter, ...]:
        """The conditions of the preset."""
        span = self._preset_span()
        return self._options.conditions(span) if span else ()

    def apply(self, context: BlockContext, filters: Sequence[Filter]) -> BlockContext:
        """The context of a page with what it is compared with, and with annotations or without."""
        annotated = self._annotations.value == _SHOWN
        return replace(context, comparison=self.comparison(filters), annotated=annotated)

    def comparison(self, filters: Sequence[Filter]) -> Comparison | None:
        """What figures are compared with, under the page's other filters; None for nothing."""
        choice = self._compare.value
        stores = self._stores
        if choice in self._options.releases and stores is not None:
            say, label = self._say, self._say("Release {release}", release=choice)
            return Comparison(label, open_store=lambda: stores.named(choice, say).store)
        selected = self._selected_span()
        if choice == _NOTHING or not self._options.column or selected is None:
            return None
        own = self._dates.conditions() if self._dates is not None else []
        others = [each for each in filters if each not in own and each not in self.conditions()]
        former = shift_to_former(selected, _ALL if own else self._period.value)
        shift = former if choice == _FORMER else shift_to_previous_year()
        compared = selected.to(self._options.today).before(shift)
        return Comparison(
            self._words(compared),
            others,
            PeriodShift(self._options.column, selected, compared, shift),
            self._options.conditions(compared),
        )

    def _selected_span(self) -> DateSpan | None:
        """The days that a visitor has selected in the filter on days, or else the preset."""
        if self._dates is not None and (own := self._dates.conditions()):
            return DateSpan(own[0].value, own[1].value)
        return self._preset_span()

    def _preset_span(self) -> DateSpan | None:
        return preset_span(self._period.value, self._options.today)

    # Widgets

    @property
    def _defaults(self) -> dict[str, str]:
        presets = self._options.presets
        default = self._settings.default if self._settings.default in presets else _ALL
        compare = self._settings.compare if self._options.column else None
        return {PERIOD: default, COMPARE: compare or _NOTHING, ANNOTATIONS: _SHOWN}

    def _set_options(self) -> None:
        """Offer the presets that suit the column, and the releases that are kept."""
        presets = self._options.presets or (_ALL,)
        names = {
            _NOTHING: self._say("Nothing"),
            _FORMER: self._say("The period before"),
            _YEAR: self._say("The same period last year"),
        }
        for release in self._options.releases:
            names[release] = self._say("Release {release}", release=release)
        self._quiet = True
        if self._period.value not in presets:
            self._period.value = _ALL
        self._period.options = [[name, self._preset_label(name)] for name in presets]
        self._compare.options = [list(each) for each in names.items()]
        self._quiet = False

    def _reset(self) -> None:
        self._assign(self._period, self._defaults[PERIOD])
        self._assign(self._compare, self._defaults[COMPARE])
        self._assign(self._annotations, _SHOWN)

    def _assign(self, widget: Any, value: str) -> None:
        self._quiet = True
        widget.value = value
        self._quiet = False

    def _on_change(self, event: Any) -> None:
        if self._quiet:
            return
        if event.obj is self._period and self._dates is not None:
            self._dates.set(())
            self._former_dates = []
        self._changed()

    def _preset_label(self, preset: str) -> str:
        """A preset in words: `Last 30 days`."""
        return self._say(_LABELS[preset])

    def _words(self, span: DateSpan) -> str:
        return self._formats.span(span.first, span.last)
