"""One visitor's dashboard: the page they are on, its filters, and the release they look at."""

from __future__ import annotations

from typing import Any

import panel as pn
import panel_material_ui as pmui

from medallion.pipeline import Pipeline
from medallion_panel.blocks.reading import Reading
from medallion_panel.cards import Card
from medallion_panel.figures import Figures
from medallion_panel.formats import Formats
from medallion_panel.section import Dashboard, Page
from medallion_panel.theme import THEME


class Session:
    def __init__(self, pipeline: Pipeline, section: Dashboard, figures: Figures, formats: Formats) -> None:
        self.pipeline, self.section, self.figures, self.formats = pipeline, section, figures, formats
        self.pages = {page.slug: page for page in section.pages}
        self.menu = pmui.MenuList(
            items=[{"label": page.title, "icon": page.icon} for page in self.pages.values()], active=0,
        )
        self.main = pmui.Container(max_width=False, sx={"p": 0}) if False else pn.Column(sizing_mode="stretch_width", margin=0)
        title = section.title or pipeline.declaration.name
        self.view = pmui.Page(title=title, sidebar=[self.menu], main=[self.main], sidebar_width=230, theme_config=THEME)
        self.menu.param.watch(self._chosen, "active")
        self.open(next(iter(self.pages)))

    def _chosen(self, event: Any) -> None:
        self.open(list(self.pages)[event.new if isinstance(event.new, int) else event.new[0]])

    def open(self, slug: str) -> None:
        page = self.pages[slug]
        cards = [Card(block) for block in page.blocks]
        reading = Reading(self.figures, self.formats)
        grid = pmui.Grid(
            *(pmui.Grid(card.view, size={"xs": 12, "sm": 6 if c.content.width<=3 else 12, "md": c.content.width}) for c, card in zip(page.blocks, cards, strict=True)),
            container=True, spacing=2, sx={"p": 0},
        )
        self.main[:] = [grid]
        for card in cards:
            card.show(reading)
