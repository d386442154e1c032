"""A chart with its legend in HTML, which wraps on narrow screens and is accessible."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bokeh.models import Plot, Row
from markupsafe import Markup

from medallion_panel.blocks.axes import shorten
from medallion_panel.blocks.chart_figures import ChartFigures
from medallion_panel.blocks.marks import Mark, Marks
from medallion_panel.ui.theme import strength

if TYPE_CHECKING:
    from bokeh.plotting import figure

_STYLE = Markup("""<style>:host { color: inherit }
.keys { display: flex; flex-wrap: wrap; gap: 4px 16px; font-size: .8rem; align-items: center }
.keys span { display: inline-flex; align-items: center; gap: 6px }
.keys button { all: unset; cursor: pointer; display: inline-flex; align-items: center; gap: 6px }
.keys button:hover { text-decoration: underline }
.keys button:focus-visible { outline: 2px solid var(--panel-primary-color); outline-offset: 2px }
.keys i { width: 11px; height: 11px; border-radius: 3px }
.keys .scale { width: 120px; height: 9px } .keys small { opacity: .7 }</style>""")

NO_KEY = Markup("")


@dataclass(frozen=True)
class RenderedChart:
    """A Bokeh figure, or a layout of several, with its legend, empty where none is needed.

    `note` says in words what is left out, combined or marked. `marks` can be clicked: the column
    `mark` of the figure's data has their numbers. `series` are those of the legend's entries, and
    `figures` what it shows as a table.
    """

    figure: figure | Row
    figures: ChartFigures
    legend: Markup = NO_KEY
    note: str = ""
    marks: Marks | None = None
    series: tuple[Mark, ...] = ()

    @property
    def plots(self) -> list[Any]:
        """The charts of the layout."""
        if isinstance(self.figure, Row):
            return [child for child in self.figure.children if isinstance(child, Plot)]
        return [self.figure]


def names_legend(
    colors: Mapping[str, str], further: Markup = NO_KEY, *, clickable: bool = False
) -> Markup:
    """The name and the colour of every series; empty for a single one without a `further` key."""
    if len(colors) < 2 and not further:
        return NO_KEY
    span = Markup("<span title='{1}'><i style='background:{2}'></i>{3}</span>")
    button = Markup(
        "<button type='button' data-series='{0}' title='{1}'><i style='background:{2}'></i>{3}"
        "</button>"
    )
    key = button if clickable else span
    keys = (
        key.format(number, name, color, shorten(name))
        for number, (name, color) in enumerate(colors.items())
    )
    return _STYLE + Markup("<div class='keys'>{}{}</div>").format(Markup("").join(keys), further)


def scale_legend(color: str, low: str, high: str, note: str = "") -> Markup:
    """A scale of a colour with the least and the greatest value at its ends."""
    ends = ", ".join(
        f"color-mix(in srgb, {color} {100 * strength(part, 0, 1):.0f}%, transparent)"
        for part in (0, 1)
    )
    bar = Markup("<i class='scale' style='color:{};background:linear-gradient(to right, {})'></i>")
    remark = Markup("<small>{}</small>").format(note) if note else ""
    return _STYLE + Markup("<div class='keys'><span>{}{}{}</span>{}</div>").format(
        low, bar.format(color, ends), high, remark
    )
