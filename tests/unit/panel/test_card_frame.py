"""The frame of a card: what the browser gets, and that only `Markup` becomes HTML."""

from __future__ import annotations

import re

import panel as pn
from markupsafe import Markup

from medallion_panel.ui.card_frame import CardFrame


def test_a_text_is_escaped_and_markup_is_html() -> None:
    frame = CardFrame(html="<b>", legend=Markup("<i></i>"))
    assert (frame.html, frame.legend) == ("&lt;b&gt;", "<i></i>")
    frame.show(html=Markup("<u></u>"), legend="<s>", message="<p>")
    assert (frame.html, frame.legend) == ("<u></u>", "&lt;s&gt;")
    assert frame.message == "<p>"  # set as text by the browser


def test_only_escaped_parameters_and_constants_are_set_as_html() -> None:
    assert re.findall(r"(\S+)\.innerHTML = (.*)", CardFrame._esm) == [
        ("button", "ICON"),
        ("element", "element.shown = model[name]"),
    ]
    assert '[[html, "html"], [legend, "legend"]]' in CardFrame._esm


def test_names_of_parameters_in_the_browser_are_those_of_the_server() -> None:
    names = set(re.findall(r"model\.(\w+)", CardFrame._esm)) - {"on", "get_child", "send_msg"}
    assert names <= set(CardFrame.param)


def test_the_parts_of_a_chart_are_asked_for() -> None:
    asked: list[str] = []
    frame = CardFrame(asked.append, chart=True)
    frame._handle_msg({"ask": "parts"})
    assert asked == ["parts"]


def test_a_new_chart_replaces_the_former_in_one_message() -> None:
    one, two = pn.Column(), pn.Column()
    frame = CardFrame(content=one)
    root = frame.get_root()
    frame.show(content=two, legend=Markup("<i></i>"), busy=False)
    assert not one._models
    assert root.data.content is two._models[root.ref["id"]][0]
    assert root.data.legend == "<i></i>"
