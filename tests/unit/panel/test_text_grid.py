"""A table of texts in the browser: what it shares with the server, and that it sets texts only."""

from __future__ import annotations

import re

import param
import pytest

from medallion_panel.blocks.text_grid import TextGrid


def test_the_browser_and_the_server_share_content_order_and_selection() -> None:
    columns = [{"name": "n", "title": "N", "right": True, "sortable": True}]
    grid = TextGrid(columns=columns, rows=[["1"], ["2"]], sort="-n", pickable=True)
    assert (grid.columns, grid.rows, grid.sort) == (columns, [["1"], ["2"]], "-n")
    assert (grid.picked, grid.picks) == (-1, 0)
    picks: list[int] = []
    grid.param.watch(lambda event: picks.append(event.new), "picks")
    grid.param.update(picked=1, picks=1)
    grid.param.update(picked=1, picks=2)  # the same row once more is a selection, too
    assert picks == [1, 2]


def test_a_selection_is_an_index() -> None:
    with pytest.raises(ValueError, match="picked"):
        TextGrid(picked="<script>")
    assert isinstance(TextGrid.param.picked, param.Integer)


def test_every_text_is_set_as_text() -> None:
    code = TextGrid._esm
    assert "textContent" in code
    assert not re.search("innerHTML|outerHTML|insertAdjacentHTML|document.write|eval", code)


def test_names_of_parameters_in_the_browser_are_those_of_the_server() -> None:
    names = set(re.findall(r"model\.(\w+)", TextGrid._esm)) - {"on"}
    own = {"columns", "rows", "footer", "sort", "crossed", "pickable", "card", "picked", "picks"}
    assert names == own
    assert names <= set(TextGrid.param)
