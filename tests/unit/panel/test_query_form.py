"""What the form of a query sends becomes the parameters of a URL."""

from __future__ import annotations

from typing import Any

from medallion_panel.ui.query_form import QueryForm, url_parameters


def test_a_query_of_the_browser_as_parameters() -> None:
    query = {
        "table": "sales", "chart": "", "measures": ["count()"], "by": ["month(day)", "land"],
        "filters": [],
    }  # fmt: skip
    parameters = {"table": ["sales"], "measure": ["count()"], "by": ["month(day)", "land"]}
    assert url_parameters(query) == parameters
    assert url_parameters({"table": "t"}) == {"table": ["t"]}
    asked: list[Any] = []
    QueryForm(asked.append)._handle_msg({"query": query})
    assert asked == [parameters]


def test_another_message_asks_for_nothing() -> None:
    assert url_parameters({}) == {}
    assert url_parameters({"table": 7, "by": [None, ""]}) == {"table": ["7"], "by": ["None"]}
