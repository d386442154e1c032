"""A choice of one option."""

from __future__ import annotations

from medallion_panel.ui.select_box import SelectBox


def test_its_options_are_in_the_browser_in_their_order() -> None:
    box = SelectBox(label="Period", options=[["b", "Last"], ["a", "First"]], value="a")
    (root,) = (box.get_root().data,)
    assert root.options == [["b", "Last"], ["a", "First"]]
    assert (root.label, root.value) == ("Period", "a")
    box.value = "b"
    assert box.value == "b"
