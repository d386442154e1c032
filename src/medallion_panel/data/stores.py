"""The store that the dashboard reads: the API at `MEDALLION_API_URL`, else the pipeline's."""

from __future__ import annotations

import os
from importlib.metadata import entry_points

from medallion.contracts import Store
from medallion.errors import PluginError
from medallion.pipeline import Pipeline

API_URL = "MEDALLION_API_URL"
API_KEY = "MEDALLION_API_KEY"


def open_store(pipeline: Pipeline) -> Store:
    """The store to read.

    The client of an API is the entry point `http` of the group `medallion.stores`. Raises CallError
    when the pipeline has no sink, and PluginError when no client is installed.
    """
    url = os.environ.get(API_URL)
    if not url:
        return pipeline.store()
    clients = list(entry_points(group="medallion.stores", name="http"))
    if not clients:
        raise PluginError(
            f"{API_URL} is set, but no client for an API is installed",
            hint="pip install 'medallion-lake[api]'",
        )
    store: Store = clients[0].load()(url, key=os.environ.get(API_KEY, ""))
    return store
