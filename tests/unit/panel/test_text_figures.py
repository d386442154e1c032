"""Figures in a text: how they are written, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from medallion_panel.block_settings import Markdown
from medallion_panel.text_figures import TextFigure, parts, text_figures, with_places


@pytest.mark.parametrize(
    ("text", "figures"),
    [
        ("{sales.sum(revenue)}", [TextFigure("sales", "sum(revenue)")]),
        (
            "{ sales.sum(a) / count() | percent } of {t.count()}",
            [TextFigure("sales", "sum(a) / count()", "percent"), TextFigure("t", "count()")],
        ),
        ("{t.quantile(price, 0.9)}", [TextFigure("t", "quantile(price, 0.9)")]),
        ("A {brace}, {} and {sum(revenue)}: no table, no figure", []),
        ("{{sales.sum(revenue)}} in two braces is text", []),
    ],
)
def test_the_figures_of_a_text(text: str, figures: list[TextFigure]) -> None:
    assert text_figures(text) == figures


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{sales.avg(revenue)}", "no metric 'avg\\(revenue\\)'"),
        ("{sales.sum(revenue) | money}", "no format 'money'"),
    ],
)
def test_a_figure_that_cannot_be_computed_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Markdown(text=text)


def test_check_knows_the_tables_and_columns() -> None:
    references: list[Any] = list(Markdown(text="{sales.sum(revenue) / sum(items)}").references())
    assert references == [
        (("text",), "sales", None),
        (("text",), "sales", "revenue"),
        (("text",), "sales", "items"),
    ]


def test_a_place_is_found_again_and_cannot_be_forged() -> None:
    text = with_places("a {t.count()} b {t.sum(x) | integer} \ue0000\ue001")
    assert list(parts(text)) == ["a ", 0, " b ", 1, " 0"]
