"""Where texts become parts of a page. Text is the default; only `Markup`, which escapes what is put into it, is HTML.

Nothing else in the dashboard may use Panel's panes of HTML and Markdown or the Alert and Typography of
panel-material-ui, which render what they are given as HTML: the linter refuses them everywhere but here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import nh3
import panel as pn
import panel_material_ui as pmui
from markdown_it import MarkdownIt
from markupsafe import Markup, escape

Look = Literal["title", "heading", "subheading", "body", "caption"]

_TAGS: dict[Look, str] = {
    "title": "h2",
    "heading": "h3",
    "subheading": "h4",
    "body": "p",
    "caption": "p",
}
_STYLE = Markup("""<style>:host { color: inherit } h2, h3, h4, p { margin: 0; overflow-wrap: anywhere }
h2 { font-size: 1.5rem; font-weight: 600; line-height: 1.334 } h3, h4 { font-weight: 600; line-height: 1.3 }
h3 { font-size: 1rem } h4 { font-size: .875rem } .body { font-size: .875rem; line-height: 1.43 }
.caption { font-size: .75rem; line-height: 1.66; opacity: .75 }</style>""")
_PROSE = Markup("<style>:host { color: inherit } img { max-width: 100% }</style>")
_IMAGES = ("data:image/png;", "data:image/jpeg;", "data:image/gif;", "data:image/webp;")


class HtmlPane:
    """A pane that shows `Markup` as it is and any other text as text. `view` is its widget."""

    def __init__(self, content: str = "", **layout: Any) -> None:
        settings = {"sizing_mode": "stretch_width", "margin": 0, **layout}
        self._pane = pn.pane.HTML(
            str(escape(content)), margin=0, sizing_mode=settings["sizing_mode"]
        )
        # Panel 1.9.4: an HTML pane that is hidden or shown before the browser has drawn it is an error there.
        self.view = pn.Column(self._pane, **settings)

    def show(self, content: str) -> None:
        self._pane.object = str(escape(content))


class Text:
    """A text on the page in one of a few looks; an empty one takes no room. `view` is its widget."""

    def __init__(self, text: str = "", look: Look = "body", **layout: Any) -> None:
        self._look = look
        self._pane = HtmlPane(self._markup(text), visible=bool(text), **layout)
        self.view = self._pane.view

    def show(self, text: str) -> None:
        self._pane.show(self._markup(text))
        self.view.visible = bool(text)

    def _markup(self, text: str) -> Markup:
        return _STYLE + Markup("<{0} class='{1}'>{2}</{0}>").format(
            _TAGS[self._look], self._look, text
        )


class Notice:
    """A message in a box of its own, hidden while it is empty. `view` is its widget."""

    def __init__(
        self, text: str = "", *, severity: str = "info", closeable: bool = False, **layout: Any
    ) -> None:
        self._text = Text(text)
        self.view = pmui.Alert(
            self._text.view, severity=severity, closeable=closeable, visible=bool(text), sizing_mode="stretch_width",
            **layout,
        )  # fmt: skip

    def show(self, text: str) -> None:
        self._text.show(text)
        self.view.param.update(visible=bool(text), closed=False)


def markdown(text: str) -> Markup:
    """Markdown as HTML without scripts, styles, forms, frames or anything that is loaded from elsewhere."""
    html = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(text)
    return _PROSE + Markup(nh3.clean(html, url_schemes=_SCHEMES, attribute_filter=_attribute))  # noqa: S704


_SCHEMES = {"http", "https", "mailto", "data"}


def _attribute(tag: str, name: str, value: str) -> str | None:
    address = value.strip().lower()
    if tag == "img" and name == "src":
        return value if address.startswith(_IMAGES) else None
    return None if address.startswith("data:") else value


def markup_table(heads: Sequence[str], rows: Iterable[Iterable[str]]) -> Markup:
    """A table that scrolls by itself where the screen is narrow; a cell is text unless it is `Markup`."""
    names = Markup("").join(Markup("<th scope='col'>{}</th>").format(name) for name in heads)
    return Markup(
        "<div class='scroll'><table><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>"
    ).format(names, _rows(rows))


def _rows(rows: Iterable[Iterable[str]]) -> Markup:
    cells = (Markup("").join(Markup("<td>{}</td>").format(cell) for cell in row) for row in rows)
    return Markup("").join(Markup("<tr>{}</tr>").format(row) for row in cells)
