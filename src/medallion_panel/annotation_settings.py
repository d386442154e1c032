"""Reference lines and annotations of charts as they are declared."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from medallion_panel.block_models import BlockModel, MetricBlock
from medallion_panel.date_spans import parse_period


def _period(text: str) -> str:
    """A day, week, month, quarter or year in text. Raises ValueError on another text."""
    if parse_period(text) is None:
        raise ValueError(f"must be a day, week, month, quarter or year such as 2024-05, not {text}")
    return text


# YAML reads `2024-05-01` as a date, and `2024` as a number.
Period = Annotated[
    str,
    BeforeValidator(lambda value: str(value) if isinstance(value, date | int) else value),
    AfterValidator(_period),
]


EventKind = Literal["releases", "failures", "drift"]


class ReferenceLine(BlockModel):
    """A line at a `value` of the figures of a chart, with a `label`."""

    value: float
    label: str = ""


class Annotation(BlockModel):
    """A `text` at a day, week, month, quarter or year, or from there to the end of another one."""

    at: Period
    to: Period | None = None
    text: str = Field(min_length=1)


class AnnotatedBlock(MetricBlock):
    """A chart with a `target` and other `lines` across it, and with `annotations` at dates of x.

    `events` are those of the lake.
    """

    target: float | None = None
    lines: tuple[ReferenceLine, ...] = ()
    annotations: tuple[Annotation, ...] = ()
    events: tuple[EventKind, ...] = ()
    height: int = Field(default=300, ge=120)

    @model_validator(mode="after")
    def _annotations_fit(self) -> Self:
        if self.events and "horizontal" in type(self).model_fields:  # bars
            raise ValueError("`events` are moments, which need a line or an area")
        if self.annotations and getattr(self, "horizontal", False):
            raise ValueError("`annotations` need bars that are not horizontal")
        return self
