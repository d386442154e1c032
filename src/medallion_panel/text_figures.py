"""Figures in the text of a block, such as `{sales.sum(revenue)}`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import get_args

from pydantic import field_validator

from medallion.errors import CallError, did_you_mean
from medallion.query.metrics import metric_call, metric_columns
from medallion_panel.block_models import Content, FormatName, Reference

# A table, a metric such as sum(a) or sum(a) / count(), and optionally a format.
_FIGURE = re.compile(r"(?<!\{)\{\s*([\w-]+)\.(\w+\([^{}|]*\))\s*(?:\|\s*(\w+)\s*)?\}(?!\})")
_FORMATS: tuple[FormatName, ...] = get_args(FormatName)
# In place of figures while Markdown is rendered: characters that no text has.
_BEFORE, _AFTER = "\ue000", "\ue001"
_PLACE = re.compile(f"{_BEFORE}(\\d+){_AFTER}")


@dataclass(frozen=True)
class TextFigure:
    """A metric over the rows of a table, in a format or that of its column."""

    table: str
    metric: str
    format: FormatName | None = None


class FiguredText(Content):
    """A `text` with figures of tables in it."""

    text: str

    @field_validator("text")
    @classmethod
    def _valid_figures(cls, text: str) -> str:
        text_figures(text)
        return text

    def references(self) -> Iterator[Reference]:
        for figure in text_figures(self.text):
            yield ("text",), figure.table, None
            for column in metric_columns(figure.metric):
                yield ("text",), figure.table, column


def text_figures(text: str) -> list[TextFigure]:
    """The figures of a text in their order. Raises ValueError for one that is not valid."""
    return [_figure(match) for match in _FIGURE.finditer(text)]


def _figure(match: re.Match[str]) -> TextFigure:
    table, metric, form = match.groups()
    try:
        metric_call(metric)
    except CallError as error:
        raise ValueError(f"{match[0]}: {error.message.removeprefix('metric: ')}") from None
    known = next((name for name in _FORMATS if name == form), None)
    if form is not None and known is None:
        raise ValueError(f"{match[0]}: no format {form!r}{did_you_mean(form, _FORMATS)}")
    return TextFigure(table, metric, known)


def with_places(text: str) -> str:
    """The text with a place for each figure."""
    first, *others = _FIGURE.split(text.replace(_BEFORE, "").replace(_AFTER, ""))[::4]
    places = (f"{_BEFORE}{number}{_AFTER}{part}" for number, part in enumerate(others))
    return first + "".join(places)


def parts(html: str) -> Iterator[str | int]:
    """The parts of HTML and between them the numbers of the figures at their places."""
    for number, part in enumerate(_PLACE.split(html)):
        yield int(part) if number % 2 else part
