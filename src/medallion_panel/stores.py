"""Which store the dashboard reads: the API's where `MEDALLION_API_URL` names one, else the pipeline's own."""

from __future__ import annotations

import os

from medallion import plugins
from medallion.contracts import Sink, Store
from medallion.errors import PluginError
from medallion.pipeline import Pipeline

API_URL = "MEDALLION_API_URL"


def open_store(pipeline: Pipeline) -> Store:
    """The store to read. Raises CallError when the pipeline has no sink, PluginError without the API's client."""
    url = os.environ.get(API_URL)
    if not url:
        return pipeline.store()
    found = plugins.build(plugins.SINKS, {"type": "http", "url": url})
    if not isinstance(found, Sink):
        raise PluginError("the sink 'http' is no Sink")
    return found.store()
