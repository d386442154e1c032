"""The script that `panel serve` runs for every visitor; the pipeline is loaded once per process."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from typing import Any

import panel as pn

from medallion.pipeline import Pipeline
from medallion.secrets import MaskingFilter
from medallion_panel.app import create_dashboard


def _dashboard() -> Callable[[], Any]:
    return create_dashboard(Pipeline.load(os.environ.get("MEDALLION_CONFIG", "medallion.yaml")))


for handler in logging.getLogger().handlers:
    if not any(isinstance(existing, MaskingFilter) for existing in handler.filters):
        handler.addFilter(MaskingFilter())
pn.state.as_cached("medallion_panel.dashboard", _dashboard)().servable()
