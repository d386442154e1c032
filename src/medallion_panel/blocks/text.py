"""The markdown block: text, with figures of tables in it."""

from __future__ import annotations

from markupsafe import Markup, escape

from medallion_panel.block_settings import Markdown
from medallion_panel.blocks.block_context import BlockContext
from medallion_panel.text_figures import parts, text_figures, with_places
from medallion_panel.ui.markup import markdown


def text_html(block: Markdown, context: BlockContext) -> Markup:
    """The text as HTML; its figures are of the rows that match the filters."""
    figures = []
    for figure in text_figures(block.text):
        value = context.total(figure.table, figure.metric)
        write = context.writer(figure.table, figure.metric, figure.format, short=True)
        figures.append(escape(write(value)))
    html = markdown(with_places(block.text))
    return Markup("").join(
        figures[part] if isinstance(part, int) else Markup(part)  # noqa: S704 (safe HTML)
        for part in parts(html)
    )
