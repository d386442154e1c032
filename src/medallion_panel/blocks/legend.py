"""A chart with what its colours mean: names that wrap on a narrow screen and that a screen reader can read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from medallion_panel.blocks.axes import cut
from medallion_panel.ui.theme import PRIMARY, strength

if TYPE_CHECKING:
    from bokeh.plotting import figure

_STYLE = Markup("""<style>:host { color: inherit }
.keys { display: flex; flex-wrap: wrap; gap: 4px 16px; font-size: .8rem; align-items: center }
.keys span { display: inline-flex; align-items: center; gap: 6px } .keys i { width: 11px;
height: 11px; border-radius: 3px } .keys .scale { width: 120px; height: 9px } .keys small { opacity: .7 }</style>""")

_NONE = Markup("")


@dataclass(frozen=True)
class Picture:
    """A drawn chart; `legend` is HTML, empty where there is nothing to explain.

    `note` says in words what it leaves out, puts together or marks.
    """

    figure: figure
    legend: Markup = _NONE
    note: str = ""


def names_legend(colors: Mapping[str, str]) -> Markup:
    """The name of every series beside its colour; of a single series nothing."""
    if len(colors) < 2:
        return _NONE
    key = Markup("<span title='{}'><i style='background:{}'></i>{}</span>")
    keys = Markup("").join(key.format(name, color, cut(name)) for name, color in colors.items())
    return _STYLE + Markup("<div class='keys'>{}</div>").format(keys)


def scale_legend(low: str, high: str, note: str = "") -> Markup:
    """The least and the greatest value at the ends of their colours."""
    ends = ", ".join(
        f"color-mix(in srgb, {PRIMARY} {100 * strength(part, 0, 1):.0f}%, transparent)"
        for part in (0, 1)
    )
    bar = Markup("<i class='scale' style='background:linear-gradient(to right, {})'></i>").format(
        ends
    )
    remark = Markup("<small>{}</small>").format(note) if note else ""
    return _STYLE + Markup("<div class='keys'><span>{}{}{}</span>{}</div>").format(
        low, bar, high, remark
    )
