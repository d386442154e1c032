"""The grid of cards of a tab: it has none at first."""

from __future__ import annotations

import panel as pn

from medallion_panel.ui.card_grid import CardGrid


def test_cards_are_added_to_a_grid_on_the_screen() -> None:
    grid = CardGrid(widths=[3, 9], unread="Not printed")
    root = grid.get_root()
    assert (root.data.cards, root.data.unread) == ([], "Not printed")
    grid.cards = [pn.Column(), pn.Column()]
    assert len(root.data.cards) == 2
