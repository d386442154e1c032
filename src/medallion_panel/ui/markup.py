"""The one place where texts become HTML. A `str` is escaped; only `Markup` is HTML already.

No other module may use Panel's HTML and Markdown panes, nor Alert and Typography of
panel-material-ui, which render strings as HTML: the linter refuses them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import nh3
import panel as pn
import panel_material_ui as pmui
from markdown_it import MarkdownIt
from markupsafe import Markup, escape

Look = Literal["title", "heading", "body", "caption"]

_TAGS: dict[Look, str] = {
    "title": "h2",
    "heading": "h2",
    "body": "p",
    "caption": "p",
}
_STYLE = Markup("""<style>:host { color: inherit }
h2, p { margin: 0; overflow-wrap: anywhere }
h2 { font-weight: 600; line-height: 1.3 } .title { font-size: 1.5rem }
.heading { font-size: .875rem } .body { font-size: .875rem; line-height: 1.43 }
.caption { font-size: .75rem; line-height: 1.66; opacity: .75 }</style>""")
_PROSE = Markup("<style>:host { color: inherit } img { max-width: 100% }</style>")
_NOTHING = Markup("")
_IMAGES = ("data:image/png;", "data:image/jpeg;", "data:image/gif;", "data:image/webp;")


class HtmlPane:
    """A pane that shows `Markup` as HTML and any other string as text. `view` is its widget."""

    def __init__(self, content: str = "", **layout: Any) -> None:
        settings = {"sizing_mode": "stretch_width", "margin": 0, **layout}
        self._pane = pn.pane.HTML(
            str(escape(content)), margin=0, sizing_mode=settings["sizing_mode"]
        )
        # Panel 1.9.4: hiding or showing an HTML pane that the browser has not rendered yet is an
        # error.
        self.view = pn.Column(self._pane, **settings)

    def show(self, content: str) -> None:
        self._pane.object = str(escape(content))


class Text:
    """A text in one of a few styles, hidden while it is empty. `view` is its widget.

    Parameters: `after` is HTML behind the text.
    """

    def __init__(
        self, text: str = "", look: Look = "body", after: Markup = _NOTHING, **layout: Any
    ) -> None:
        self._look, self._after = look, after
        self._pane = HtmlPane(self._markup(text), visible=bool(text or after), **layout)
        self.view = self._pane.view

    def show(self, text: str) -> None:
        self._pane.show(self._markup(text))
        self.view.visible = bool(text or self._after)

    def _markup(self, text: str) -> Markup:
        return _STYLE + Markup("<{0} class='{1}'>{2}{3}</{0}>").format(
            _TAGS[self._look], self._look, text, self._after
        )


# Material leaves room for a title, which a notice has not, and none below.
_EVEN = {"padding": "7px 0"}
_NOTICE_LOOK = {
    "& .MuiAlertTitle-root": {"display": "none"},
    "& .MuiAlert-icon": _EVEN,
    "& .MuiAlert-message": _EVEN,
}


class Notice:
    """A message in a box, hidden while it is empty. `view` is its widget."""

    def __init__(
        self, text: str = "", *, severity: str = "info", closeable: bool = False, **layout: Any
    ) -> None:
        self._text = Text(text)
        self.view = pmui.Alert(
            self._text.view,
            severity=severity,
            closeable=closeable,
            sx=_NOTICE_LOOK,
            visible=bool(text),
            sizing_mode="stretch_width",
            **layout,
        )

    def show(self, text: str) -> None:
        self._text.show(text)
        self.view.param.update(visible=bool(text), closed=False)


def markdown(text: str) -> Markup:
    """Markdown as HTML without scripts, styles, forms, frames or content from other servers."""
    html = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(text)
    safe_html = nh3.clean(html, url_schemes=_SCHEMES, attribute_filter=_safe_attribute)
    return _PROSE + Markup(safe_html)  # noqa: S704


_SCHEMES = {"http", "https", "mailto", "data"}


def _safe_attribute(tag: str, name: str, value: str) -> str | None:
    """The value of an attribute, None to remove it: `data:` URLs are for images, and only they."""
    address = value.strip().lower()
    if tag == "img" and name == "src":
        return value if address.startswith(_IMAGES) else None
    return None if address.startswith("data:") else value


def part_heading(text: str, title: str) -> Markup:
    """The heading of a part of a card, one level below the card's `title` where it has one."""
    return Markup("<{0} class='part-heading'>{1}</{0}>").format("h3" if title else "h2", text)


def markup_table(headers: Sequence[str], rows: Iterable[Iterable[str]]) -> Markup:
    """A table that scrolls sideways on a narrow screen, also by the keyboard; a cell is text unless
    it is `Markup`, and a header may be empty.
    """
    names = Markup("").join(
        Markup("<th scope='col'>{}</th>").format(name) if name else Markup("<td></td>")
        for name in headers
    )
    return Markup(
        "<div class='scroll' tabindex='0' role='group' aria-label='{}'>"
        "<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>"
    ).format(next(iter(headers), ""), names, _rows(rows))


def _rows(rows: Iterable[Iterable[str]]) -> Markup:
    cells = (Markup("").join(Markup("<td>{}</td>").format(cell) for cell in row) for row in rows)
    return Markup("").join(Markup("<tr>{}</tr>").format(row) for row in cells)
