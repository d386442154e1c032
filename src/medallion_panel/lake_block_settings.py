"""The blocks about the lake: its catalogue, its runs, and its rejected rows over time."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from medallion_panel.block_models import WideContent

LAKE_KINDS = ("catalogue", "run_history", "reject_rates")
Part = Literal["about", "columns", "lineage", "rules", "sample", "code"]


class CatalogueBlock(WideContent):
    """The tables of the lake with a search; or with `of`, a full name, one `part` of a table."""

    of: str = ""
    part: Part = "about"


class RunHistory(WideContent):
    """The last runs as a timeline, each with its steps, its error, and what to do next."""

    limit: int = Field(default=40, ge=1, le=200)


class RejectRates(WideContent):
    """The shares of rejected rows over the last runs, by rule, and by source file."""

    limit: int = Field(default=30, ge=2, le=200)
